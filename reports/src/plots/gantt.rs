//! Cores by time: who held which core when. Must not know figures.
//!
//! A small run is drawn job by job. Beyond [`JOBS_MAX`] rectangles nobody sees single jobs, so
//! from there on they are painted into a picture of fixed size, which takes its place in the SVG;
//! memory does not grow any more, and no job is left out.

use std::collections::BTreeSet;

use plotters::style::RGBColor;

use crate::error::ReportError;
use crate::plots::axis::{TimeAxis, short};
use crate::plots::canvas::{Anchor, Canvas, Sheet, draw};
use crate::plots::frame::{LABEL, LEFT, Panel, RIGHT, TOP, legend};
use crate::plots::nodes::NodeSpan;
use crate::plots::palette::{CONTAINER, EDGE, FAINT, GROUND, HARVEST, INK, LOST, OWNERS, SHADES};
use crate::plots::raster::{Raster, Stroke, Usage, look};
use crate::record::{FinalState, JobRecord, Kind, NodeState, RunInfo};

/// Rectangles drawn one by one at most.
pub const JOBS_MAX: usize = 5_000;
/// Grounds of nodes that are not up, drawn one by one at most; beyond, they go into the picture, too.
const GROUNDS_MAX: usize = 2_000;
/// Width of a kill at least, in points: among thousands of jobs it must not vanish.
const KILL: f64 = 1.5;
/// Clusters shown at most.
const CLUSTERS_MAX: usize = 12;
/// Rows of all pictures together.
const ROWS_MAX: u32 = 600;
/// Height of all panels together, in points.
const HEIGHT: f64 = 460.0;

/// What a Gantt chart needs to remember of a run.
pub struct Gantt {
    strokes: Vec<(u16, Stroke)>,
    /// Strokes of jobs without an end, drawn up to the end of the chart.
    open: Vec<(u16, Stroke)>,
    rasters: Option<Vec<Raster>>,
    /// Whether jobs are in the pictures, and no strokes any more.
    painted: bool,
    cores: Vec<u32>,
    /// Whether any job was a container.
    containers: bool,
    /// Whether any job was killed.
    losses: bool,
    /// Cores of each node.
    cores_per_node: Vec<u32>,
    grounds: Vec<(u16, Stroke)>,
    pictures: Vec<(usize, [i64; 2])>,
    /// States of nodes that were seen.
    states: BTreeSet<NodeState>,
}

impl Gantt {
    /// An empty chart for the clusters of a run (the first twelve of them).
    #[must_use]
    pub fn new(info: &RunInfo) -> Self {
        let cores = info.clusters.iter().take(CLUSTERS_MAX).map(|c| c.cores.max(1)).collect();
        Self {
            strokes: Vec::new(),
            open: Vec::new(),
            rasters: None,
            painted: false,
            cores,
            containers: false,
            losses: false,
            cores_per_node: info.clusters.iter().map(|c| c.cores_per_node).collect(),
            grounds: Vec::new(),
            pictures: Vec::new(),
            states: BTreeSet::new(),
        }
    }

    /// Keeps the ground that jobs lie upon while nodes of a cluster that is shown are not up.
    pub(crate) fn ground(&mut self, span: &NodeSpan) {
        let cores = self.cores_per_node[usize::from(span.cluster)];
        let last = (span.last + 1).saturating_mul(cores).min(self.cores[usize::from(span.cluster)]);
        let stroke = Stroke {
            start_ms: span.from_ms,
            end_ms: span.to_ms,
            first: span.first.saturating_mul(cores),
            last: last.saturating_sub(1),
            usage: Usage::Away(span.state),
            shade: 0,
            killed: false,
        };
        if stroke.first > stroke.last {
            return;
        }
        self.states.insert(span.state);
        self.grounds.push((span.cluster, stroke));
        if self.grounds.len() > GROUNDS_MAX {
            let grounds = std::mem::take(&mut self.grounds);
            let rasters = self.rasters.get_or_insert_with(|| rasters(&self.cores));
            grounds.iter().for_each(|(c, stroke)| rasters[usize::from(*c)].expect(stroke));
            grounds.iter().for_each(|(c, stroke)| rasters[usize::from(*c)].paint(stroke));
        }
    }

