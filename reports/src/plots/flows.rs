//! Curves over time: cores in use, queues, submissions. Must not know single jobs.

use plotters::style::RGBColor;

use crate::error::ReportError;
use crate::plots::axis::{TimeAxis, round_numbers, short};
use crate::plots::canvas::{Canvas, draw};
use crate::plots::columns::{COLUMNS, Columns};
use crate::plots::frame::{Panel, TOP, legend};
use crate::plots::palette::{FREE, HARVEST, INK, OWNERS, UNAVAILABLE, WASH, mix};
use crate::record::{RunInfo, SeriesPoint};

/// Where the columns have the cores of nodes that are not there.
const ABSENT: usize = 6;
/// With more clusters than this, all share one panel.
const PANELS_MAX: usize = 8;

/// One panel's share of a figure: its title and the clusters it adds up.
struct Group {
    title: String,
    clusters: Vec<u16>,
    cores: f64,
}

/// The curves of a run, cut into columns once.
pub(crate) struct Flows {
    axis: TimeAxis,
    groups: Vec<(Group, Columns)>,
}

impl Flows {
    pub(crate) fn new(info: &RunInfo, rows: &[SeriesPoint], axis: TimeAxis) -> Self {
        let groups = groups(info).into_iter();
        let cut = |group: Group| {
            let columns = Columns::of(rows, &group.clusters, &axis);
            (group, columns)
        };
        Self { axis, groups: groups.map(cut).collect() }
    }

    /// Draws the cores in use, stacked: owners, harvested, free, unavailable.
    pub(crate) fn utilisation(&self, campaigns: bool) -> Result<String, ReportError> {
        let layers = [
            (OWNERS, "owners"),
            (HARVEST, "harvested"),
            (FREE, "free"),
            (UNAVAILABLE, "unavailable"),
        ];
        let ever = |layer: usize| {
            self.groups.iter().any(|(_, cut)| cut.mean.iter().any(|mean| mean[layer] > 0.0))
        };
        // Owners, and free cores, need a name even in a run that has none of them.
        let shown: Vec<_> = (0..)
            .zip(layers)
            .filter(|&(layer, (_, name))| match name {
                "harvested" => campaigns,
                "unavailable" => ever(layer),
                _ => true,
            })
            .map(|(_, entry)| entry)
            .chain(ever(ABSENT).then_some((INK, "cores that are there")))
            .collect();
        self.figure("utilisation", "cores in use over time", &shown, |canvas, panel, group, cut| {
            let top = group.cores.max(1.0);
            let ticks = round_numbers(top).into_iter().filter(|&tick| tick <= top);
            let ticks: Vec<f64> = ticks.collect();
            let mut below = vec![0.0; COLUMNS];
            for (layer, (colour, _)) in layers.iter().enumerate() {
                let above: Vec<f64> =
                    below.iter().zip(&cut.mean).map(|(b, mean)| b + mean[layer]).collect();
                if above != below {
                    let mut outline = steps(panel, &above, top);
                    outline.extend(steps(panel, &below, top).into_iter().rev());
                    canvas.polygon(&outline, *colour)?;
                }
                below = above;
            }
            if cut.mean.iter().any(|mean| mean[ABSENT] > 0.0) {
                let there: Vec<f64> = cut.mean.iter().map(|mean| top - mean[ABSENT]).collect();
                canvas.line(&steps(panel, &there, top), INK, 1.25)?;
            }
            let labels = numbers(&ticks, top);
            panel.upright(canvas, &format!("{} (cores)", group.title), &labels)
        })
    }

