//! What a thousand tasks of `true` cost on a real OAR 2.5: wall time, our CPU time, our memory. A
//! measurement, not a bound: only that all are done is asserted.
//!
//! `cargo test --release -p gleaner --test production a_thousand -- --ignored --nocapture`. It takes ten
//! minutes; `GLEANER_OAR2_TASKS`, `GLEANER_OAR2_POLICY` and `GLEANER_OAR2_POLL` change it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{jdl, open_folder};
use crate::daemon::Daemon;
use crate::oar2::Oar2;

fn variable(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

#[test]
#[ignore = "a measurement of ten minutes"]
fn a_thousand_tasks_of_true() {
    let Some(oar2) = Oar2::up(&[]) else { return };
    let tasks: u64 = variable("GLEANER_OAR2_TASKS", "1000").parse().expect("a number of tasks");
    let poll = variable("GLEANER_OAR2_POLL", "2s");
    // OAR 2.5 plans every waiting job in every round: few that wait are started faster than many.
    let policy = variable("GLEANER_OAR2_POLICY", "greedy:reserve=24");
    let config = format!(
        "[grid]\ncycle = \"2s\"\n\n[[cluster]]\nname = \"real\"\napi_url = \"{}\"\n\
         dialect = \"oar2\"\npoll = \"{poll}\"\npolicy = \"{policy}\"\n",
        oar2.api_url()
    );
    let folder = open_folder();
    let mut daemon = Daemon::start(folder.path(), &config, &[]);
    let since = Instant::now();
    let campaign = daemon.submit(&jdl("true", tasks, "/bin/true", json!({})));
    let path = format!("/campaigns/{campaign}");
    let end = loop {
        // Each look costs the daemon something, too: a second apart, no more than a person would.
        std::thread::sleep(Duration::from_secs(1));
        let state = daemon.json(&path);
        if state["state"] == "terminated" {
            break state;
        }
        assert!(
            since.elapsed() < Duration::from_secs(60 + 3 * tasks),
            "{state}:\n{}",
            daemon.log()
        );
    };
    let wall_s = since.elapsed().as_secs_f64();
    let (cpu_s, peak_mb) = (daemon.server().cpu_s(), daemon.server().peak_mb());
    assert_eq!(end["finished_jobs"], tasks, "{end}");
    println!(
        "{tasks} tasks, {policy}, poll {poll}: {wall_s:.0} s, {:.2} tasks/s, {:.5} CPU s a task, {peak_mb:.1} MB",
        tasks as f64 / wall_s,
        cpu_s / tasks as f64
    );
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}
