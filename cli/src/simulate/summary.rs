//! What `gleaner simulate` says at the end, or after `--check`. Must not compute figures.

use gleaner_experiments::built::Built;
use gleaner_reports::metrics::{CampaignMetrics, ClusterMetrics, Metrics};
use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::scenario::ClusterPlan;
use serde_json::{Value, json};

use crate::args::form::OutputForm;
use crate::output::{self, Rows};

/// The main figures, a row a cluster; as JSON, all of `metrics.json`.
pub(crate) fn figures(metrics: &Metrics, form: OutputForm) {
    match form {
        OutputForm::Json => output::json(metrics),
        OutputForm::Quiet => {}
        OutputForm::Csv => output::rows(form, &clusters(metrics, true)),
        OutputForm::Table => {
            output::rows(form, &clusters(metrics, false));
            if !metrics.campaigns.is_empty() {
                output::line("");
                campaigns(metrics);
            }
        }
    }
}

/// The main figures of the clusters. Counts that are zero everywhere have a column only if `all` are
/// asked for, and the owners' delays only if there was a run without campaigns to compare with.
fn clusters(metrics: &Metrics, all: bool) -> Rows {
    let counts = metrics.grid.counts.others();
    let shown: Vec<usize> = (0..counts.len()).filter(|&at| all || counts[at].1 > 0).collect();
    let mut columns = vec![
        "cluster",
        "jobs",
        "mean_wait_s",
        "max_wait_s",
        "avebsld",
        "makespan_s",
        "utilisation",
        "harvest_ratio",
        "killed_jobs",
    ];
    columns.extend(shown.iter().map(|&at| counts[at].0));
    let delays = metrics.grid.owners_delay_mean_s.is_some();
    if delays {
        columns.extend(["owners_delay_mean_s", "owners_delay_max_s"]);
    }
    let row = |(name, m): (&String, &ClusterMetrics)| {
        let mut row = vec![
            Some(json!(name)),
            Some(json!(m.jobs)),
            m.mean_wait_s.map(|v| json!(v)),
            m.max_wait_s.map(|v| json!(v)),
            m.avebsld.map(|v| json!(v)),
            m.makespan_s.map(|v| json!(v)),
            m.utilisation.map(|v| json!(v)),
            m.harvest_ratio.map(|v| json!(v)),
            Some(json!(m.killed_jobs)),
        ];
        row.extend(shown.iter().map(|&at| Some(json!(m.counts.others()[at].1))));
        if delays {
            row.extend([m.owners_delay_mean_s, m.owners_delay_max_s].map(|s| s.map(|s| json!(s))));
        }
        row
    };
    Rows { columns, rows: metrics.clusters.iter().map(row).collect() }
}

/// Most campaigns shown; all are in `metrics.json`.
const CAMPAIGNS_SHOWN_MAX: usize = 20;

/// The main figures, a row a campaign; counts that are zero everywhere have no column.
fn campaigns(metrics: &Metrics) {
    let grid = &metrics.grid;
    type Count = fn(&CampaignMetrics) -> u64;
    let counts: [(&str, u64, Count); 4] = [
        ("failed", grid.failed, |m| m.failed),
        ("cancelled", grid.cancelled, |m| m.cancelled),
        ("running", grid.running, |m| m.running),
        ("waiting", grid.waiting, |m| m.waiting),
    ];
    let shown: Vec<_> = counts.into_iter().filter(|(_, all, _)| *all > 0).collect();
    let mut columns = vec!["campaign", "tasks", "done"];
    columns.extend(shown.iter().map(|(name, ..)| *name));
    columns.extend(["attempts", "killed", "makespan_s", "useful_core_s", "wasted_core_s"]);
    let row = |(name, m): (&String, &CampaignMetrics)| {
        let mut row = vec![Some(json!(name)), Some(json!(m.tasks)), Some(json!(m.done))];
        row.extend(shown.iter().map(|(_, _, count)| Some(json!(count(m)))));
        row.extend([
            Some(json!(m.attempts)),
            Some(json!(m.killed)),
            m.makespan_s.map(|v| json!(v)),
            Some(json!(m.useful_core_s)),
            Some(json!(m.wasted_core_s)),
        ]);
        row
    };
    let rows = metrics.campaigns.iter().take(CAMPAIGNS_SHOWN_MAX).map(row).collect();
    output::rows(OutputForm::Table, &Rows { columns, rows });
    if metrics.campaigns.len() > CAMPAIGNS_SHOWN_MAX {
        let more = metrics.campaigns.len() - CAMPAIGNS_SHOWN_MAX;
        output::note(format!("and {more} more campaigns: see metrics.json"));
    }
}

/// What `--check` found, a row a cluster.
pub(crate) fn checked(built: &Built, form: OutputForm) {
    let columns = vec!["cluster", "nodes", "cores_per_node", "scheduler", "jobs", "workload"];
    let row = |(plan, built): (&ClusterPlan, &BuiltCluster)| {
        let cells: [Value; 6] = [
            json!(plan.name),
            json!(built.size.nodes),
            json!(built.size.cores_per_node),
            json!(plan.scheduler.name()),
            json!(built.setup.arrivals.facts().count),
            json!(built.workload.name),
        ];
        cells.into_iter().map(Some).collect()
    };
    let clusters = built.scenario().clusters.iter().zip(built.clusters());
    let rows = clusters.map(row).collect();
    output::rows(form, &Rows { columns, rows });
    let campaigns = built.campaigns().len();
    output::note(format!("the scenario can be simulated; it has {campaigns} campaigns"));
}
