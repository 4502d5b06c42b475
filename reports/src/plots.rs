//! The plots of a report: which there are and what they say. Must not know files, nor the page.
//!
//! What a plot needs is gathered while records come, in memory that does not grow with their number:
//! rectangles turn into a picture, waits into counts, points into hours of the week.

mod axis;
mod bars;
mod canvas;
mod clusters;
mod columns;
#[cfg(test)]
mod example;
mod flows;
mod frame;
pub mod gantt;
pub mod live;
mod nodes;
mod palette;
mod raster;
mod waits;
mod week;

pub(crate) use axis::{civil, duration, short};
pub(crate) use palette::css as colours_css;

use crate::error::ReportError;
use crate::metrics::Metrics;
use crate::plots::axis::TimeAxis;
use crate::plots::bars::Delays;
use crate::plots::canvas::Sheet;
use crate::plots::clusters::{left_out, one_scale};
use crate::plots::flows::Flows;
use crate::plots::gantt::Gantt;
use crate::plots::live::Live;
use crate::plots::nodes::Nodes;
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
    /// What is to be said besides, of this run.
    pub(crate) note: Option<String>,
    /// The drawing.
    pub(crate) svg: String,
    /// What takes its place in a page where scripts run, if there is something.
    pub(crate) alive: Option<String>,
    /// The same for phones, if there is one.
    pub(crate) narrow: Option<String>,
}

/// What the plots need to remember of a run.
pub(crate) struct Gathered {
    gantt: Gantt,
    live: Live,
    /// Of the clusters that these two show.
    nodes: Nodes,
    waits: Waits,
    week: Week,
    delays: Option<Delays>,
}

impl Gathered {
    pub(crate) fn new(info: &RunInfo, baseline: bool) -> Self {
        let gantt = Gantt::new(info);
        Self {
            live: Live::new(gantt.clusters()),
            gantt,
            nodes: Nodes::default(),
            waits: Waits::new(info),
            week: Week::new(info),
            delays: baseline.then(|| Delays::new(info)),
        }
    }

    pub(crate) fn job(&mut self, job: &JobRecord<'_>, delay_ms: Option<i64>) {
        self.gantt.job(job);
        self.live.job(job);
        self.waits.job(job);
        if let (Some(delays), Some(delay_ms)) = (&mut self.delays, delay_ms) {
            delays.add(job.cluster, delay_ms);
        }
    }

    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        self.week.point(point);
    }

    pub(crate) fn node(&mut self, node: &NodeRecord) {
        if usize::from(node.cluster) < self.gantt.clusters()
            && let Some(span) = self.nodes.change(node)
        {
            self.gantt.ground(&span);
            self.live.span(&span);
        }
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
        self.gantt.close(to_ms);
        for span in self.nodes.finish(from_ms, to_ms) {
            self.gantt.ground(&span);
            self.live.span(&span);
        }
        let gantt = self.gantt.svg(info, from_ms, to_ms)?;
        let alive = self.live.html(info, [from_ms, to_ms], self.gantt.pictures())?;
        let (some, all) = (self.gantt.clusters(), info.clusters.len());
        let gantt_note =
            (some < all).then(|| format!("Shown are the first {some} of {all} clusters."));
        let mut plots = vec![
            plot(&UTILISATION, left_out(info), |sheet| flows.utilisation(campaigns, sheet))?,
            Plot {
                caption: &GANTT,
                note: gantt_note,
                svg: gantt,
                narrow: None,
                alive: Some(alive),
            },
            plot(&QUEUE, one_scale(info), |sheet| flows.queues(campaigns, sheet))?,
        ];
        // Where there are no owners, nothing is to be said of them.
        if metrics.grid.counts.submitted_jobs > 0 {
            plots.push(plot(&WAITS, one_scale(info), |sheet| self.waits.svg(sheet))?);
            plots.push(plot(&WEEK, left_out(info), |sheet| self.week.svg(sheet))?);
        }
        if campaigns {
            plots.push(plot(&SUBMISSIONS, one_scale(info), |sheet| flows.submissions(sheet))?);
            let all = info.campaigns.len();
            let most = bars::CAMPAIGNS_MAX;
            let note = (all > most).then(|| format!("Shown are the {most} largest of {all}."));
            plots.push(plot(&CAMPAIGNS, note, |sheet| bars::campaigns(info, metrics, sheet))?);
        }
        if let Some(delays) = &self.delays {
            plots.push(plot(&DELAYS, left_out(info), |sheet| delays.svg(sheet))?);
        }
        Ok(plots)
    }
}

/// Draws a plot for wide screens and for phones.
fn plot(
    caption: &'static Caption,
    note: Option<String>,
    draw: impl Fn(Sheet) -> Result<String, ReportError>,
) -> Result<Plot, ReportError> {
    assert!(CAPTIONS.contains(&caption), "`{}` is not listed", caption.name);
    let (svg, narrow) = (draw(Sheet::Wide)?, Some(draw(Sheet::Narrow)?));
    Ok(Plot { caption, note, svg, narrow, alive: None })
}

static UTILISATION: Caption = Caption {
    name: "utilisation",
    title: "Who used the cores",
    explanation: "What the cores did at each time, stacked from below: owners' jobs, harvested by campaigns, free.",
};
static GANTT: Caption = Caption {
    name: "gantt",
    title: "Every job on its cores",
    explanation: "Each block is a job on the cores it held; shades only tell neighbours apart, blank is idle, hatched are \
     nodes that were not up. Jobs inside of a container lie upon it. Where a cell shows many jobs, it is the paler \
     the less of it was used, and a kill is marked.",
};
static QUEUE: Caption = Caption {
    name: "queue",
    title: "Jobs waiting",
    explanation: "How many jobs stood in the queue: the line is the mean around that time, the pale ground behind it the \
     most at once.",
};
static WAITS: Caption = Caption {
    name: "waits",
    title: "How long owners waited, by size of the job",
    explanation: "Of the jobs of a size, half waited as long as the dark box spans, nine in ten as long as the pale \
     one, and the line in it is the median. The scale is logarithmic.",
};
static WEEK: Caption = Caption {
    name: "week",
    title: "When owners are busy",
    explanation: "Mean share of a cluster's cores that owners' jobs used in each hour of the week, of the cores that \
     were there: pale hours are those to harvest.",
};
static SUBMISSIONS: Caption = Caption {
    name: "submissions",
    title: "What the policy let through",
    explanation: "How many jobs of campaigns were submitted a minute to each cluster.",
};
static CAMPAIGNS: Caption = Caption {
    name: "campaigns",
    title: "Harvest and waste of each campaign",
    explanation: "Useful is the run time of tasks that succeeded; wasted is all else that jobs held which are over: \
     kills, failures, latencies. Counted whole, not only while owners' jobs came.",
};
static DELAYS: Caption = Caption {
    name: "owners-delay",
    title: "What harvesting cost the owners",
    explanation: "Each owner's job beside itself in the same run without campaigns: how much later it started. A bar \
     is the share of the cluster's jobs with such a delay.",
};
