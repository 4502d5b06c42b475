//! The tables of the page: what each column is called, what it means, and what stands in it. Must not
//! know how figures are made.

use crate::metrics::{CampaignMetrics, ClusterMetrics, Metrics};
use crate::page::format::{core_hours, count, number, percent, plural, short, time};
use crate::record::RunInfo;

/// Campaigns listed at most; the rest is in `metrics.json`.
pub(crate) const CAMPAIGNS_MAX: usize = 200;

/// A table: its heads with what they mean, and its rows.
pub(crate) struct Table {
    pub(crate) groups: Vec<Group>,
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<Row>,
}

/// Neighbouring columns about one thing.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) columns: usize,
}

/// What a column is called, and what it means.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    /// Whether a group begins with it.
    pub(crate) begins: bool,
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
    name: &'static str,
    meaning: &'static str,
    cell: Box<dyn Fn(&M) -> Cell>,
}

fn column<M>(
    name: &'static str,
    meaning: &'static str,
    cell: impl Fn(&M) -> Cell + 'static,
) -> Column<M> {
    Column { name, meaning, cell: Box::new(cell) }
}

/// Columns about one thing, and its name.
type Columns<M> = Vec<(&'static str, Vec<Column<M>>)>;

/// A table without rows, of groups that have columns.
fn table<M>(columns: &Columns<M>) -> Table {
    let mut table = Table { groups: Vec::new(), heads: Vec::new(), rows: Vec::new() };
    for (name, columns) in columns.iter().filter(|(_, columns)| !columns.is_empty()) {
        table.groups.push(Group { name, columns: columns.len() });
        let head = |(index, column): (usize, &Column<M>)| Head {
            name: column.name,
            meaning: column.meaning,
            begins: index == 0,
        };
        table.heads.extend(columns.iter().enumerate().map(head));
    }
    table
}

fn cells<M>(columns: &Columns<M>, figures: &M) -> Vec<Cell> {
    columns.iter().flat_map(|(_, columns)| columns).map(|column| (column.cell)(figures)).collect()
}

/// Returns the clusters, in their order: what a reader looks for first, and the rest.
pub(crate) fn clusters(info: &RunInfo, metrics: &Metrics) -> [Table; 2] {
    let harvest = !info.campaigns.is_empty();
    [first_columns(metrics, harvest), more_columns(metrics, harvest)].map(|columns| {
        let rows = info.clusters.iter().map(|about| {
            let nodes = plural(about.nodes.into(), "node");
            Row {
                name: about.name.clone(),
                about: format!("{} × {} cores, {}", nodes, about.cores_per_node, about.scheduler),
                cells: cells(&columns, &metrics.clusters[&about.name]),
            }
        });
        Table { rows: rows.collect(), ..table(&columns) }
    })
}

fn first_columns(metrics: &Metrics, harvest: bool) -> Columns<ClusterMetrics> {
    type M = ClusterMetrics;
    let others = |m: &M| m.counts.others().iter().map(|(_, count)| count).sum::<u64>();
    // Where there are no owners, nothing is to be said of them.
    let silent = harvest && metrics.grid.counts.submitted_jobs == 0;
    let mut owners =
        vec![column("jobs ended", "owners' jobs that started and ended", |m: &M| counted(m.jobs))];
    if metrics.grid.counts.others().iter().any(|(_, count)| *count > 0) {
        const MEANING: &str = "owners' jobs submitted that failed, were killed or refused, or still ran or \
                               waited at the end; below, they are told apart";
        owners.push(column("not done", MEANING, move |m: &M| counted(others(m))));
    }
    owners.extend([
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
        column("slowdown", "bounded: mean of max(1, (wait + run) / max(run, 10 s))", |m: &M| {
            cell(number(m.avebsld), m.avebsld)
        }),
    ]);
    if metrics.grid.owners_delay_mean_s.is_some() {
        const MEANING: &str = "later start of owners' jobs than without campaigns";
        owners.extend([
            column("mean delay", MEANING, |m: &M| {
                cell(time(m.owners_delay_mean_s), m.owners_delay_mean_s)
            }),
            column("largest delay", MEANING, |m: &M| {
                cell(time(m.owners_delay_max_s), m.owners_delay_max_s)
            }),
        ]);
    }
    let harvested = vec![
        column(
            "harvested",
            "useful best-effort time over core time that owners left idle, from the first submission to \
             the last end of campaigns",
            |m: &M| cell(percent(m.campaigns_harvest_ratio), m.campaigns_harvest_ratio),
        ),
        column(
            "useful (core\u{a0}h)",
            "core hours of best-effort tasks that succeeded",
            |m: &M| hours(m.campaigns_harvested_core_s),
        ),
        column("kills", "best-effort jobs killed", |m: &M| {
            cell(short(m.killed_jobs as f64), Some(m.killed_jobs as f64))
        }),
        column(
            "lost (core\u{a0}h)",
            "core hours that killed jobs had held, within the horizon",
            |m: &M| hours(m.killed_core_s),
        ),
    ];
    if silent {
        owners.clear();
    }
    vec![("owners", owners), ("harvest", if harvest { harvested } else { Vec::new() })]
}

/// Returns the counts of owners' jobs that did not end well, and what concerns the horizon.
fn more_columns(metrics: &Metrics, harvest: bool) -> Columns<ClusterMetrics> {
    type M = ClusterMetrics;
    let mut owners = vec![column("submitted", "owners' jobs submitted", |m: &M| {
        counted(m.counts.submitted_jobs)
    })];
    let all = metrics.grid.counts.others();
    owners.extend(all.into_iter().enumerate().filter(|(_, (_, count))| *count > 0).map(
        |(index, (name, _))| {
            let name = name.strip_suffix("_jobs").unwrap_or(name);
            column(name, meaning(name), move |m: &M| counted(m.counts.others()[index].1))
        },
    ));
    owners.extend([
        column("makespan", "first submission to last end of the cluster's own jobs", |m: &M| {
            cell(time(m.makespan_s), m.makespan_s)
        }),
        column(
            "idle (core\u{a0}h)",
            "core hours of the horizon that no owner's job held",
            |m: &M| hours(m.idle_core_s),
        ),
    ]);
    let harvested = vec![
        column(
            "harvested",
            "useful best-effort time over core time that owners left idle, within the horizon",
            |m: &M| cell(percent(m.harvest_ratio), m.harvest_ratio),
        ),
        column(
            "useful (core\u{a0}h)",
            "core hours of best-effort tasks that succeeded, within the horizon",
            |m: &M| hours(m.harvested_core_s),
        ),
    ];
    vec![
        ("owners", owners),
        ("harvest within the horizon", if harvest { harvested } else { Vec::new() }),
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
        let cells = cells(&columns, figures);
        Row { name: key, about: format!("of {}", about.user), cells }
    });
    Table { rows: rows.collect(), ..table(&columns) }
}

