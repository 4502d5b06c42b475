//! What a submission would become, as the daemon sees it: nothing is submitted.

use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::plan::{Plan, PlannedCluster};
use gleaner_client::client::Client;
use serde_json::{Value, json};

use crate::args::form::OutputForm;
use crate::failure::Failure;
use crate::grid::dates;
use crate::output::{self, Rows};

/// Asks what a JDL would become, and shows it.
pub(super) fn show(
    client: &Client,
    name: &str,
    jdl: &[u8],
    form: OutputForm,
) -> Result<(), Failure> {
    let address = Route::Submit.with(Param::DryRun, 1);
    let value: Value = client.ask(address.clone(), jdl)?;
    let plan: Plan = client.parsed(&address, &value.to_string())?;
    for warning in &plan.warnings {
        output::note(format!("warning: {name}: {warning}"));
    }
    match form {
        OutputForm::Table => picture(&plan),
        OutputForm::Json => output::json(&value),
        form => output::rows(form, &rows(&plan)),
    }
    Ok(())
}

fn picture(plan: &Plan) {
    output::line(format!("{}: {} tasks of {}", plan.name, plan.total_jobs, plan.user));
    let shown = plan.first.len() as u64 + u64::from(plan.last.is_some());
    for (place, parameter) in plan.first.iter().enumerate() {
        output::line(format!("  {}: {parameter}", place + 1));
    }
    if u64::from(plan.total_jobs) > shown {
        output::line("  ...");
    }
    if let Some(last) = &plan.last {
        output::line(format!("  {}: {last}", plan.total_jobs));
    }
    for cluster in &plan.clusters {
        on_cluster(cluster);
    }
    output::note("nothing was submitted");
}

fn on_cluster(cluster: &PlannedCluster) {
    let away = if cluster.enabled { "" } else { " (out of use: it gets nothing for now)" };
    output::line(format!("on {}{away}:", cluster.cluster_name));
    let line = |key: &str, value: &str| output::line(format!("  {key:<10} {value}"));
    line("runs", &cluster.command);
    line("in", &cluster.directory);
    let cores = match cluster.cores {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    line(
        "asks for",
        &format!("{} ({cores}), {}", cluster.resources, dates::span(cluster.walltime_s as f64)),
    );
    line("as", &cluster.r#type);
    if cluster.test_mode {
        line("test mode", "one job at a time, before all others");
    }
    if let Some(max) = cluster.max_jobs {
        line("at most", &format!("{max} jobs"));
    }
    for (key, text) in [("where", &cluster.properties), ("project", &cluster.project)] {
        if !text.is_empty() {
            line(key, text);
        }
    }
    for (key, script) in [("first", &cluster.prologue), ("at the end", &cluster.epilogue)] {
        for command in script.iter().flat_map(|script| script.lines()) {
            line(key, command);
        }
    }
}

fn rows(plan: &Plan) -> Rows {
    let row = |cluster: &PlannedCluster| {
        vec![
            Some(json!(cluster.cluster_name)),
            Some(json!(cluster.enabled)),
            Some(json!(plan.total_jobs)),
            Some(json!(cluster.command)),
            Some(json!(cluster.directory)),
            Some(json!(cluster.resources)),
            Some(json!(cluster.cores)),
            Some(json!(cluster.walltime_s)),
            Some(json!(cluster.r#type)),
            Some(json!(cluster.test_mode)),
            cluster.max_jobs.map(|max| json!(max)),
        ]
    };
    Rows {
        columns: vec![
            "cluster",
            "enabled",
            "tasks",
            "command",
            "directory",
            "resources",
            "cores",
            "walltime_s",
            "type",
            "test_mode",
            "max_jobs",
        ],
        rows: plan.clusters.iter().map(row).collect(),
    }
}
