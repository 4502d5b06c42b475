//! What was simulated, for `manifest.json`. Holds no folder, no date and nothing of the machine: two runs give
//! equal bytes. Reads nothing: files were hashed when they were read.

use std::path::Path;

use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::names::{estimates_word, word_of};
use gleaner_scenarios::scenario::{ClusterPlan, Owners, Scenario};
use gleaner_scenarios::source::SourceFile;
use gleaner_traces::hash::FileHash;
use serde_json::{Value, json};

use crate::built::Built;

/// Returns what was simulated, with the `command` that does it again.
pub fn manifest(built: &Built, command: &str) -> Value {
    let scenario = built.scenario();
    let clusters = scenario.clusters.iter().zip(built.clusters());
    let clusters: Vec<Value> = clusters.map(|(plan, built)| cluster(plan, built)).collect();
    json!({
        "format": "gleaner-manifest-1",
        "version": env!("CARGO_PKG_VERSION"),
        "command": command,
        "scenario": scenario.file.as_ref().map(source),
        "title": scenario.title,
        "seed": scenario.seed.0,
        "until_s": scenario.until.map(|until| seconds(until.ms())),
        "clusters": clusters,
        "policy": scenario.grid.policy.to_string(),
        "campaigns": campaigns(scenario),
    })
}

fn cluster(plan: &ClusterPlan, built: &BuiltCluster) -> Value {
    let owners = match &plan.owners {
        Owners::Absent => Value::Null,
        Owners::Trace(source) => json!({
            "trace": file(&source.path, built.workload.hash),
            "clean": word_of(&source.clean),
            "lenient": source.lenient,
            "read": built.workload.dropped,
        }),
        Owners::Generated(spec) => json!({ "generator": spec.command() }),
    };
    let mut cluster = json!({
        "name": plan.name,
        "nodes": built.size.nodes,
        "cores_per_node": built.size.cores_per_node,
        "scheduler": plan.scheduler.name(),
        "events": word_of(&plan.rhythm),
        "estimates": estimates_word(plan.estimates),
        "policy": plan.policy.as_ref().map(ToString::to_string),
        "owners": owners,
    });
    if let (Some(source), Some(begins)) = (&plan.snapshot, &built.snapshot) {
        cluster["snapshot"] = file(&source.path, Some(begins.hash));
    }
    cluster
}

/// Returns the campaigns that come from files, with those files, and how many there are in all.
fn campaigns(scenario: &Scenario) -> Value {
    let campaigns = &scenario.grid.campaigns;
    let files = campaigns.iter().filter_map(|campaign| campaign.jdl.file.as_ref());
    let files: Vec<Value> = files.map(source).collect();
    json!({ "count": campaigns.len(), "jdl_files": files })
}

fn source(source: &SourceFile) -> Value {
    file(&source.path, Some(source.hash))
}

/// Returns the name of a file, without its folders, and its SHA-256.
fn file(path: &Path, hash: Option<FileHash>) -> Value {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    json!({ "name": name, "sha256": hash.map(|hash| hash.to_string()) })
}

/// Returns milliseconds as seconds, whole where they are.
fn seconds(ms: i64) -> Value {
    if ms % 1000 == 0 { json!(ms / 1000) } else { json!(ms as f64 / 1000.0) }
}