    /// Draws the jobs waiting: the mean of each column as a line, the most as a pale area behind it.
    pub(crate) fn queues(&self, campaigns: bool) -> Result<String, ReportError> {
        let most = mix(OWNERS, WASH, 0.75);
        let entries =
            [(OWNERS, "owners' jobs"), (HARVEST, "campaigns' jobs"), (most, "most at once")];
        let shown: Vec<_> =
            entries.into_iter().filter(|&(colour, _)| campaigns || colour != HARVEST).collect();
        self.figure("queue", "jobs waiting over time", &shown, |canvas, panel, group, cut| {
            let highest = cut
                .queue_max
                .iter()
                .map(|[owners, be]| if campaigns { *owners.max(be) } else { *owners });
            let ticks = round_numbers(f64::from(highest.max().unwrap_or(0)));
            let top = ticks.last().copied().unwrap_or(1.0);
            let shown = if campaigns { 2 } else { 1 };
            for (queue, colour) in [OWNERS, HARVEST].into_iter().enumerate().take(shown) {
                let most: Vec<f64> = cut.queue_max.iter().map(|m| f64::from(m[queue])).collect();
                let mut outline = steps(panel, &most, top);
                outline.extend(steps(panel, &vec![0.0; COLUMNS], top).into_iter().rev());
                canvas.polygon(&outline, mix(colour, WASH, 0.75))?;
            }
            panel.upright(
                canvas,
                &format!("{} (jobs waiting)", group.title),
                &numbers(&ticks, top),
            )?;
            for (queue, colour) in [OWNERS, HARVEST].into_iter().enumerate().take(shown) {
                let mean: Vec<f64> = cut.mean.iter().map(|m| m[4 + queue]).collect();
                canvas.line(&steps(panel, &mean, top), colour, 1.25)?;
            }
            Ok(())
        })
    }

    /// Draws how many campaigns' jobs are submitted a minute: what the tap lets through.
    pub(crate) fn submissions(&self) -> Result<String, ReportError> {
        let column_min = (self.axis.to_ms - self.axis.from_ms) as f64 / 60_000.0 / COLUMNS as f64;
        let entries = [(HARVEST, "campaigns' jobs")];
        self.figure(
            "submissions",
            "submissions over time",
            &entries,
            |canvas, panel, group, cut| {
                let rates: Vec<f64> =
                    cut.submitted.iter().map(|count| count / column_min).collect();
                let ticks = round_numbers(rates.iter().copied().fold(0.0, f64::max));
                let top = ticks.last().copied().unwrap_or(1.0);
                let title = format!("{} (jobs submitted a minute)", group.title);
                panel.upright(canvas, &title, &numbers(&ticks, top))?;
                canvas.line(&steps(panel, &rates, top), HARVEST, 1.25)
            },
        )
    }

    fn figure(
        &self,
        plot: &'static str,
        label: &str,
        entries: &[(RGBColor, &str)],
        each: impl Fn(&mut Canvas<'_>, &Panel, &Group, &Columns) -> Result<(), ReportError>,
    ) -> Result<String, ReportError> {
        let high = match self.groups.len() {
            0 | 1 => 220.0,
            2 => 150.0,
            _ => 110.0,
        };
        let pitch = high + 30.0;
        let height = TOP + pitch * self.groups.len() as f64 + 24.0;
        draw(plot, height, label, |canvas| {
            legend(canvas, entries)?;
            for (index, (group, columns)) in self.groups.iter().enumerate() {
                let top = TOP + pitch * index as f64;
                let panel = Panel { top, bottom: top + high };
                each(canvas, &panel, group, columns)?;
                if index + 1 == self.groups.len() {
                    panel.time(canvas, &self.axis)?;
                }
            }
            Ok(())
        })
    }
}

fn groups(info: &RunInfo) -> Vec<Group> {
    let one = |(index, about): (usize, &crate::record::ClusterInfo)| Group {
        title: about.name.clone(),
        clusters: vec![index as u16],
        cores: f64::from(about.cores),
    };
    let each: Vec<Group> = info.clusters.iter().enumerate().map(one).collect();
    if each.len() <= PANELS_MAX {
        return each;
    }
    vec![Group {
        title: format!("all {} clusters", each.len()),
        cores: each.iter().map(|group| group.cores).sum(),
        clusters: each.into_iter().flat_map(|group| group.clusters).collect(),
    }]
}

/// Returns the corners of a step curve through the columns, left to right.
fn steps(panel: &Panel, values: &[f64], top: f64) -> Vec<[f64; 2]> {
    let mut points: Vec<[f64; 2]> = Vec::with_capacity(values.len() * 2);
    for (index, value) in values.iter().enumerate() {
        let y = panel.y(value / top);
        let right = panel.x((index + 1) as f64 / values.len() as f64);
        match points.last_mut() {
            Some(last) if last[1] == y => last[0] = right,
            _ => {
                points.push([panel.x(index as f64 / values.len() as f64), y]);
                points.push([right, y]);
            }
        }
    }
    points
}

fn numbers(ticks: &[f64], top: f64) -> Vec<(f64, String)> {
    ticks.iter().map(|&value| (value / top, short(value))).collect()
}
