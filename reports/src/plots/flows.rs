//! Curves over time: cores in use, queues, submissions. Must not know single jobs.
//!
//! Each cluster has a panel, and all panels of a figure share their scale, so that clusters can be compared.

use plotters::style::RGBColor;

use crate::error::ReportError;
use crate::plots::axis::{TimeAxis, round_counts, round_numbers, short};
use crate::plots::canvas::{Canvas, Sheet, draw};
use crate::plots::clusters::{Shown, shown};
use crate::plots::columns::{COLUMNS, Columns};
use crate::plots::frame::{Panel, below_legend, legend};
use crate::plots::palette::{FREE, HARVEST, INK, OWNERS, UNAVAILABLE, pale};
use crate::record::{RunInfo, SeriesPoint};

/// Where the columns have the cores of nodes that are not there.
const ABSENT: usize = 6;

/// One panel's share of a figure: its title and the cores it is about.
struct Group {
    title: String,
    cores: f64,
}

/// The curves of a run, cut into columns once.
pub(crate) struct Flows {
    axis: TimeAxis,
    /// All clusters together, where not each of them has a panel.
    whole: Option<(Group, Columns)>,
    groups: Vec<(Group, Columns)>,
}

impl Flows {
    pub(crate) fn new(info: &RunInfo, rows: &[SeriesPoint], axis: TimeAxis) -> Self {
        let shown = shown(info);
        let whole = (shown.len() < info.clusters.len()).then(|| {
            let group = Group {
                title: format!("all {} clusters together", info.clusters.len()),
                cores: info.clusters.iter().map(|about| f64::from(about.cores)).sum(),
            };
            let all: Vec<u16> = (0..).zip(&info.clusters).map(|(cluster, _)| cluster).collect();
            (group, Columns::of(rows, &all, &axis))
        });
        let cut = |shown: Shown| {
            let columns = Columns::of(rows, &[shown.cluster], &axis);
            (Group { title: shown.name, cores: f64::from(shown.cores) }, columns)
        };
        Self { axis, whole, groups: shown.into_iter().map(cut).collect() }
    }

    /// Draws the cores in use, stacked: owners, harvested, free, unavailable. Of one cluster, in cores; of
    /// several, as shares of each one's cores.
    pub(crate) fn utilisation(&self, campaigns: bool, sheet: Sheet) -> Result<String, ReportError> {
        let layers = [
            (OWNERS, "owners"),
            (HARVEST, "harvested"),
            (FREE, "free"),
            (UNAVAILABLE, "unavailable"),
        ];
        let all: Vec<_> = self.whole.iter().chain(&self.groups).collect();
        let ever =
            |layer: usize| all.iter().any(|(_, cut)| cut.mean.iter().any(|mean| mean[layer] > 0.0));
        // Owners, and free cores, need a name even in a run that has none of them.
        let legend: Vec<_> = (0..)
            .zip(layers)
            .filter(|&(layer, (_, name))| match name {
                "harvested" => campaigns,
                "unavailable" => ever(layer),
                _ => true,
            })
            .map(|(_, entry)| entry)
            .chain(ever(ABSENT).then_some((INK, "cores that are there")))
            .collect();
        let figure = Figure { plot: "utilisation", label: "cores in use over time", legend };
        let several = all.len() > 1;
        figure.draw(sheet, &self.axis, &all, |canvas, panel, group, cut| {
            let top = group.cores.max(1.0);
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
            if several {
                let labels =
                    [0.0, 0.5, 1.0].map(|share| (share, format!("{:.0} %", share * 100.0)));
                let title = format!("{} (share of {} cores)", group.title, short(group.cores));
                return panel.upright(canvas, &title, &labels);
            }
            let ticks: Vec<f64> =
                round_numbers(top).into_iter().filter(|&tick| tick <= top).collect();
            panel.upright(canvas, &format!("{} (cores)", group.title), &numbers(&ticks, top))
        })
    }

