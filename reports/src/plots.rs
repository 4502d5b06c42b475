//! The plots of a report: which there are and what they say. Must not know files, nor the page.
//!
//! What a plot needs is gathered while records come, in memory that does not grow with their number:
//! rectangles turn into a picture, waits into counts, points into hours of the week.

mod axis;
mod bars;
mod canvas;
mod columns;
mod flows;
mod frame;
pub mod gantt;
mod palette;
mod raster;
mod waits;
mod week;

pub(crate) use axis::{civil, duration, short};

use crate::error::ReportError;
use crate::metrics::Metrics;
use crate::plots::axis::TimeAxis;
use crate::plots::bars::Delays;
use crate::plots::flows::Flows;
use crate::plots::gantt::Gantt;
use crate::plots::waits::Waits;
use crate::plots::week::Week;
use crate::record::{JobRecord, RunInfo, SeriesPoint};

/// The names of all plots there can be.
pub(crate) const NAMES: [&str; 8] =
    ["gantt", "utilisation", "queue", "waits", "week", "submissions", "campaigns", "owners-delay"];

/// A finished plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plot {
    /// Name of its file, without the ending.
    pub(crate) name: &'static str,
    /// What it shows, as a heading.
    pub(crate) title: &'static str,
    /// One sentence: how to read it.
    pub(crate) explanation: &'static str,
    /// The drawing.
    pub(crate) svg: String,
}

/// What the plots need to remember of a run.
pub(crate) struct Gathered {
    gantt: Gantt,
    waits: Waits,
    week: Week,
    delays: Option<Delays>,
}

impl Gathered {
    pub(crate) fn new(info: &RunInfo, baseline: bool) -> Self {
        Self {
            gantt: Gantt::new(info),
            waits: Waits::new(),
            week: Week::new(info),
            delays: baseline.then(Delays::default),
        }
    }

    pub(crate) fn job(&mut self, job: &JobRecord<'_>, delay_ms: Option<i64>) {
        self.gantt.job(job);
        self.waits.job(job);
        if let (Some(delays), Some(delay_ms)) = (&mut self.delays, delay_ms) {
            delays.add(delay_ms);
        }
    }

    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        self.week.point(point);
    }

    /// Draws all plots that have something to show, from `from_ms` to `to_ms`.
    pub(crate) fn draw(
        mut self,
        info: &RunInfo,
        rows: &[SeriesPoint],
        metrics: &Metrics,
        [from_ms, to_ms]: [i64; 2],
    ) -> Result<Vec<Plot>, ReportError> {
        let campaigns = !info.campaigns.is_empty();
        let flows = Flows::new(info, rows, TimeAxis::new(info, from_ms, to_ms));
        self.week.finish(to_ms);
        let mut plots = vec![
            plot("utilisation", UTILISATION, flows.utilisation(campaigns)?),
            plot("gantt", GANTT, self.gantt.svg(info, from_ms, to_ms)?),
            plot("queue", QUEUE, flows.queues(campaigns)?),
            plot("waits", WAITS, self.waits.svg()?),
            plot("week", WEEK, self.week.svg()?),
        ];
        if campaigns {
            plots.push(plot("submissions", SUBMISSIONS, flows.submissions()?));
            plots.push(plot("campaigns", CAMPAIGNS, bars::campaigns(info, metrics)?));
        }
        if let Some(delays) = &self.delays {
            plots.push(plot("owners-delay", DELAYS, delays.svg()?));
        }
        Ok(plots)
    }
}

fn plot(name: &'static str, [title, explanation]: [&'static str; 2], svg: String) -> Plot {
    Plot { name, title, explanation, svg }
}

const UTILISATION: [&str; 2] = [
    "Who used the cores",
    "Mean number of cores in each use, stacked: what is neither owners' nor harvested was idle.",
];
const GANTT: [&str; 2] = [
    "Every job on its cores",
    "Each block is a job on the cores it held; shades only tell neighbours apart, blank is idle. Jobs \
     inside of a container lie upon it. \
     In large runs a cell shows many jobs, the paler the less of it was used.",
];
const QUEUE: [&str; 2] = [
    "Jobs waiting",
    "The line is the mean of the moment, the wash behind it the most that waited at once.",
];
const WAITS: [&str; 2] = [
    "How long owners waited, by size of the job",
    "Half of the jobs of a size waited as long as its dark box spans, nine in ten as long as its pale \
     one; the scale is logarithmic.",
];
const WEEK: [&str; 2] = [
    "When owners are busy",
    "Mean share of all cores that owners' jobs used in each hour of the week: pale hours are those \
     to harvest.",
];
const SUBMISSIONS: [&str; 2] = [
    "What the policy let through",
    "How many jobs of campaigns were submitted a minute, to each cluster.",
];
const CAMPAIGNS: [&str; 2] = [
    "Harvest and waste of each campaign",
    "Useful is the run time of tasks that succeeded; wasted is all else that jobs held which are over: \
     kills, failures, latencies. Counted whole, not only while owners' jobs came. The twenty largest \
     are shown.",
];
const DELAYS: [&str; 2] = [
    "What harvesting cost the owners",
    "Each owner's job beside itself in the same run without campaigns: how much later it started.",
];
