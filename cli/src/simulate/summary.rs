//! What `gleaner simulate` says at the end, or after `--check`. Must not compute figures.

use gleaner_reports::metrics::Metrics;
use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::names::scheduler_word;
use gleaner_scenarios::scenario::Scenario;
use serde_json::{Value, json};

use crate::args::OutputForm;
use crate::failure::Failure;
use crate::output::{self, Rows};

/// The main figures, a row a cluster; as JSON, all of `metrics.json`.
pub(crate) fn figures(metrics: &Metrics, form: OutputForm) -> Result<(), Failure> {
    if form == OutputForm::Json {
        output::json(metrics);
        return Ok(());
    }
    let columns = vec![
        "cluster", "jobs", "mean_wait_s", "max_wait_s", "avebsld", "makespan_s", "utilisation", "killed_jobs",
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
                Some(json!(m.killed_jobs)),
            ]
        })
        .collect();
    if form != OutputForm::Quiet {
        output::rows(form, &Rows { columns, rows });
    }
    Ok(())
}

/// What `--check` found, a row a cluster.
pub(crate) fn checked(
    scenario: &Scenario,
    built: &[BuiltCluster],
    form: OutputForm,
) -> Result<(), Failure> {
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
    output::note("the scenario can be simulated");
    Ok(())
}
