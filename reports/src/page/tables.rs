//! The tables of the page: what each column is called, what it means, and what stands in it. Must not
//! know how figures are made.

use crate::metrics::{CampaignMetrics, ClusterMetrics, Metrics};
use crate::page::format::{core_hours, count, number, percent, plural, short, time};
use crate::record::RunInfo;

/// Campaigns listed at most; the rest is in `metrics.json`.
pub(crate) const CAMPAIGNS_MAX: usize = 200;

/// A table: its heads with what they mean, and its rows.
pub(crate) struct Table {
    pub(crate) heads: Vec<[&'static str; 2]>,
    pub(crate) rows: Vec<Row>,
}

/// A line of a table: the name, and figures as shown and as sorted.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) cells: Vec<Cell>,
}

pub(crate) struct Cell {
    pub(crate) shown: String,
    pub(crate) sort: String,
}

/// A column over figures `M`.
struct Column<M> {
    head: [&'static str; 2],
    cell: Box<dyn Fn(&M) -> Cell>,
}

fn column<M>(
    head: &'static str,
    meaning: &'static str,
    cell: impl Fn(&M) -> Cell + 'static,
) -> Column<M> {
    Column { head: [head, meaning], cell: Box::new(cell) }
}

/// Returns the clusters, in their order.
pub(crate) fn clusters(info: &RunInfo, metrics: &Metrics) -> Table {
    let columns = cluster_columns(metrics, !info.campaigns.is_empty());
    let rows = info.clusters.iter().map(|about| {
        let figures = &metrics.clusters[&about.name];
        let nodes = plural(about.nodes.into(), "node");
        Row {
            name: about.name.clone(),
            about: format!("{} × {} cores, {}", nodes, about.cores_per_node, about.scheduler),
            cells: columns.iter().map(|column| (column.cell)(figures)).collect(),
        }
    });
    Table { rows: rows.collect(), heads: columns.iter().map(|column| column.head).collect() }
}

fn cluster_columns(metrics: &Metrics, harvest: bool) -> Vec<Column<ClusterMetrics>> {
    type M = ClusterMetrics;
    let mut columns =
        vec![column("jobs", "owners' jobs that started and ended", |m: &M| counted(m.jobs))];
    let all = metrics.grid.counts.others();
    columns.extend(all.into_iter().enumerate().filter(|(_, (_, count))| *count > 0).map(
        |(index, (name, _))| {
            let head = name.strip_suffix("_jobs").unwrap_or(name);
            column(head, meaning(head), move |m: &M| counted(m.counts.others()[index].1))
        },
    ));
    columns.extend([
        column(
            "used",
            "share of all core time of the horizon on which owners' jobs ran",
            |m: &M| cell(percent(m.utilisation), m.utilisation),
        ),
        column("mean wait", "from submission to start, of jobs that started", |m: &M| {
            cell(time(m.mean_wait_s), m.mean_wait_s)
        }),
        column("longest wait", "from submission to start, of jobs that started", |m: &M| {
            cell(time(m.max_wait_s), m.max_wait_s)
        }),
        column("bounded slowdown", "mean of max(1, (wait + run) / max(run, 10 s))", |m: &M| {
            cell(number(m.avebsld), m.avebsld)
        }),
        column("makespan", "first submission to last end of the cluster's own jobs", |m: &M| {
            cell(time(m.makespan_s), m.makespan_s)
        }),
    ]);
    if harvest {
        columns.extend(harvest_columns());
    }
    if metrics.grid.owners_delay_mean_s.is_some() {
        const MEANING: &str = "later start of owners' jobs than without campaigns";
        columns.extend([
            column("mean delay", MEANING, |m: &M| {
                cell(time(m.owners_delay_mean_s), m.owners_delay_mean_s)
            }),
            column("largest delay", MEANING, |m: &M| {
                cell(time(m.owners_delay_max_s), m.owners_delay_max_s)
            }),
        ]);
    }
    columns
}

fn harvest_columns() -> [Column<ClusterMetrics>; 6] {
    type M = ClusterMetrics;
    [
        column(
            "harvested",
            "useful best-effort time over core time that owners left idle, within the horizon",
            |m: &M| cell(percent(m.harvest_ratio), m.harvest_ratio),
        ),
        column(
            "harvest (core h)",
            "core hours of best-effort tasks that succeeded, within the horizon",
            |m: &M| hours(m.harvested_core_s),
        ),
        column(
            "harvested in campaigns' life",
            "the same share from the first submission to the last end of campaigns",
            |m: &M| cell(percent(m.campaigns_harvest_ratio), m.campaigns_harvest_ratio),
        ),
        column(
            "whole harvest (core h)",
            "core hours of all best-effort tasks that succeeded",
            |m: &M| hours(m.campaigns_harvested_core_s),
        ),
        column("kills", "best-effort jobs killed", |m: &M| {
            cell(short(m.killed_jobs as f64), Some(m.killed_jobs as f64))
        }),
        column(
            "killed (core h)",
            "core hours that killed jobs had held, within the horizon",
            |m: &M| hours(m.killed_core_s),
        ),
    ]
}

/// Returns what a count of jobs that did not end well means.
fn meaning(word: &str) -> &'static str {
    match word {
        "failed" => "owners' jobs that ended with another exit code than 0",
        "walltime" => "owners' jobs killed at their walltime",
        "lost" => "owners' jobs lost with a node that failed",
        "preempted" => "owners' best-effort jobs killed for another owner's job",
        "deleted" => "owners' jobs killed for another reason",
        "running" => "owners' jobs that still ran at the end",
        "waiting" => "owners' jobs that still waited at the end: their waits are not known",
        "withdrawn" => "owners' jobs that left the queue before they started",
        _ => "owners' jobs refused at submission",
    }
}

