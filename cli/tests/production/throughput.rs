//! How many tasks a second go from submission to done through fast emulated clusters, and what the daemon
//! needs for it. A measurement, not a bound: only that each task was done once is asserted.
//!
//! `cargo test --release -p gleaner --test production throughput -- --ignored --nocapture`;
//! `GLEANER_TASKS` changes it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tempfile::tempdir;

use crate::daemon::Daemon;
use crate::emulator::{EmulatedCluster, Emulator};
use crate::executions;
use crate::grid::{jdl, replays};

const CLUSTERS: usize = 2;
/// The longest that it may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

/// Clusters that could do 40,000 tasks a second at the speed of the test.
fn scenario() -> String {
    let cluster = |number: usize| {
        format!(
            "\n[[cluster]]\nname = \"cluster-{number}\"\nnodes = 100\ncores_per_node = 50\n\
             scheduler = \"fcfs\"\ndialect = \"oar2\"\ntask_runtime = \"fixed:15\"\n"
        )
    };
    format!("title = \"Fast clusters\"\n{}", (0..CLUSTERS).map(cluster).collect::<String>())
}

/// Few requests, each for much.
fn config(clusters: &[EmulatedCluster]) -> String {
    let mut text = String::from("[grid]\ncycle = \"15s\"\ndealt_max = 100000\n");
    for EmulatedCluster { name, api_url, .. } in clusters {
        text += &format!(
            "\n[[cluster]]\nname = \"{name}\"\napi_url = \"{api_url}\"\ndialect = \"oar2\"\npoll = \"15s\"\n\
             policy = \"greedy:reserve=2500,max=10000\"\narray_max = 10000\npage_size = 10000\n\
             details_chunk = 500\n"
        );
    }
    text
}

#[test]
#[ignore = "a measurement: a debug build says nothing"]
fn throughput_from_submission_to_done() {
    let tasks = std::env::var("GLEANER_TASKS").map_or(100_000, |text| text.parse().expect("tasks"));
    let folder = tempdir().expect("a folder");
    let emulator = Emulator::start(folder.path(), &scenario(), CLUSTERS, "60");
    let config = config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    let since = Instant::now();
    let campaign = daemon.submit(&jdl("many", tasks, &emulator.clusters));
    let accepted_s = since.elapsed().as_secs_f64();
    daemon.wait_state(campaign, "terminated", PATIENCE);
    let wall_s = since.elapsed().as_secs_f64();
    let (cpu_s, peak_mb) = (daemon.server().cpu_s(), daemon.server().peak_mb());
    println!(
        "{tasks} tasks: accepted after {accepted_s:.2} s, done after {wall_s:.1} s, {:.0} tasks/s; \
         daemon {cpu_s:.1} s of CPU, {peak_mb:.0} MB; emulator {:.1} s of CPU",
        tasks as f64 / wall_s,
        emulator.server.cpu_s()
    );
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    let runs = executions::read(&emulator.executions);
    let done: Vec<_> = runs.iter().filter_map(executions::task).collect();
    assert_eq!(done.len() as u64, tasks, "each once");
    assert_eq!(done.iter().collect::<BTreeSet<_>>().len() as u64, tasks);
    replays(folder.path());
}
