//! `report.html`: one page that explains a run, with nothing to fetch. Must not know how figures
//! are made.

mod format;
mod headline;
mod tables;

use askama::Template;

use crate::error::ReportError;
use crate::metrics::{GridMetrics, Metrics};
use crate::page::format::moment;
use crate::page::headline::Headline;
use crate::page::tables::{CAMPAIGNS_MAX, Table};
use crate::plots::{Plot, colours_css, duration};
use crate::record::{RunEnd, RunInfo};

/// Clusters whose table stands before the plots at most.
const CLUSTERS_FIRST: usize = 4;
/// Campaigns that are seen at once; the style sheet knows the number, too.
const CAMPAIGNS_FIRST: usize = 20;

/// What the page shows.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Page<'a> {
    title: &'a str,
    subtitle: String,
    lead: String,
    headline: Vec<Headline>,
    clusters: Table,
    /// What is left to be said of clusters.
    more: Table,
    campaigns: Table,
    campaigns_left_out: usize,
    counted: Vec<String>,
    plots: &'a [Plot],
    /// Whether there is a `jobs.csv` beside it.
    jobs: bool,
    command: Option<String>,
    manifest: String,
    stopped: Option<String>,
    style: String,
    script: &'static str,
}

impl<'a> Page<'a> {
    pub(crate) fn new(
        info: &'a RunInfo,
        metrics: &Metrics,
        end: &RunEnd,
        shown_ms: [i64; 2],
        plots: &'a [Plot],
        jobs: bool,
    ) -> Self {
        let [from_ms, to_ms] = shown_ms;
        let title = if info.title.is_empty() { "Report of a run" } else { &info.title };
        let [clusters, more] = tables::clusters(info, metrics);
        Self {
            title,
            subtitle: subtitle(info, metrics, from_ms, to_ms),
            lead: headline::lead(&metrics.grid),
            headline: headline::cards(&metrics.grid),
            clusters,
            more,
            campaigns: tables::campaigns(info, metrics),
            campaigns_left_out: info.campaigns.len().saturating_sub(CAMPAIGNS_MAX),
            counted: counted(info, &metrics.grid),
            plots,
            jobs,
            command: end.manifest.get("command").and_then(|c| c.as_str()).map(str::to_owned),
            manifest: format!("{:#}", end.manifest),
            stopped: end.until_ms.map(|until_ms| moment(info, until_ms)),
            style: colours_css() + include_str!("../templates/report.css"),
            script: include_str!("../templates/report.js"),
        }
    }

    fn clusters_last(&self) -> bool {
        self.clusters.rows.len() > CLUSTERS_FIRST
    }

    pub(crate) fn html(&self) -> Result<String, ReportError> {
        self.render().map_err(ReportError::Page)
    }
}

fn subtitle(info: &RunInfo, metrics: &Metrics, from_ms: i64, to_ms: i64) -> String {
    let clusters = match info.clusters.as_slice() {
        [only] => format!("{} with {} cores", only.name, only.cores),
        all => format!("{} clusters with {} cores", all.len(), metrics.grid.cores),
    };
    let length = duration((to_ms - from_ms) as f64 / 1000.0);
    let dates = match info.unix_start_s {
        Some(_) => format!(", {} to {}", moment(info, from_ms), moment(info, to_ms)),
        None => String::new(),
    };
    format!("{clusters}, {length}{dates}")
}

/// Returns what the figures count, and over which times.
fn counted(info: &RunInfo, grid: &GridMetrics) -> Vec<String> {
    let at = |time_s: f64| moment(info, (time_s * 1000.0) as i64);
    let span = |from_s: Option<f64>, to_s: Option<f64>| {
        Some(format!("from {} to {}", at(from_s?), at(to_s?)))
    };
    let mut counted = Vec::new();
    if let Some(span) = span(grid.horizon_start_s, grid.horizon_end_s) {
        let what = match grid.makespan_s {
            Some(_) => "from the first submission to the last end of owners' jobs on any cluster",
            None => "the campaigns' life, or the whole run, since there are no owners' jobs",
        };
        counted.push(format!(
            "The horizon, one for all clusters: {span} ({what}, or to the stop of the run). Core time \
             of clusters is counted within it: used is what owners' jobs ran on, idle what none of \
             them held, a core being cleaned up is neither, and a core counts once."
        ));
    }
    if let Some(span) = span(grid.campaigns_start_s, grid.campaigns_end_s) {
        counted.push(format!(
            "The campaigns' life: {span} (from their first submission to the last end of a job of \
             theirs, or to the stop of the run). Figures of campaigns are whole, whatever the horizon."
        ));
    }
    counted.push(
        "Waits and slowdowns speak of owners' jobs: waits of those that started, slowdowns of those \
         that ended, too."
            .to_owned(),
    );
    counted
}