/// Returns the campaigns, in their order, the first of them.
pub(crate) fn campaigns(info: &RunInfo, metrics: &Metrics) -> Table {
    let columns = campaign_columns(metrics);
    let keys = info.campaign_keys().into_iter().zip(&info.campaigns).take(CAMPAIGNS_MAX);
    let rows = keys.map(|(key, about)| {
        let figures = &metrics.campaigns[&key];
        let cells = columns.iter().map(|column| (column.cell)(figures)).collect();
        Row { name: key, about: format!("of {}", about.user), cells }
    });
    Table { rows: rows.collect(), heads: columns.iter().map(|column| column.head).collect() }
}

fn campaign_columns(metrics: &Metrics) -> Vec<Column<CampaignMetrics>> {
    type M = CampaignMetrics;
    let grid = &metrics.grid;
    let counts: [(u64, Column<M>); 4] = [
        (
            grid.failed,
            column("failed", "tasks given up, or for which nobody said what to do", |m: &M| {
                counted(m.failed)
            }),
        ),
        (
            grid.cancelled,
            column("cancelled", "tasks left undone because the campaign was cancelled", |m: &M| {
                counted(m.cancelled)
            }),
        ),
        (
            grid.running,
            column("running", "tasks that still ran at the end", |m: &M| counted(m.running)),
        ),
        (
            grid.waiting,
            column("waiting", "tasks never tried, or to be tried again", |m: &M| {
                counted(m.waiting)
            }),
        ),
    ];
    let mut columns = vec![
        column("tasks", "how many it has", |m: &M| counted(m.tasks)),
        column("done", "tasks that succeeded", |m: &M| counted(m.done)),
    ];
    columns.extend(counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, column)| column));
    columns.extend([
        column("attempts", "of tasks, that started and ended", |m: &M| counted(m.attempts)),
        column("killed", "attempts that were killed", |m: &M| counted(m.killed)),
        column("makespan", "from submission until nothing was left to do", |m: &M| {
            cell(time(m.makespan_s), m.makespan_s)
        }),
        column("useful (core h)", "run time of attempts that succeeded", |m: &M| {
            hours(m.useful_core_s)
        }),
        column("wasted (core h)", "all else that its jobs held which are over", |m: &M| {
            hours(m.wasted_core_s)
        }),
    ]);
    if grid.running_core_s > 0.0 {
        columns.push(column("running (core h)", "held by jobs that still ran", |m: &M| {
            hours(m.running_core_s)
        }));
    }
    columns
}

fn cell(shown: String, value: Option<f64>) -> Cell {
    Cell { shown, sort: value.map_or_else(|| "-1".to_owned(), |value| value.to_string()) }
}

fn counted(value: u64) -> Cell {
    cell(count(value), Some(value as f64))
}

fn hours(value_core_s: f64) -> Cell {
    cell(core_hours(value_core_s), Some(value_core_s))
}
