//! A machine's clock that somebody sets while a daemon runs, or is dead.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::executions;
use crate::grid;

/// The file by which a daemon's clock is set wrong.
pub(crate) struct ClockFile(PathBuf);

impl ClockFile {
    /// One in this folder; the clock is right.
    pub(crate) fn new(folder: &Path) -> ClockFile {
        let file = ClockFile(folder.join("clock"));
        file.set(0);
        file
    }

    /// Sets the clock wrong by so many seconds.
    pub(crate) fn set(&self, seconds: i64) {
        // Never empty, not even for a moment.
        let next = self.0.with_extension("next");
        fs::write(&next, seconds.to_string()).expect("the clock is set");
        fs::rename(&next, &self.0).expect("the clock is set");
    }

    /// What a daemon needs in its environment.
    pub(crate) fn env(&self) -> [(&str, &str); 1] {
        [("GLEANER_CLOCK_SHIFT", self.0.to_str().expect("a path of a test is text"))]
    }
}

/// Two clusters without faults.
const QUIET: &str = r#"
title = "Two clusters"
seed = 1
[[cluster]]
name = "one"
nodes = 4
cores_per_node = 4
dialect = "oar3"
task_runtime = "fixed:20"
[[cluster]]
name = "two"
nodes = 4
cores_per_node = 4
dialect = "oar2"
task_runtime = "fixed:20"
"#;

#[test]
fn a_clock_set_back_or_forward_stops_nothing_and_harms_no_job() {
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = Emulator::start(folder.path(), QUIET, 2, "20");
    let config = grid::config(&emulator.clusters);
    let (clock, by) = (ClockFile::new(folder.path()), emulator.clock());
    let mut daemon = Daemon::start_in(folder.path(), &config, &["--clock", &by], &clock.env());
    grid::give_tokens(&daemon, &emulator.clusters);
    let campaign = daemon.submit(&grid::jdl("steps", 160, &emulator.clusters));
    let limit = Duration::from_secs(90);
    let done = |daemon: &Daemon, more: u64| {
        let route = format!("/campaigns/{campaign}");
        let finished = || daemon.json(&route)["finished_jobs"].as_u64().expect("a count");
        let (before, since) = (finished(), Instant::now());
        while finished() < before + more {
            assert!(since.elapsed() < limit, "nothing is done:\n{}", daemon.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    for shift_s in [0, -300, 86_400, 0] {
        clock.set(shift_s);
        done(&daemon, 12);
        assert_eq!(daemon.get("alice", "/healthz").expect("an answer").status(), 200);
    }
    // While it is down, too: grid time grows by how long that was.
    daemon.server().kill();
    clock.set(7 * 86_400);
    daemon.wake(&[]);
    done(&daemon, 12);
    let events = daemon.json("/events");
    let steps = events["items"].as_array().expect("a list").iter();
    let steps: Vec<&Value> = steps.filter(|event| event["code"] == "CLOCK_STEP").collect();
    assert_eq!(steps.len(), 1, "the last is shown: {events}");
    clock.set(0);
    daemon.wait_state(campaign, "terminated", limit);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    let parameters: Vec<String> = (0..160).map(|task| task.to_string()).collect();
    let ran = executions::read(&emulator.executions);
    let faults = executions::faults(&ran, &campaign.to_string(), &parameters);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(ran.len(), 160, "no job was deleted because a clock was set");
    grid::replays(folder.path());
}

#[test]
fn a_program_that_exits_with_68_runs_once_and_is_an_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let emulator = Emulator::start(folder.path(), QUIET, 2, "20");
    let config = grid::config(&emulator.clusters);
    let by = emulator.clock();
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &by]);
    grid::give_tokens(&daemon, &emulator.clusters);
    let mut jdl = grid::jdl("own-68", 4, &emulator.clusters);
    jdl["exec_file"] = "exit 68; true".into();
    let campaign = daemon.submit(&jdl);
    let failures = |daemon: &Daemon| {
        let events = daemon.json(&format!("/campaigns/{campaign}/events"));
        // As long as there is none, there is no list either.
        let all = events["items"].as_array().into_iter().flatten();
        all.filter(|event| event["code"] == "EXIT_ERROR").count()
    };
    let since = Instant::now();
    while failures(&daemon) < 4 {
        let late = since.elapsed() > Duration::from_secs(30);
        let events = || daemon.json(&format!("/campaigns/{campaign}/events"));
        let ran = fs::read_to_string(&emulator.executions).unwrap_or_default();
        assert!(!late, "no event: {}\n{ran}\n{}", events(), daemon.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    // Ten cycles more, and a restart: none is taken for a late start.
    daemon.server().kill();
    daemon.wake(&[]);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(failures(&daemon), 4);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    assert_eq!(executions::read(&emulator.executions).len(), 4, "each ran once");
}
