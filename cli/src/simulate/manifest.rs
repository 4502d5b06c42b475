//! What was simulated, so that it can be simulated again: written as `manifest.json`. Holds no
//! folder, no date and nothing of the machine: two runs give equal bytes.

use std::path::Path;

use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::names::{estimates_word, rhythm_word, scheduler_word};
use gleaner_scenarios::scenario::{ClusterPlan, Owners, Scenario};
use gleaner_sim::time::SimTime;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::args::simulate::SimulateArgs;
use crate::failure::Failure;

/// The manifest of a run.
pub(crate) fn of(
    options: &SimulateArgs,
    scenario: &Scenario,
    built: &[BuiltCluster],
) -> Result<Value, Failure> {
    let clusters = scenario
        .clusters
        .iter()
        .zip(built)
        .map(|(plan, built)| cluster(plan, built))
        .collect::<Result<Vec<Value>, Failure>>()?;
    let file = options.scenario.as_deref().map(file).transpose()?;
    Ok(json!({
        "format": "gleaner-manifest-1",
        "version": env!("CARGO_PKG_VERSION"),
        "command": command(options),
        "scenario": file,
        "title": scenario.title,
        "seed": scenario.seed.0,
        "until_s": scenario.until.map(|until| seconds(until.ms())),
        "clusters": clusters,
        "policy": scenario.grid.policy.to_string(),
        "campaigns": campaigns(scenario)?,
    }))
}

/// The first key in which two manifests tell of different runs. Options that change only what is written
/// beside the figures, and the version of the program, make no other run.
pub(crate) fn difference(one: &Value, other: &Value) -> Option<&'static str> {
    const KEYS: [&str; 7] =
        ["scenario", "title", "seed", "until_s", "clusters", "policy", "campaigns"];
    let differs = |key: &&&str| one.get(**key) != other.get(**key);
    if let Some(key) = KEYS.iter().find(differs) {
        return Some(key);
    }
    let words = |manifest: &Value| -> Vec<String> {
        let command = manifest.get("command").and_then(Value::as_str).unwrap_or_default();
        let beside = |word: &&str| !["--no-plots", "--baseline"].contains(word);
        command.split(' ').filter(beside).map(str::to_owned).collect()
    };
    (words(one) != words(other)).then_some("command")
}

fn cluster(plan: &ClusterPlan, built: &BuiltCluster) -> Result<Value, Failure> {
    let owners = match &plan.owners {
        Owners::Absent => Value::Null,
        Owners::Trace(source) => json!({
            "trace": file(&source.path)?,
            "clean": source.clean.to_string(),
            "lenient": source.lenient,
            "read": built.workload.dropped,
        }),
        Owners::Generated(spec) => json!({ "generator": spec.command() }),
    };
    Ok(json!({
        "name": plan.name,
        "nodes": built.size.nodes,
        "cores_per_node": built.size.cores_per_node,
        "scheduler": scheduler_word(plan.scheduler),
        "events": rhythm_word(plan.rhythm),
        "estimates": estimates_word(plan.estimates),
        "policy": plan.policy.as_ref().map(ToString::to_string),
        "owners": owners,
    }))
}

/// The campaigns that come from files, with those files; how many there are in all.
fn campaigns(scenario: &Scenario) -> Result<Value, Failure> {
    let files = scenario.grid.campaigns.iter().filter_map(|campaign| campaign.jdl.file.as_deref());
    let files = files.map(file).collect::<Result<Vec<Value>, Failure>>()?;
    Ok(json!({ "count": scenario.grid.campaigns.len(), "jdl_files": files }))
}

/// Name and SHA-256 of a file.
fn file(path: &Path) -> Result<Value, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let hash = Sha256::digest(&bytes);
    let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(json!({ "name": name(path), "sha256": digits }))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The command that repeats the run, with file names in place of paths and without `--out`.
fn command(options: &SimulateArgs) -> String {
    let mut words = vec!["gleaner".to_owned(), "simulate".to_owned()];
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push(format!("--{name}"));
            words.push(quoted(value));
        }
    };
    option("trace", options.trace.as_deref().map(name));
    option("processors", options.processors.map(|n| n.to_string()));
    option("nodes", options.nodes.map(|n| n.to_string()));
    option("cores-per-node", options.cores_per_node.map(|n| n.to_string()));
    option("scheduler", options.scheduler.map(|kind| scheduler_word(kind).to_owned()));
    option("events", options.events.map(|rhythm| rhythm_word(rhythm).to_owned()));
    option("clean", options.clean.map(|clean| clean.to_string()));
    option("estimates", options.estimates.map(estimates_word));
    option("until", options.until.map(|until| until.to_string()));
    option("policy", options.policy.clone());
    option("campaign", options.campaign.as_deref().map(name));
    if options.campaign.is_some() {
        option("task-runtime", Some(options.task_runtime.clone()));
    }
    option("seed", options.seed.map(|seed| seed.to_string()));
    option("max-rows", options.max_rows.map(|rows| rows.to_string()));
    if options.lenient {
        words.push("--lenient".to_owned());
    }
    if options.baseline {
        words.push("--baseline".to_owned());
    }
    if options.no_plots {
        words.push("--no-plots".to_owned());
    }
    words.extend(options.scenario.as_deref().map(name).map(quoted));
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/+=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Milliseconds as seconds, whole where they are.
fn seconds(ms: i64) -> Value {
    if ms % 1000 == 0 { json!(ms / 1000) } else { json!(SimTime::from_ms(ms).ms() as f64 / 1000.0) }
}