    /// Takes a job; one that still runs is drawn up to the end of the chart.
    pub fn job(&mut self, job: &JobRecord<'_>) {
        let (Some(start_ms), true) = (job.start_ms, usize::from(job.cluster) < self.cores.len())
        else {
            return;
        };
        self.containers |= job.container;
        let usage = match (job.kind, job.state) {
            _ if job.container => Usage::Container,
            (Kind::Local, _) => Usage::Owners,
            (_, FinalState::CompletedSuccessfully | FinalState::Running) => Usage::Harvest,
            _ => Usage::Lost,
        };
        let killed = job.state == FinalState::CompletedKilled;
        self.losses |= killed;
        for &(first, last) in job.allocated {
            let stroke = Stroke {
                start_ms,
                end_ms: job.end_ms.unwrap_or(start_ms),
                first,
                last: last.min(self.cores[usize::from(job.cluster)] - 1),
                usage,
                shade: (job.job_id % u64::from(SHADES)) as u8,
                killed,
            };
            if stroke.first > stroke.last {
                continue;
            }
            if job.end_ms.is_none() {
                self.open.push((job.cluster, stroke));
            } else if stroke.start_ms < stroke.end_ms {
                self.stroke(job.cluster, stroke);
            }
        }
    }

    fn stroke(&mut self, cluster: u16, stroke: Stroke) {
        if !self.painted && self.strokes.len() < JOBS_MAX {
            return self.strokes.push((cluster, stroke));
        }
        self.painted = true;
        let rasters = self.rasters.get_or_insert_with(|| rasters(&self.cores));
        self.strokes.iter().for_each(|(c, stroke)| rasters[usize::from(*c)].expect(stroke));
        for (cluster, stroke) in self.strokes.drain(..).chain([(cluster, stroke)]) {
            rasters[usize::from(cluster)].paint(&stroke);
        }
    }

    /// Returns how many clusters are shown.
    pub(crate) fn clusters(&self) -> usize {
        self.cores.len()
    }

    /// Returns which clusters have a picture in the chart, in their order, and from when to when it is; known
    /// once the chart is drawn.
    pub(crate) fn pictures(&self) -> &[(usize, [i64; 2])] {
        &self.pictures
    }

    /// Lets jobs without an end last until `to_ms`. The grounds that end then come after them, for the order of
    /// strokes decides how wide the columns of pictures are.
    pub(crate) fn close(&mut self, to_ms: i64) {
        for (cluster, stroke) in std::mem::take(&mut self.open) {
            if stroke.start_ms < to_ms {
                self.stroke(cluster, Stroke { end_ms: to_ms, ..stroke });
            }
        }
    }

    /// Draws the chart of the time from `from_ms` to `to_ms` as an SVG text.
    ///
    /// # Errors
    /// If the drawing library fails.
    pub fn svg(&mut self, info: &RunInfo, from_ms: i64, to_ms: i64) -> Result<String, ReportError> {
        self.close(to_ms);
        // Of jobs that share cores, the longer lies below.
        self.strokes.sort_by_key(|(_, stroke)| {
            (stroke.usage.layer(), stroke.start_ms, std::cmp::Reverse(stroke.end_ms))
        });
        let axis = TimeAxis::new(info, from_ms, to_ms);
        let count = self.cores.len().max(1) as f64;
        let each = HEIGHT / count;
        draw("gantt", Sheet::Wide, HEIGHT + 98.0, "who held which core when", |canvas| {
            legend(canvas, &self.legend(!info.campaigns.is_empty()))?;
            for (index, cluster) in info.clusters.iter().take(self.cores.len()).enumerate() {
                let top = TOP - 4.0 + each * index as f64 + if index > 0 { 14.0 } else { 0.0 };
                let bottom = TOP - 4.0 + each * (index + 1) as f64 - 6.0;
                let panel = Panel::new(Sheet::Wide, top, bottom);
                self.panel(canvas, panel, index, &axis)?;
                let title = format!("{} (core)", cluster.name);
                canvas.text(&title, [LEFT, top - 8.0], LABEL, INK, Anchor::Left)?;
                if index + 1 == self.cores.len() {
                    panel.time(canvas, &axis)?;
                }
            }
            Ok(())
        })
    }

