//! What `gleaner simulate` says at the end, or after `--check`. Must not compute figures.

use gleaner_reports::metrics::{CampaignMetrics, Metrics};
use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::build::grid::BuiltGrid;
use gleaner_scenarios::names::scheduler_word;
use gleaner_scenarios::scenario::Scenario;
use serde_json::{Value, json};

use crate::args::OutputForm;
use crate::output::{self, Rows};

/// The main figures, a row a cluster; as JSON, all of `metrics.json`.
pub(crate) fn figures(metrics: &Metrics, form: OutputForm) {
    if form == OutputForm::Json {
        output::json(metrics);
        return;
    }
    let columns = vec![
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
    let rows = metrics
        .clusters
        .iter()
        .map(|(name, m)| {
            vec![
                Some(json!(name)),
                Some(json!(m.jobs)),
                m.mean_wait_s.map(|v| json!(v)),
                m.max_wait_s.map(|v| json!(v)),
                m.avebsld.map(|v| json!(v)),
                m.makespan_s.map(|v| json!(v)),
                m.utilisation.map(|v| json!(v)),
                m.harvest_ratio.map(|v| json!(v)),
                Some(json!(m.killed_jobs)),
            ]
        })
        .collect();
    if form == OutputForm::Quiet {
        return;
    }
    output::rows(form, &Rows { columns, rows });
    if !metrics.campaigns.is_empty() && form == OutputForm::Table {
        output::line("");
        campaigns(metrics);
    }
}

/// Most campaigns shown; all are in `metrics.json`.
const CAMPAIGNS_SHOWN_MAX: usize = 20;

/// The main figures, a row a campaign.
fn campaigns(metrics: &Metrics) {
    let columns = vec![
        "campaign",
        "tasks",
        "done",
        "attempts",
        "killed",
        "makespan_s",
        "useful_core_s",
        "wasted_core_s",
    ];
    let row = |(name, m): (&String, &CampaignMetrics)| {
        vec![
            Some(json!(name)),
            Some(json!(m.tasks)),
            Some(json!(m.done)),
            Some(json!(m.attempts)),
            Some(json!(m.killed)),
            m.makespan_s.map(|v| json!(v)),
            Some(json!(m.useful_core_s)),
            Some(json!(m.wasted_core_s)),
        ]
    };
    let rows = metrics.campaigns.iter().take(CAMPAIGNS_SHOWN_MAX).map(row).collect();
    output::rows(OutputForm::Table, &Rows { columns, rows });
    if metrics.campaigns.len() > CAMPAIGNS_SHOWN_MAX {
        let more = metrics.campaigns.len() - CAMPAIGNS_SHOWN_MAX;
        output::note(format!("and {more} more campaigns: see metrics.json"));
    }
}

/// What `--check` found, a row a cluster.
pub(crate) fn checked(
    scenario: &Scenario,
    built: &[BuiltCluster],
    grid: Option<&BuiltGrid>,
    form: OutputForm,
) {
    let columns = vec!["cluster", "nodes", "cores_per_node", "scheduler", "jobs", "workload"];
    let row = |(plan, built): (&gleaner_scenarios::scenario::ClusterPlan, &BuiltCluster)| {
        let cells: [Value; 6] = [
            json!(plan.name),
            json!(built.size.nodes),
            json!(built.size.cores_per_node),
            json!(scheduler_word(plan.scheduler)),
            json!(built.setup.arrivals.len()),
            json!(built.workload.name),
        ];
        cells.into_iter().map(Some).collect()
    };
    let rows = scenario.clusters.iter().zip(built).map(row).collect();
    output::rows(form, &Rows { columns, rows });
    let campaigns = grid.map_or(0, |grid| grid.campaigns.len());
    output::note(format!("the scenario can be simulated; it has {campaigns} campaigns"));
}