    /// Draws the jobs waiting: the mean of each column as a line, the most as a pale area behind it.
    pub(crate) fn queues(&self, campaigns: bool, sheet: Sheet) -> Result<String, ReportError> {
        let queues: &[(usize, RGBColor)] = match campaigns {
            true => &[(0, OWNERS), (1, HARVEST)],
            false => &[(0, OWNERS)],
        };
        let entries = [
            (OWNERS, "owners' jobs"),
            (HARVEST, "campaigns' jobs"),
            (pale(OWNERS), "most at once"),
        ];
        let legend =
            entries.into_iter().filter(|&(colour, _)| campaigns || colour != HARVEST).collect();
        let most = |cut: &Columns| {
            let of = |most: &[u32; 2]| queues.iter().map(|&(queue, _)| most[queue]).max();
            cut.queue_max.iter().filter_map(of).max().unwrap_or(0)
        };
        let highest = self.groups.iter().map(|(_, cut)| most(cut)).max().unwrap_or(0);
        let ticks = round_counts(highest);
        let top = ticks.last().copied().unwrap_or(1.0);
        let figure = Figure { plot: "queue", label: "jobs waiting over time", legend };
        figure.draw(sheet, &self.axis, &self.groups(), |canvas, panel, group, cut| {
            for &(queue, colour) in queues {
                let most: Vec<f64> = cut.queue_max.iter().map(|m| f64::from(m[queue])).collect();
                let mut outline = steps(panel, &most, top);
                outline.extend(steps(panel, &vec![0.0; COLUMNS], top).into_iter().rev());
                canvas.polygon(&outline, pale(colour))?;
            }
            let title = format!("{} (jobs waiting)", group.title);
            panel.upright(canvas, &title, &numbers(&ticks, top))?;
            for &(queue, colour) in queues {
                let mean: Vec<f64> = cut.mean.iter().map(|m| m[4 + queue]).collect();
                canvas.line(&steps(panel, &mean, top), colour, 1.25)?;
            }
            Ok(())
        })
    }

    /// Draws how many campaigns' jobs are submitted a minute: what the tap lets through.
    pub(crate) fn submissions(&self, sheet: Sheet) -> Result<String, ReportError> {
        let column_min = (self.axis.to_ms - self.axis.from_ms) as f64 / 60_000.0 / COLUMNS as f64;
        let highest = self.groups.iter().flat_map(|(_, cut)| &cut.submitted);
        let ticks = round_numbers(highest.copied().fold(0.0, f64::max) / column_min);
        let top = ticks.last().copied().unwrap_or(1.0);
        let legend = vec![(HARVEST, "campaigns' jobs")];
        let figure = Figure { plot: "submissions", label: "submissions over time", legend };
        figure.draw(sheet, &self.axis, &self.groups(), |canvas, panel, group, cut| {
            let rates: Vec<f64> = cut.submitted.iter().map(|count| count / column_min).collect();
            let title = format!("{} (jobs submitted a minute)", group.title);
            panel.upright(canvas, &title, &numbers(&ticks, top))?;
            canvas.line(&steps(panel, &rates, top), HARVEST, 1.25)
        })
    }

    fn groups(&self) -> Vec<&(Group, Columns)> {
        self.groups.iter().collect()
    }
}

/// A plot of panels one below the other, over one axis of time.
struct Figure {
    plot: &'static str,
    label: &'static str,
    legend: Vec<(RGBColor, &'static str)>,
}

impl Figure {
    fn draw(
        &self,
        sheet: Sheet,
        axis: &TimeAxis,
        groups: &[&(Group, Columns)],
        each: impl Fn(&mut Canvas<'_>, &Panel, &Group, &Columns) -> Result<(), ReportError>,
    ) -> Result<String, ReportError> {
        let high = match groups.len() {
            0 | 1 => 220.0,
            2 => 150.0,
            3..=6 => 110.0,
            _ => 72.0,
        };
        let pitch = high + 32.0;
        let first = below_legend(sheet, &self.legend);
        let height = first + pitch * groups.len() as f64 + 22.0;
        draw(self.plot, sheet, height, self.label, |canvas| {
            legend(canvas, &self.legend)?;
            for (index, (group, columns)) in groups.iter().enumerate() {
                let top = first + pitch * index as f64;
                let panel = Panel::new(sheet, top, top + high);
                each(canvas, &panel, group, columns)?;
                if index + 1 == groups.len() {
                    panel.time(canvas, axis)?;
                }
            }
            Ok(())
        })
    }
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
