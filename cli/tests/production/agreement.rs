//! One scenario in two worlds: simulated, and emulated with the daemon going by a clock that is
//! turned by hand. The core decides the same in both, cycle by cycle. At speed (`speed`) the two
//! come to the same end.

mod speed;

use std::fs;
use std::path::Path;
use std::time::Duration;

use gleaner_core::decision::Work;
use gleaner_core::record::RecordedAction;
use gleaner_runtime::store::Store;
use gleaner_runtime::store::journal::{self, CycleId};
use serde_json::Value;
use tempfile::tempdir;

use crate::daemon::Daemon;
use crate::emulator::{EPOCH_S, EmulatedCluster, Emulator};
use crate::grid::jdl;
use crate::simulation::simulate;

/// The longest the campaign may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const TASKS: u64 = 400;

/// A command: when (seconds of the scenario), where, and its tasks, or how many jobs it deletes (each world
/// numbers jobs by itself).
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    at_s: i64,
    cluster: String,
    work: String,
}

/// Two clusters of OAR with owners who kill, and nothing that takes time.
fn scenario() -> String {
    let cluster = |name: &str, nodes: u32, gap: &str| {
        format!(
            r#"
[[cluster]]
name = "{name}"
nodes = {nodes}
cores_per_node = 4
scheduler = "oar"
dialect = "oar2"
oar = {{ pass = "ideal" }}

[cluster.owners.generate]
model = "poisson"
jobs = 60
mean_gap = "{gap}"
runtime = "exponential:300"
sizes = "1-8"
"#
        )
    };
    format!(
        "title = \"In two worlds\"\nseed = 5\n{}{}\n[[campaign]]\nname = \"agreed\"\nuser = \"alice\"\n\
         tasks = {TASKS}\nwalltime = \"30m\"\nruntime = \"exponential:200\"\n",
        cluster("one", 6, "2m"),
        cluster("two", 3, "5m")
    )
}

fn config(clusters: &[EmulatedCluster]) -> String {
    let cluster = |EmulatedCluster { name, api_url, dialect, .. }: &EmulatedCluster| {
        format!(
            "\n[[cluster]]\nname = \"{name}\"\napi_url = \"{api_url}\"\ndialect = \"{dialect}\"\n\
             auth = \"header\"\n"
        )
    };
    clusters.iter().map(cluster).collect()
}

/// The commands of a simulation with results in `out`.
fn simulated(out: &Path) -> Vec<Sent> {
    let text = fs::read_to_string(out.join("decisions.jsonl")).expect("decisions were recorded");
    let mut sent = Vec::new();
    for line in text.lines() {
        let cycle: Value = serde_json::from_str(line).expect("a line is JSON");
        let at_s = cycle["time"].as_f64().expect("a cycle has a time") as i64;
        for command in cycle["commands"].as_array().expect("a cycle has commands") {
            let word = |key: &str| command[key].as_str().unwrap_or_default().to_owned();
            let work = match word("action").as_str() {
                "submit best-effort" => word("tasks"),
                "cancel" => deleted(command["jobs"].as_u64().expect("a cancel counts its jobs")),
                other => panic!("{other} in {line}"),
            };
            sent.push(Sent { at_s, cluster: word("cluster"), work });
        }
    }
    sent
}

/// The commands in the journal of the daemon in `folder`.
fn emulated(folder: &Path, clusters: &[EmulatedCluster]) -> Vec<Sent> {
    let journal = Store::reader(&folder.join("gleaner.sqlite")).expect("the journal opens");
    let mut sent = Vec::new();
    let mut last = CycleId(0);
    while let Some(cycle) = journal::next_cycle(&journal, last).expect("the journal is whole") {
        last = cycle.id;
        for command in cycle.commands {
            let work = match &command.action {
                RecordedAction::Submit(submission) => {
                    let Work::Tasks(tasks) = &submission.work else { panic!("{command:?}") };
                    intervals(tasks.iter().map(|task| task.index))
                }
                RecordedAction::Cancel { jobs } => deleted(jobs.len() as u64),
            };
            sent.push(Sent {
                at_s: cycle.now.seconds() - EPOCH_S,
                cluster: clusters[command.cluster.index()].name.clone(),
                work,
            });
        }
    }
    sent
}

fn deleted(jobs: u64) -> String {
    format!("{jobs} jobs deleted")
}

/// Indices in the order given, as `decisions.jsonl` writes them: `3-7 1 9`.
fn intervals(indices: impl Iterator<Item = u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for index in indices {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            Some(_) | None => runs.push((index, index)),
        }
    }
    let text = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn by_hand_the_daemon_decides_as_the_simulator_does() {
    let folder = tempdir().expect("a folder");
    let emulator = Emulator::start(folder.path(), &scenario(), 2, "hand");
    let root = emulator.clusters[0].api_url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let clock = format!("{root}/_clock");
    let config = config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &clock]);
    let campaign = daemon.submit(&jdl("agreed", TASKS, &emulator.clusters));
    daemon.wait_state(campaign, "terminated", PATIENCE);
    assert!(daemon.server().stop().success());

    let emulated = emulated(folder.path(), &emulator.clusters);
    let simulated = simulated(&simulate(folder.path()));
    let same = emulated.iter().zip(&simulated).take_while(|(here, there)| here == there).count();
    assert!(simulated.len() > 20, "{} commands compare too little", simulated.len());
    assert_eq!(
        emulated.get(same),
        simulated.get(same),
        "after {same} equal commands of {}, the daemon (left) differs",
        simulated.len()
    );
}
