//! Cores by time: who held which core when. Must not know figures.
//!
//! A small run is drawn job by job. Beyond [`JOBS_MAX`] rectangles nobody sees single jobs, so
//! from there on they are painted into a picture of fixed size, which takes its place in the SVG;
//! memory does not grow any more, and no job is left out.

use std::collections::BTreeMap;

use plotters::style::{RGBColor, WHITE};

use crate::error::ReportError;
use crate::plots::axis::{TimeAxis, short};
use crate::plots::canvas::{Anchor, Canvas, draw};
use crate::plots::frame::{LABEL, LEFT, Panel, RIGHT, TOP, legend};
use crate::plots::palette::{
    ABSENT, CONTAINER, FAINT, GROUND, HARVEST, INK, LOST, OWNERS, SHADES, mix,
};
use crate::plots::raster::{Raster, Stroke, Usage};
use crate::record::{FinalState, JobRecord, Kind, NodeRecord, RunInfo};

/// Rectangles drawn one by one at most.
pub const JOBS_MAX: usize = 5_000;
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
    cores: Vec<u32>,
    /// Whether any job was a container.
    containers: bool,
    /// Cores of each node.
    cores_per_node: Vec<u32>,
    /// Nodes that are absent, and since when.
    absent: BTreeMap<(u16, u32), i64>,
    /// Nodes that were absent, and from when to when.
    were_absent: Vec<(u16, u32, [i64; 2])>,
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
            cores,
            containers: false,
            cores_per_node: info.clusters.iter().map(|c| c.cores_per_node).collect(),
            absent: BTreeMap::new(),
            were_absent: Vec::new(),
        }
    }

    /// Takes a node that came or left.
    pub(crate) fn node(&mut self, record: &NodeRecord) {
        let NodeRecord { time_ms, cluster, node, absent } = *record;
        if usize::from(cluster) >= self.cores.len() {
            return;
        }
        if absent {
            self.absent.insert((cluster, node), time_ms);
        } else if let Some(since_ms) = self.absent.remove(&(cluster, node)) {
            self.were_absent.push((cluster, node, [since_ms, time_ms]));
        }
    }

    /// Draws the absence of nodes within the chart: neighbours that came and left together as one.
    fn stroke_absent(&mut self, from_ms: i64, to_ms: i64) {
        let open = std::mem::take(&mut self.absent).into_iter();
        let mut all = std::mem::take(&mut self.were_absent);
        all.extend(open.map(|((cluster, node), since_ms)| (cluster, node, [since_ms, to_ms])));
        all.sort_unstable_by_key(|&(cluster, node, span)| (cluster, span, node));
        let mut all = all.into_iter().peekable();
        while let Some((cluster, node, span)) = all.next() {
            let mut end = node + 1;
            while all.next_if_eq(&(cluster, end, span)).is_some() {
                end += 1;
            }
            let cores = self.cores_per_node[usize::from(cluster)];
            let stroke = Stroke {
                start_ms: span[0].max(from_ms),
                end_ms: span[1].min(to_ms),
                first: node * cores,
                last: (end * cores).min(self.cores[usize::from(cluster)]) - 1,
                usage: Usage::Absent,
                shade: 0,
            };
            if stroke.start_ms < stroke.end_ms {
                self.stroke(cluster, stroke);
            }
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
        for &(first, last) in job.allocated {
            let stroke = Stroke {
                start_ms,
                end_ms: job.end_ms.unwrap_or(start_ms),
                first,
                last: last.min(self.cores[usize::from(job.cluster)] - 1),
                usage,
                shade: (job.job_id % u64::from(SHADES)) as u8,
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
        if let Some(rasters) = &mut self.rasters {
            return rasters[usize::from(cluster)].paint(&stroke);
        }
        self.strokes.push((cluster, stroke));
        if self.strokes.len() > JOBS_MAX {
            let share = (ROWS_MAX / self.cores.len() as u32).max(24);
            let mut rasters: Vec<Raster> =
                self.cores.iter().map(|&cores| Raster::new(cores, share)).collect();
            for (cluster, stroke) in self.strokes.drain(..) {
                rasters[usize::from(cluster)].paint(&stroke);
            }
            self.rasters = Some(rasters);
        }
    }

    /// Draws the chart of the time from `from_ms` to `to_ms` as an SVG text.
    ///
    /// # Errors
    /// If the drawing library fails.
    pub fn svg(&mut self, info: &RunInfo, from_ms: i64, to_ms: i64) -> Result<String, ReportError> {
        for (cluster, stroke) in std::mem::take(&mut self.open) {
            if stroke.start_ms < to_ms {
                self.stroke(cluster, Stroke { end_ms: to_ms, ..stroke });
            }
        }
        let absent = !self.absent.is_empty() || !self.were_absent.is_empty();
        self.stroke_absent(from_ms, to_ms);
        // Of jobs that share cores, the longer lies below; containers lie below everything.
        self.strokes.sort_by_key(|(_, stroke)| {
            let upper = stroke.usage != Usage::Container;
            (upper, stroke.start_ms, std::cmp::Reverse(stroke.end_ms))
        });
        let axis = TimeAxis::new(info, from_ms, to_ms);
        let count = self.cores.len().max(1) as f64;
        let each = HEIGHT / count;
        draw("gantt", HEIGHT + 98.0, "who held which core when", |canvas| {
            legend(canvas, &self.legend(!info.campaigns.is_empty(), absent))?;
            for (index, cluster) in info.clusters.iter().take(self.cores.len()).enumerate() {
                let top = TOP - 4.0 + each * index as f64 + if index > 0 { 14.0 } else { 0.0 };
                let panel = Panel { top, bottom: TOP - 4.0 + each * (index + 1) as f64 - 6.0 };
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

    fn legend(&self, campaigns: bool, absent: bool) -> Vec<(RGBColor, &'static str)> {
        let mut entries = vec![(OWNERS, "owners")];
        if self.containers {
            entries.push((CONTAINER, "containers"));
        }
        if campaigns {
            entries.extend([(HARVEST, "harvested"), (LOST, "killed or failed")]);
        }
        if absent {
            entries.push((ABSENT, "not there"));
        }
        entries
    }

    fn panel(
        &self,
        canvas: &mut Canvas<'_>,
        panel: Panel,
        cluster: usize,
        axis: &TimeAxis,
    ) -> Result<(), ReportError> {
        let cores = f64::from(self.cores[cluster]);
        match &self.rasters {
            // The picture lies behind all rectangles, so it brings its own ground.
            Some(rasters) => {
                if let Some(picture) = rasters[cluster].png(axis.from_ms, axis.to_ms)? {
                    let left = panel.x(axis.share(picture.from_ms));
                    let right = panel.x(axis.share(picture.to_ms));
                    canvas.image([left, panel.top], [right, panel.bottom], &picture.png);
                }
            }
            None => canvas.rect([LEFT, panel.top], [RIGHT, panel.bottom], GROUND)?,
        }
        for (_, stroke) in self.strokes.iter().filter(|(c, _)| usize::from(*c) == cluster) {
            let from =
                [panel.x(axis.share(stroke.start_ms)), panel.y(f64::from(stroke.last + 1) / cores)];
            let to = [panel.x(axis.share(stroke.end_ms)), panel.y(f64::from(stroke.first) / cores)];
            canvas.rect(from, to, stroke.usage.shaded(stroke.shade))?;
        }
        for (share, core) in [(0.0, 0.0), (1.0, cores)] {
            let y = panel.y(share) + if share > 0.5 { 5.0 } else { -5.0 };
            canvas.text(&short(core), [LEFT - 7.0, y], LABEL, FAINT, Anchor::Right)?;
        }
        let edge = mix(FAINT, WHITE, 0.6);
        canvas.line(&[[LEFT, panel.top], [LEFT, panel.bottom]], edge, 0.75)
    }
}
