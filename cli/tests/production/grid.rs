//! The grids of the tests: scenarios to emulate, configurations to match, campaigns for them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::daemon::Daemon;
use crate::emulator::EmulatedCluster;

/// How many clusters [`faulty`] has.
pub(crate) const FAULTY_CLUSTERS: usize = 3;

/// Three clusters whose REST APIs fail one request in twenty in all the ways known.
pub(crate) fn faulty(seed: u64) -> String {
    let cluster = |name: &str, dialect: &str| {
        format!(
            r#"
[[cluster]]
name = "{name}"
nodes = 8
cores_per_node = 8
scheduler = "oar"
dialect = "{dialect}"
task_runtime = "exponential:20"

[cluster.owners.generate]
model = "poisson"
mean_gap = "4m"
runtime = "lognormal:5.5,1.0"
sizes = "1-8"
jobs = 2000


[cluster.api_faults]
latency = "200ms"
timeout_before = 0.004
timeout_after = 0.004
hang = "60s"
error_before = 0.005
error_after = 0.005
html_error = 0.005
partial_array = 0.005
wrong_content_type = 0.002
truncated_body = 0.005
bad_gateway = 0.002
unavailable = 0.002
reset = 0.005
stale_list = 0.005
stale_by = "20s"
missing_job = 0.001
late_post = 0.005
late_by = "2m"
duplicate_event = 0.01
"#
        )
    };
    format!(
        "title = \"Faulty clusters\"\nseed = {seed}\n{}{}{}",
        cluster("one", "oar3"),
        cluster("two", "oar2"),
        cluster("three", "oar3")
    )
}

/// The daemon's configuration for emulated clusters, without store and addresses.
pub(crate) fn config(clusters: &[EmulatedCluster]) -> String {
    let mut text = String::from("[grid]\ncycle = \"5s\"\nwaiting_limit = \"4m\"\n");
    for EmulatedCluster { name, dialect, api_url, .. } in clusters {
        let auth = if dialect == "oar3" { "jwt" } else { "header" };
        text += &format!(
            "\n[[cluster]]\nname = \"{name}\"\napi_url = \"{api_url}\"\ndialect = \"{dialect}\"\n\
             auth = \"{auth}\"\npoll = \"5s\"\nrequest_timeout = \"2s\"\n"
        );
    }
    text
}

/// Registers alice's tokens of the clusters that want one.
pub(crate) fn give_tokens(daemon: &Daemon, clusters: &[EmulatedCluster]) {
    give_tokens_to(daemon, clusters, "alice");
}

/// Registers a user's tokens of the clusters that want one.
pub(crate) fn give_tokens_to(daemon: &Daemon, clusters: &[EmulatedCluster], user: &str) {
    for (index, cluster) in clusters.iter().enumerate() {
        let Some(file) = &cluster.token_file else { continue };
        let tokens: Value =
            serde_json::from_str(&fs::read_to_string(file).expect("the token file is there"))
                .expect("the token file is JSON");
        let body = json!({ "cluster_id": index + 1, "token": tokens["tokens"][user] });
        let answer = daemon.post(user, "/tokens", &body).expect("the daemon answers");
        assert_eq!(answer.status(), 201);
    }
}

/// A campaign of `tasks` tasks on all clusters.
pub(crate) fn jdl(name: &str, tasks: u64, clusters: &[EmulatedCluster]) -> Value {
    let clusters: Map<String, Value> =
        clusters.iter().map(|cluster| (cluster.name.clone(), json!({}))).collect();
    json!({
        "name": name,
        "nb_jobs": tasks,
        "exec_file": "work",
        "walltime": "00:30:00",
        "resources": "/resource_id=1",
        "clusters": clusters,
    })
}

/// Checks that every decision in the journal is made again.
pub(crate) fn replays(folder: &Path) {
    let done = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .args(["replay", folder.join("gleaner.sqlite").to_str().expect("a path is text")])
        .output()
        .expect("the built command starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
