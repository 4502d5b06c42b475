//! The plots of a report: which there are and what they say. Must not know files, nor the page.
//!
//! What a plot needs is gathered while records come, in memory that does not grow with their number:
//! rectangles turn into a picture, waits into counts, points into hours of the week.

mod axis;
mod bars;
mod canvas;
mod columns;
#[cfg(test)]
mod example;
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
use crate::record::{JobRecord, NodeRecord, RunInfo, SeriesPoint};

/// What is said of a plot wherever it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caption {
    /// Name of its file, without the ending.
    pub(crate) name: &'static str,
    /// What it shows, as a heading.
    pub(crate) title: &'static str,
    /// One sentence: how to read it.
    pub(crate) explanation: &'static str,
}

/// All plots there can be.
pub(crate) static CAPTIONS: [&Caption; 8] =
    [&UTILISATION, &GANTT, &QUEUE, &WAITS, &WEEK, &SUBMISSIONS, &CAMPAIGNS, &DELAYS];

/// A finished plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plot {
    /// What is said of it.
    pub(crate) caption: &'static Caption,
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

    pub(crate) fn node(&mut self, node: &NodeRecord) {
        self.gantt.node(node);
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
            plot(&UTILISATION, flows.utilisation(campaigns)?),
            plot(&GANTT, self.gantt.svg(info, from_ms, to_ms)?),
            plot(&QUEUE, flows.queues(campaigns)?),
            plot(&WAITS, self.waits.svg()?),
            plot(&WEEK, self.week.svg()?),
        ];
        if campaigns {
            plots.push(plot(&SUBMISSIONS, flows.submissions()?));
            plots.push(plot(&CAMPAIGNS, bars::campaigns(info, metrics)?));
        }
        if let Some(delays) = &self.delays {
            plots.push(plot(&DELAYS, delays.svg()?));
        }
        Ok(plots)
    }
}

fn plot(caption: &'static Caption, svg: String) -> Plot {
    assert!(CAPTIONS.contains(&caption), "`{}` is not listed", caption.name);
    Plot { caption, svg }
}

static UTILISATION: Caption = Caption {
    name: "utilisation",
    title: "Who used the cores",
    explanation: "Mean number of cores in each use, stacked: what is neither owners' nor harvested was idle.",
};
static GANTT: Caption = Caption {
    name: "gantt",
    title: "Every job on its cores",
    explanation: "Each block is a job on the cores it held; shades only tell neighbours apart, blank is idle. Jobs \
     inside of a container lie upon it. \
     In large runs a cell shows many jobs, the paler the less of it was used.",
};
static QUEUE: Caption = Caption {
    name: "queue",
    title: "Jobs waiting",
    explanation: "The line is the mean of the moment, the wash behind it the most that waited at once.",
};
static WAITS: Caption = Caption {
    name: "waits",
    title: "How long owners waited, by size of the job",
    explanation: "Half of the jobs of a size waited as long as its dark box spans, nine in ten as long as its pale \
     one; the scale is logarithmic.",
};
static WEEK: Caption = Caption {
    name: "week",
    title: "When owners are busy",
    explanation: "Mean share of all cores that owners' jobs used in each hour of the week: pale hours are those \
     to harvest.",
};
static SUBMISSIONS: Caption = Caption {
    name: "submissions",
    title: "What the policy let through",
    explanation: "How many jobs of campaigns were submitted a minute, to each cluster.",
};
static CAMPAIGNS: Caption = Caption {
    name: "campaigns",
    title: "Harvest and waste of each campaign",
    explanation: "Useful is the run time of tasks that succeeded; wasted is all else that jobs held which are over: \
     kills, failures, latencies. Counted whole, not only while owners' jobs came. The twenty largest \
     are shown.",
};
static DELAYS: Caption = Caption {
    name: "owners-delay",
    title: "What harvesting cost the owners",
    explanation: "Each owner's job beside itself in the same run without campaigns: how much later it started.",
};