fn campaign_columns(metrics: &Metrics) -> Columns<CampaignMetrics> {
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
    let mut tasks = vec![
        column("tasks", "how many it has", |m: &M| counted(m.tasks)),
        column("done", "tasks that succeeded", |m: &M| counted(m.done)),
    ];
    tasks.extend(counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, column)| column));
    tasks.push(column("makespan", "from submission until nothing was left to do", |m: &M| {
        cell(time(m.makespan_s), m.makespan_s)
    }));
    let attempts = vec![
        column("attempts", "at tasks, that started and ended", |m: &M| counted(m.attempts)),
        column("killed", "attempts that were killed", |m: &M| counted(m.killed)),
    ];
    let mut hours_of = vec![
        column(
            "useful (core\u{a0}h)",
            "core hours of run time of attempts that succeeded",
            |m: &M| hours(m.useful_core_s),
        ),
        column(
            "wasted (core\u{a0}h)",
            "core hours of all else that its jobs held which are over",
            |m: &M| hours(m.wasted_core_s),
        ),
    ];
    if grid.running_core_s > 0.0 {
        hours_of.push(column(
            "still running (core\u{a0}h)",
            "core hours held by jobs that still ran",
            |m: &M| hours(m.running_core_s),
        ));
    }
    vec![("tasks", tasks), ("attempts", attempts), ("core hours", hours_of)]
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
