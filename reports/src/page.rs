//! `report.html`: one page that explains a run, with nothing to fetch. Must not know how figures
//! are made.

use askama::Template;

use crate::error::ReportError;
use crate::metrics::{ClusterMetrics, Metrics};
use crate::plots::{Plot, civil, duration, short};
use crate::record::{RunEnd, RunInfo};

/// Campaigns listed at most; the rest is in `metrics.json`.
const CAMPAIGNS_MAX: usize = 200;

/// A headline figure.
struct Card {
    value: String,
    label: &'static str,
    note: String,
}

/// A line of the table of clusters or of campaigns: the name, and figures as shown and as sorted.
struct Row {
    name: String,
    about: String,
    cells: Vec<Cell>,
}

struct Cell {
    shown: String,
    sort: String,
}

/// What the page shows.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Page<'a> {
    title: &'a str,
    subtitle: String,
    cards: Vec<Card>,
    cluster_heads: Vec<[&'static str; 2]>,
    clusters: Vec<Row>,
    campaign_heads: Vec<[&'static str; 2]>,
    campaigns: Vec<Row>,
    campaigns_left_out: usize,
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
        let harvest = !info.campaigns.is_empty();
        let [from_ms, to_ms] = shown_ms;
        let title = if info.title.is_empty() { "Report of a run" } else { &info.title };
        Self {
            title,
            subtitle: subtitle(info, metrics, from_ms, to_ms),
            cards: cards(metrics, harvest),
            cluster_heads: cluster_heads(metrics, harvest),
            clusters: cluster_rows(info, metrics, harvest),
            campaign_heads: CAMPAIGN_HEADS.to_vec(),
            campaigns: campaign_rows(info, metrics),
            campaigns_left_out: info.campaigns.len().saturating_sub(CAMPAIGNS_MAX),
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

/// A moment of the run: a date where the calendar is known, else the time since its beginning.
fn moment(info: &RunInfo, time_ms: i64) -> String {
    let since_start = || duration(time_ms as f64 / 1000.0);
    let Some(start_s) = info.unix_start_s else {
        return since_start();
    };
    let Some(local_s) = start_s.checked_add(i64::from(info.utc_offset_s) + time_ms / 1000) else {
        return since_start();
    };
    let (year, month, day) = civil(local_s.div_euclid(86_400));
    let minute = local_s.rem_euclid(86_400) / 60;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
}

fn cards(metrics: &Metrics, harvest: bool) -> Vec<Card> {
    let grid = &metrics.grid;
    let card = |value, label, note: &str| Card { value, label, note: note.to_owned() };
    let mut cards = vec![card(percent(grid.utilisation), "used by owners", "of all core time")];
    if harvest {
        cards.push(card(
            percent(grid.harvest_ratio),
            "of idle time harvested",
            &format!("{} useful core hours", short(grid.harvested_core_s / 3600.0)),
        ));
        cards.push(card(
            count(grid.done),
            "tasks done",
            &format!("of {} in {}", count(grid.tasks), plural(grid.campaigns, "campaign")),
        ));
        cards.push(card(
            count(grid.killed_jobs),
            "best-effort kills",
            &format!("{} core hours lost", short(grid.killed_core_s / 3600.0)),
        ));
    }
    let rejected = match grid.rejected_jobs {
        0 => "that ran to an end".to_owned(),
        count => format!("and {count} refused"),
    };
    cards.push(card(count(grid.jobs), "owners' jobs", &rejected));
    let longest = format!("longest {}", time(grid.max_wait_s));
    cards.push(card(time(grid.mean_wait_s), "mean wait of owners", &longest));
    cards.push(card(number(grid.avebsld), "mean bounded slowdown", "of owners' jobs, from 1"));
    if let Some(mean_s) = grid.owners_delay_mean_s {
        let most = format!("at most {}", time(grid.owners_delay_max_s));
        cards.push(card(time(Some(mean_s)), "mean delay of owners", &most));
    }
    cards
}

/// Heads of the table of clusters, and what they mean.
fn cluster_heads(metrics: &Metrics, harvest: bool) -> Vec<[&'static str; 2]> {
    let mut heads = vec![
        ["jobs", "owners' jobs that ran to an end"],
        ["used", "share of all core time that owners' jobs used"],
        ["mean wait", "from submission to start"],
        ["longest wait", "from submission to start"],
        ["bounded slowdown", "mean of max(1, (wait + run) / max(run, 10 s))"],
        ["makespan", "first submission to last end of owners' jobs"],
    ];
    if harvest {
        heads.push(["harvested", "useful best-effort time over core time that owners left idle"]);
        heads.push(["harvest (core h)", "core hours of best-effort tasks that succeeded"]);
        heads.push(["kills", "best-effort jobs killed"]);
        heads.push(["killed (core h)", "core hours that killed jobs had held"]);
    }
    if metrics.grid.owners_delay_mean_s.is_some() {
        heads.push(["mean delay", "later start of owners' jobs than without campaigns"]);
        heads.push(["largest delay", "later start of owners' jobs than without campaigns"]);
    }
    heads
}

fn cluster_rows(info: &RunInfo, metrics: &Metrics, harvest: bool) -> Vec<Row> {
    let delays = metrics.grid.owners_delay_mean_s.is_some();
    info.clusters
        .iter()
        .map(|about| {
            let m: &ClusterMetrics = &metrics.clusters[&about.name];
            let mut cells = vec![
                counted(m.jobs),
                cell(percent(m.utilisation), m.utilisation),
                cell(time(m.mean_wait_s), m.mean_wait_s),
                cell(time(m.max_wait_s), m.max_wait_s),
                cell(number(m.avebsld), m.avebsld),
                cell(time(m.makespan_s), m.makespan_s),
            ];
            if harvest {
                cells.push(cell(percent(m.harvest_ratio), m.harvest_ratio));
                cells.push(core_hours(m.harvested_core_s));
                cells.push(cell(short(m.killed_jobs as f64), Some(m.killed_jobs as f64)));
                cells.push(core_hours(m.killed_core_s));
            }
            if delays {
                cells.push(cell(time(m.owners_delay_mean_s), m.owners_delay_mean_s));
                cells.push(cell(time(m.owners_delay_max_s), m.owners_delay_max_s));
            }
            let nodes = plural(about.nodes.into(), "node");
            let about_it =
                format!("{} × {} cores, {}", nodes, about.cores_per_node, about.scheduler);
            Row { name: about.name.clone(), about: about_it, cells }
        })
        .collect()
}

/// Heads of the table of campaigns, and what they mean.
const CAMPAIGN_HEADS: [[&str; 2]; 7] = [
    ["tasks", "how many it has"],
    ["done", "tasks that succeeded"],
    ["attempts", "of tasks, that started and ended"],
    ["killed", "attempts that were killed"],
    ["makespan", "from submission until nothing was left to do"],
    ["useful (core h)", "run time of attempts that succeeded"],
    ["wasted (core h)", "all else its jobs held"],
];

fn campaign_rows(info: &RunInfo, metrics: &Metrics) -> Vec<Row> {
    let keys = info.campaign_keys().into_iter().zip(&info.campaigns).take(CAMPAIGNS_MAX);
    keys.map(|(key, about)| {
        let m = &metrics.campaigns[&key];
        let cells = vec![
            counted(m.tasks),
            counted(m.done),
            counted(m.attempts),
            counted(m.killed),
            cell(time(m.makespan_s), m.makespan_s),
            core_hours(m.useful_core_s),
            core_hours(m.wasted_core_s),
        ];
        Row { name: key, about: format!("of {}", about.user), cells }
    })
    .collect()
}

fn cell(shown: String, value: Option<f64>) -> Cell {
    Cell { shown, sort: value.map_or_else(|| "-1".to_owned(), |value| value.to_string()) }
}

/// A count in full, its digits in groups of three.
fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn counted(value: u64) -> Cell {
    cell(count(value), Some(value as f64))
}

fn core_hours(value_core_s: f64) -> Cell {
    cell(short(value_core_s / 3600.0), Some(value_core_s))
}

/// The sign for what is not defined.
const NOTHING: &str = "–";

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| NOTHING.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn time(value_s: Option<f64>) -> String {
    value_s.map_or_else(|| NOTHING.to_owned(), duration)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), short)
}

fn plural(number: u64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{} {word}s", count(number)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let counts = [0, 999, 1_000, 27_992, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "27,992", "1,234,567"]);
        assert_eq!([plural(1, "node"), plural(2_000, "node")], ["1 node", "2,000 nodes"]);
    }

    #[test]
    fn a_moment_is_a_date_where_the_calendar_is_known() {
        let mut info = RunInfo::default();
        assert_eq!(moment(&info, 90_000_000), "1 d 1 h");
        info.unix_start_s = Some(951_782_400);
        info.utc_offset_s = 3600;
        assert_eq!(moment(&info, -60_000), "2000-02-29 00:59");
        info.unix_start_s = Some(i64::MAX);
        assert_eq!(moment(&info, 5_000), "5 s");
    }
}
