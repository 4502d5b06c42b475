//! A thousand tasks on a real OAR 2.5: what they cost, and one array of them, to its end.
//!
//! `cargo test --release -p gleaner --test production a_thousand -- --ignored --nocapture` plays both,
//! one after the other, in half an hour. `GLEANER_OAR2_TASKS`, `GLEANER_OAR2_POLICY` and
//! `GLEANER_OAR2_POLL` change the first.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::scenes::{line_writer, numbers};
use super::{jdl, open_folder, settings, written};
use crate::daemon::Daemon;
use crate::oar2::Oar2;

/// Tells what a campaign of so many tasks cost, once all of them are done.
fn measured(folder: &Path, config: &str, tasks: u64, exec: &str) {
    let mut daemon = Daemon::start(folder, config, &[]);
    let since = Instant::now();
    let campaign = daemon.submit(&jdl("thousand", tasks, exec, json!({})));
    let path = format!("/campaigns/{campaign}");
    let end = loop {
        // Each look costs the daemon something, too: a second apart, no more than a person would.
        std::thread::sleep(Duration::from_secs(1));
        let state = daemon.json(&path);
        if state["state"] == "terminated" {
            break state;
        }
        let late = Duration::from_secs(60 + 3 * tasks);
        assert!(since.elapsed() < late, "{state}:\n{}", daemon.log());
    };
    let wall_s = since.elapsed().as_secs_f64();
    let (cpu_s, peak_mb) = (daemon.server().cpu_s(), daemon.server().peak_mb());
    assert_eq!(end["finished_jobs"], tasks, "{end}");
    println!(
        "{tasks} tasks: {wall_s:.0} s, {:.2} tasks/s, {:.5} CPU s a task, {peak_mb:.1} MB",
        tasks as f64 / wall_s,
        cpu_s / tasks as f64
    );
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    crate::grid::replays(folder);
}

fn variable(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

/// A measurement, not a bound: only that all are done is asserted.
#[test]
#[ignore = "a measurement of ten minutes"]
fn a_thousand_tasks_of_true() {
    let Some(oar2) = Oar2::up(&[]) else { return };
    let tasks: u64 = variable("GLEANER_OAR2_TASKS", "1000").parse().expect("a number of tasks");
    let poll = variable("GLEANER_OAR2_POLL", "2s");
    // OAR 2.5 plans every waiting job in every round: few that wait are started faster than many.
    let policy = variable("GLEANER_OAR2_POLICY", "greedy:reserve=24");
    println!("{policy}, poll {poll}");
    let config = settings(oar2.api_url(), &policy, "", &format!("poll = \"{poll}\"\n"));
    measured(open_folder().path(), &config, tasks, "/bin/true");
}

/// All of them in one array, each once: the tasks themselves write down in which.
#[test]
#[ignore = "a quarter of an hour"]
fn a_thousand_tasks_in_one_array_end_well() {
    let Some(oar2) = Oar2::up(&[("OAR2_CORES", "250")]) else { return };
    let folder = open_folder();
    let (file, exec) = line_writer(folder.path(), "array", "0", "$1 $OAR_ARRAY_ID");
    let policy = "greedy:reserve=1000,max=1000";
    let more = "poll = \"2s\"\narray_max = 1000\n";
    let config = settings(oar2.api_url(), policy, "dealt_max = 1000\n", more);
    measured(folder.path(), &config, 1000, &exec);
    let lines = written(&file);
    let (tasks, arrays): (Vec<&str>, BTreeSet<&str>) =
        lines.iter().map(|line| line.split_once(' ').expect("a task and its array")).unzip();
    assert_eq!(tasks, numbers(1000), "each task ran once");
    assert_eq!(arrays.len(), 1, "{arrays:?}");
}
