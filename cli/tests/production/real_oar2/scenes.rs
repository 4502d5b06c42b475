//! What a campaign may meet on a real OAR 2.5, a scene each. Starts and stops no server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{PATIENCE, jdl, written};
use crate::daemon::Daemon;
use crate::oar2::Oar2;
use crate::parameters;
use crate::process::wait_for;

fn done(daemon: &Daemon, campaign: u64, tasks: u64) {
    let end = daemon.wait_state(campaign, "terminated", PATIENCE);
    assert_eq!(end["finished_jobs"], tasks, "{end}");
}

/// A script whose tasks write their number into a file, and how to call it.
fn writer(folder: &Path, name: &str, seconds: &str) -> (PathBuf, String) {
    line_writer(folder, name, seconds, "$1")
}

/// The same with a line of one's own.
pub(super) fn line_writer(
    folder: &Path,
    name: &str,
    seconds: &str,
    line: &str,
) -> (PathBuf, String) {
    let file = folder.join(name);
    let script = folder.join(format!("{name}.sh"));
    let text = format!("#!/bin/sh\nsleep {seconds}\necho \"{line}\" >> {}\n", file.display());
    fs::write(&script, text).expect("the script is written");
    (file, format!("/bin/sh {}", script.display()))
}

pub(super) fn numbers(tasks: u64) -> Vec<String> {
    let mut names: Vec<String> = (0..tasks).map(|task| task.to_string()).collect();
    names.sort();
    names
}

pub(super) fn runs_to_its_end(daemon: &Daemon, folder: &Path) {
    runs_each_once(daemon, folder, "plain", 12);
}

/// A campaign of so many tasks under a name of its own.
pub(super) fn runs_each_once(daemon: &Daemon, folder: &Path, name: &str, tasks: u64) {
    let (file, exec) = writer(folder, name, "0.1");
    let campaign = daemon.submit(&jdl(name, tasks, &exec, json!({})));
    done(daemon, campaign, tasks);
    assert_eq!(written(&file), numbers(tasks));
    println!("scene: a campaign of {tasks} tasks ran to its end, each task once");
}

/// Parameters that a file of parameters would tear, cut or misspell, beside a job of somebody else's that makes
/// OAR 2 write Latin-1.
pub(super) fn awkward_parameters_arrive(daemon: &Daemon, oar2: &Oar2, folder: &Path) {
    parameters::latin1_beside(oar2.api_url());
    let awkward = parameters::awkward(14, 0);
    parameters::arrive_unharmed(daemon, folder, "real", Path::new("/home/alice"), &awkward);
    println!("scene: {} awkward parameters arrived unharmed", awkward.len());
}

/// The cluster does not let us in: nothing is sent, and people are told.
pub(super) fn is_closed(daemon: &Daemon) {
    wait_for("the closed door is seen", PATIENCE, || {
        let cluster: Value = daemon.get("alice", "/clusters/1").ok()?.json().ok()?;
        (cluster["blacklisted"] == true).then_some(())
    });
    println!("scene: a cluster that does not know us, or that we do not, is left alone");
}

pub(super) fn is_preempted_and_done_again(daemon: &Daemon, oar2: &Oar2, folder: &Path) {
    let (file, exec) = writer(folder, "preempted", "20");
    let campaign = daemon.submit(&jdl("preempted", 16, &exec, json!({})));
    wait_for("16 tasks running", PATIENCE, || {
        let jobs = oar2.ask("alice", "GET", "/jobs.json", None);
        let items = jobs["items"].as_array()?;
        let running = items.iter().filter(|job| job["state"] == "Running").count();
        (running >= 16).then_some(())
    });
    let owner = oar2.owner(3, 1);
    wait_for("the owner's job ended", PATIENCE, || {
        (oar2.job_state(owner) == "Terminated").then_some(())
    });
    done(daemon, campaign, 16);
    assert_eq!(written(&file), numbers(16));
    let killed = daemon.json(&format!("/campaigns/{campaign}/events?all=1"));
    assert!(killed.to_string().contains("RESUBMIT"), "{killed}");
    println!("scene: an owner's job preempted best-effort jobs, which were done again");
}

pub(super) fn a_failing_task_blocks_until_fixed(daemon: &Daemon, folder: &Path) {
    let flag = folder.join("may-pass");
    let script = folder.join("fails.sh");
    let text =
        format!("#!/bin/sh\n[ -e {} ] || {{ echo broken tool >&2; exit 3; }}\n", flag.display());
    fs::write(&script, text).expect("the script is written");
    let exec = format!("/bin/sh {}", script.display());
    let campaign = daemon.submit(&jdl("fails", 1, &exec, json!({})));
    let events = wait_for("an event", PATIENCE, || {
        let answer = daemon.get("alice", &format!("/campaigns/{campaign}/events")).ok()?;
        let events: Value = answer.json().ok()?;
        events.to_string().contains("EXIT_ERROR").then_some(events)
    });
    assert!(events.to_string().contains("broken tool"), "no tail of stderr: {events}");
    fs::write(&flag, "").expect("the flag is written");
    let fixed = daemon.delete("alice", &format!("/campaigns/{campaign}/events?resubmit=1"));
    assert_eq!(fixed.expect("the daemon answers").status(), 202);
    done(daemon, campaign, 1);
    println!("scene: a failing task blocked its campaign, was fixed and done again");
}

