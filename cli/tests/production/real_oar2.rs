//! The daemon against a real OAR 2.5 (`oar2.rs` says where there is one). Bringing it up takes its
//! time, so all scenes are played one after the other in one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::oar2::Oar2;
use crate::process::wait_for;

/// As long as a scene may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

fn config(oar2: &Oar2) -> String {
    format!(
        "[grid]\ncycle = \"2s\"\n\n[[cluster]]\nname = \"real\"\napi_url = \"{}\"\n\
         dialect = \"oar2\"\npoll = \"2s\"\npolicy = \"tap:init=20,factor=2,max=1000,grace=10\"\n",
        oar2.api_url()
    )
}

/// A campaign on the real cluster: keys of `more` replace the usual.
fn jdl(name: &str, tasks: u64, exec: &str, more: Value) -> Value {
    let mut jdl = json!({
        "name": name,
        "nb_jobs": tasks,
        "exec_file": exec,
        "walltime": "00:05:00",
        "resources": "/core=1",
        "clusters": { "real": {} },
    });
    let more = more.as_object().expect("more keys are an object").clone();
    jdl.as_object_mut().expect("a JDL is an object").extend(more);
    jdl
}

/// Lines that the tasks of a campaign wrote, sorted.
fn written(file: &Path) -> Vec<String> {
    let mut lines: Vec<String> =
        fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// A folder in which alice's jobs may write.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a path of a test is text").to_owned();
    let opened = Command::new("chmod").args(["1777", &path]).status().expect("`chmod` runs");
    assert!(opened.success());
    folder
}

#[test]
fn campaigns_on_a_real_oar2() {
    let Some(oar2) = Oar2::up(&[]) else { return };
    let folder = open_folder();
    let mut daemon = Daemon::start(folder.path(), &config(&oar2), &[]);
    scenes::runs_to_its_end(&daemon, folder.path());
    scenes::is_preempted_and_done_again(&daemon, &oar2, folder.path());
    scenes::a_failing_task_blocks_until_fixed(&daemon, folder.path());
    scenes::a_failing_prologue_lets_no_task_start(&daemon, folder.path());
    scenes::held_and_resumed(&daemon, folder.path());
    scenes::cancelled_with_all_its_jobs(&daemon, &oar2);
    scenes::a_long_array(&daemon, folder.path());
    scenes::a_stressed_cluster_gets_nothing(&daemon, &oar2);
    scenes::a_dead_api_and_back(&daemon, &oar2, folder.path());
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    crate::grid::replays(folder.path());
}

mod scenes {
    use super::*;

    fn done(daemon: &Daemon, campaign: u64, tasks: u64) {
        let end = daemon.wait_state(campaign, "terminated", PATIENCE);
        assert_eq!(end["finished_jobs"], tasks, "{end}");
    }

    fn writer(folder: &Path, name: &str, seconds: &str) -> (PathBuf, String) {
        let file = folder.join(name);
        let script = folder.join(format!("{name}.sh"));
        let text = format!("#!/bin/sh\nsleep {seconds}\necho \"$1\" >> {}\n", file.display());
        fs::write(&script, text).expect("the script is written");
        (file, format!("/bin/sh {}", script.display()))
    }

    fn numbers(tasks: u64) -> Vec<String> {
        let mut names: Vec<String> = (0..tasks).map(|task| task.to_string()).collect();
        names.sort();
        names
    }

    pub(super) fn runs_to_its_end(daemon: &Daemon, folder: &Path) {
        let (file, exec) = writer(folder, "plain", "0.1");
        let campaign = daemon.submit(&jdl("plain", 12, &exec, json!({})));
        done(daemon, campaign, 12);
        assert_eq!(written(&file), numbers(12));
        println!("scene: a campaign of 12 tasks ran to its end, each task once");
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
        let text = format!(
            "#!/bin/sh\n[ -e {} ] || {{ echo broken tool >&2; exit 3; }}\n",
            flag.display()
        );
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
            let ours =
                |job: &Value| job["name"].as_str().is_some_and(|name| name.starts_with(&prefix));
            items.iter().filter(|job| ours(job)).count()
        };
        wait_for("12 jobs", PATIENCE, || (live() == 12).then_some(()));
        let gone = daemon.delete("alice", &format!("/campaigns/{campaign}"));
        assert_eq!(gone.expect("the daemon answers").status(), 202);
        wait_for("no job left", PATIENCE, || (live() == 0).then_some(()));
        println!("scene: a cancelled campaign left none of its 12 jobs");
    }

    /// OAR alone starts fewer than two jobs a second: the thousand takes ten minutes, so it is played
    /// only if `GLEANER_OAR2_LONG` is set, and else a shorter one.
    pub(super) fn a_long_array(daemon: &Daemon, folder: &Path) {
        let tasks = if std::env::var_os("GLEANER_OAR2_LONG").is_some() { 1000 } else { 40 };
        let (file, exec) = writer(folder, "array", "0");
        let campaign = daemon.submit(&jdl("array", tasks, &exec, json!({})));
        let end = daemon.wait_state(campaign, "terminated", Duration::from_secs(1200));
        assert_eq!(end["finished_jobs"], tasks, "{end}");
        assert_eq!(written(&file), numbers(tasks));
        println!("scene: an array of {tasks} tasks, each once");
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
        oar2.run("up");
        done(daemon, campaign, 30);
        assert_eq!(written(&file), numbers(30));
        println!("scene: the API died and came back; each of 30 tasks ran once");
    }
}