    fn legend(&self, campaigns: bool) -> Vec<(RGBColor, &'static str)> {
        let mut entries = vec![(OWNERS, "owners")];
        if self.containers {
            entries.push((CONTAINER, "containers"));
        }
        if campaigns {
            entries.push((HARVEST, "harvested"));
        }
        if campaigns || self.losses {
            entries.push((LOST, "killed or failed"));
        }
        for state in &self.states {
            let name = match state {
                NodeState::Broken => "broken",
                NodeState::Halted => "switched off",
                NodeState::Draining => "about to leave",
                NodeState::Absent | NodeState::Up => "not there",
            };
            entries.push((look(*state).lines, name));
        }
        entries
    }

    fn panel(
        &mut self,
        canvas: &mut Canvas<'_>,
        panel: Panel,
        cluster: usize,
        axis: &TimeAxis,
    ) -> Result<(), ReportError> {
        let cores = f64::from(self.cores[cluster]);
        let of_cluster = |(c, _): &&(u16, Stroke)| usize::from(*c) == cluster;
        let corners = |stroke: &Stroke| {
            let (left, right) = (axis.share(stroke.start_ms), axis.share(stroke.end_ms));
            let (low, high) = (f64::from(stroke.first), f64::from(stroke.last) + 1.0);
            let from = [panel.x(left), panel.y(high / cores)];
            (from, [panel.x(right), panel.y(low / cores)])
        };
        canvas.ground([LEFT, panel.top], [RIGHT, panel.bottom], GROUND);
        for (_, stroke) in self.grounds.iter().filter(of_cluster) {
            if let Usage::Away(state) = stroke.usage {
                let (from, to) = corners(stroke);
                canvas.hatched(from, to, look(state));
                if state == NodeState::Draining {
                    // It may be full of jobs until it leaves.
                    canvas.lines_upon(from, to, look(state));
                }
            }
        }
        if let Some(rasters) = &self.rasters
            && let Some(picture) = rasters[cluster].png(axis.from_ms, axis.to_ms)?
        {
            let left = panel.x(axis.share(picture.from_ms));
            let right = panel.x(axis.share(picture.to_ms));
            canvas.image([left, panel.top], [right, panel.bottom], &picture.png);
            self.pictures.push((cluster, [picture.from_ms, picture.to_ms]));
        }
        for (_, stroke) in self.strokes.iter().filter(of_cluster) {
            let (mut from, to) = corners(stroke);
            let colour = stroke.usage.shaded(stroke.shade);
            if stroke.usage == Usage::Lost {
                from[0] = from[0].min(to[0] - KILL).max(LEFT);
            }
            canvas.rect(from, to, colour)?;
        }
        // Kills of jobs that are no losses of campaigns, at the end of the job.
        let marks = self.strokes.iter().filter(of_cluster).map(|(_, stroke)| stroke);
        for stroke in marks.filter(|stroke| stroke.killed && stroke.usage != Usage::Lost) {
            let (from, to) = corners(stroke);
            canvas.rect([(to[0] - KILL).max(LEFT), from[1]], to, LOST)?;
        }
        for (share, core) in [(0.0, 0.0), (1.0, cores)] {
            let y = panel.y(share) + if share > 0.5 { 5.0 } else { -5.0 };
            canvas.text(&short(core), [LEFT - 7.0, y], LABEL, FAINT, Anchor::Right)?;
        }
        canvas.line(&[[LEFT, panel.top], [LEFT, panel.bottom]], EDGE, 0.75)
    }
}

fn rasters(cores: &[u32]) -> Vec<Raster> {
    let share = (ROWS_MAX / cores.len().max(1) as u32).max(24);
    cores.iter().map(|&cores| Raster::new(cores, share)).collect()
}