pub(super) fn a_failing_prologue_lets_no_task_start(daemon: &Daemon, folder: &Path) {
    let (file, exec) = writer(folder, "behind-prologue", "0");
    let more = json!({ "clusters": { "real": { "prologue": ["exit 2"] } } });
    let campaign = daemon.submit(&jdl("prologue", 3, &exec, more));
    wait_for("the prologue's event", PATIENCE, || {
        let answer = daemon.get("alice", &format!("/campaigns/{campaign}/events")).ok()?;
        let events: Value = answer.json().ok()?;
        events.to_string().contains("PROLOG_EXIT_ERROR").then_some(())
    });
    assert_eq!(written(&file), Vec::<String>::new());
    let gone = daemon.delete("alice", &format!("/campaigns/{campaign}"));
    assert_eq!(gone.expect("the daemon answers").status(), 202);
    println!("scene: a failing prologue let no task start");
}

pub(super) fn held_and_resumed(daemon: &Daemon, folder: &Path) {
    let (file, exec) = writer(folder, "held", "1");
    let campaign = daemon.submit(&jdl("held", 60, &exec, json!({})));
    wait_for("the first task", PATIENCE, || (!written(&file).is_empty()).then_some(()));
    let held = daemon.delete("alice", &format!("/campaigns/{campaign}?hold=1"));
    assert_eq!(held.expect("the daemon answers").status(), 202);
    daemon.wait_state(campaign, "paused", PATIENCE);
    let resumed = daemon.delete("alice", &format!("/campaigns/{campaign}?resume=1"));
    assert_eq!(resumed.expect("the daemon answers").status(), 202);
    done(daemon, campaign, 60);
    assert_eq!(written(&file), numbers(60));
    println!("scene: held and resumed, each of 60 tasks once");
}

pub(super) fn cancelled_with_all_its_jobs(daemon: &Daemon, oar2: &Oar2) {
    let campaign = daemon.submit(&jdl("cancelled", 12, "/bin/sleep 100 #", json!({})));
    let live = || {
        let jobs = oar2.ask("alice", "GET", "/jobs.json", None);
        let prefix = format!("gleaner.{campaign}.");
        let items = jobs["items"].as_array().cloned().unwrap_or_default();
        let ours = |job: &Value| job["name"].as_str().is_some_and(|name| name.starts_with(&prefix));
        items.iter().filter(|job| ours(job)).count()
    };
    wait_for("12 jobs", PATIENCE, || (live() == 12).then_some(()));
    let gone = daemon.delete("alice", &format!("/campaigns/{campaign}"));
    assert_eq!(gone.expect("the daemon answers").status(), 202);
    wait_for("no job left", PATIENCE, || (live() == 0).then_some(()));
    println!("scene: a cancelled campaign left none of its 12 jobs");
}

pub(super) fn an_array(daemon: &Daemon, folder: &Path) {
    runs_each_once(daemon, folder, "array", 40);
}

pub(super) fn a_stressed_cluster_gets_nothing(daemon: &Daemon, oar2: &Oar2) {
    let stress = oar2.state_folder().join("stress");
    fs::write(&stress, "5.0\n").expect("the stress is written");
    wait_for("the stress is seen", PATIENCE, || {
        let cluster: Value = daemon.get("alice", "/clusters/1").ok()?.json().ok()?;
        (cluster["under_stress"] == true).then_some(())
    });
    let campaign = daemon.submit(&jdl("stressed", 2, "/bin/true", json!({})));
    fs::write(&stress, "0.0\n").expect("the stress is written");
    done(daemon, campaign, 2);
    println!("scene: a stressed cluster was left alone until it had calmed down");
}

pub(super) fn a_dead_api_and_back(daemon: &Daemon, oar2: &Oar2, folder: &Path) {
    let (file, exec) = writer(folder, "dead-api", "1");
    let campaign = daemon.submit(&jdl("dead-api", 30, &exec, json!({})));
    wait_for("the first task", PATIENCE, || (!written(&file).is_empty()).then_some(()));
    let pid =
        fs::read_to_string(oar2.state_folder().join("run/apache2.pid")).expect("Apache's pid");
    let killed = Command::new("kill").arg(pid.trim()).status().expect("`kill` runs");
    assert!(killed.success());
    wait_for("the dead API is seen", PATIENCE, || {
        let cluster: Value = daemon.get("alice", "/clusters/1").ok()?.json().ok()?;
        (cluster["blacklisted"] == true).then_some(())
    });
    oar2.run("up", &[]);
    done(daemon, campaign, 30);
    assert_eq!(written(&file), numbers(30));
    println!("scene: the API died and came back; each of 30 tasks ran once");
}
