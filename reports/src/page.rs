//! `report.html`: one page that explains a run, with nothing to fetch. Must not know how figures
//! are made.

mod format;
mod tables;

use askama::Template;

use crate::error::ReportError;
use crate::metrics::{GridMetrics, Metrics};
use crate::page::format::{core_hours, count, moment, number, percent, plural, time};
use crate::page::tables::{CAMPAIGNS_MAX, Table};
use crate::plots::{Plot, duration};
use crate::record::{RunEnd, RunInfo};

/// A headline figure.
struct Card {
    value: String,
    label: &'static str,
    note: String,
}

/// What the page shows.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Page<'a> {
    title: &'a str,
    subtitle: String,
    cards: Vec<Card>,
    clusters: Table,
    campaigns: Table,
    campaigns_left_out: usize,
    counted: Vec<String>,
    plots: &'a [Plot],
    command: Option<String>,
    manifest: String,
    stopped: Option<String>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(
        info: &'a RunInfo,
        metrics: &Metrics,
        end: &RunEnd,
        shown_ms: [i64; 2],
        plots: &'a [Plot],
    ) -> Self {
        let [from_ms, to_ms] = shown_ms;
        let title = if info.title.is_empty() { "Report of a run" } else { &info.title };
        Self {
            title,
            subtitle: subtitle(info, metrics, from_ms, to_ms),
            cards: cards(&metrics.grid),
            clusters: tables::clusters(info, metrics),
            campaigns: tables::campaigns(info, metrics),
            campaigns_left_out: info.campaigns.len().saturating_sub(CAMPAIGNS_MAX),
            counted: counted(info, &metrics.grid),
            plots,
            command: end.manifest.get("command").and_then(|c| c.as_str()).map(str::to_owned),
            manifest: format!("{:#}", end.manifest),
            stopped: end.until_ms.map(|until_ms| moment(info, until_ms)),
        }
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

fn cards(grid: &GridMetrics) -> Vec<Card> {
    let card = |value, label, note: &str| Card { value, label, note: note.to_owned() };
    let mut cards = vec![card(percent(grid.utilisation), "used by owners", "of all core time")];
    if grid.campaigns > 0 {
        cards.push(card(
            percent(grid.campaigns_harvest_ratio),
            "of idle time harvested",
            &format!(
                "in the campaigns' life: {} useful core hours",
                core_hours(grid.campaigns_harvested_core_s)
            ),
        ));
        cards.push(card(
            percent(grid.harvest_ratio),
            "harvested in the horizon",
            &format!("{} useful core hours in it", core_hours(grid.harvested_core_s)),
        ));
        cards.push(card(count(grid.done), "tasks done", &tasks(grid)));
        cards.push(card(
            count(grid.killed_jobs),
            "best-effort kills",
            &format!("{} core hours lost in the horizon", core_hours(grid.killed_core_s)),
        ));
    }
    let ends = match grid.counts.others_in_words() {
        words if words.is_empty() => "that ended well".to_owned(),
        words => format!("that ended; of {} submitted: {words}", count(grid.counts.submitted_jobs)),
    };
    cards.push(card(count(grid.jobs), "owners' jobs", &ends));
    let longest = format!("longest {}", time(grid.max_wait_s));
    cards.push(card(time(grid.mean_wait_s), "mean wait of owners", &longest));
    cards.push(card(number(grid.avebsld), "mean bounded slowdown", "of owners' jobs, from 1"));
    if let Some(mean_s) = grid.owners_delay_mean_s {
        let most = format!("at most {}", time(grid.owners_delay_max_s));
        cards.push(card(time(Some(mean_s)), "mean delay of owners", &most));
    }
    cards
}

/// Returns what there is beside the tasks that are done.
fn tasks(grid: &GridMetrics) -> String {
    let others = [
        ("failed", grid.failed),
        ("cancelled", grid.cancelled),
        ("running", grid.running),
        ("waiting", grid.waiting),
    ];
    let mut note = format!("of {} in {}", count(grid.tasks), plural(grid.campaigns, "campaign"));
    for (word, number) in others.into_iter().filter(|(_, number)| *number > 0) {
        note += &format!(", {} {word}", count(number));
    }
    note
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
