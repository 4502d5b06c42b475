//! The daemon against a real OAR 2.5, installed from Debian's packages where it may be: root on
//! Debian 12, with the bring-up script named by `GLEANER_OAR2_UP` (by default `../shared/oar2/up`
//! beside the workspace). Elsewhere these tests are skipped, and say so.
//!
//! One machine holds one such cluster, so all scenes are played one after the other in one test.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::process::wait_for;

/// As long as a scene may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A real OAR 2.5 on loopback: 4 nodes of 4 cores.
struct Oar2 {
    up: PathBuf,
    state: PathBuf,
    env: Vec<(&'static str, &'static str)>,
}

impl Oar2 {
    /// Brings it up, or says why not.
    fn up(env: &[(&'static str, &'static str)]) -> Option<Oar2> {
        let up = std::env::var_os("GLEANER_OAR2_UP").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oar2/up"),
            PathBuf::from,
        );
        let skip = |why: &str| {
            // Not `println!`: the test harness would keep it to itself.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no real OAR 2.5 here: {why}");
            None
        };
        if !up.is_file() {
            return skip(&format!("`{}` is not there", up.display()));
        }
        let id = Command::new("id").arg("-u").output().expect("`id` runs");
        if id.stdout != b"0\n" {
            return skip("it needs root");
        }
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        if !release.contains("VERSION_CODENAME=bookworm") {
            return skip("this is not Debian 12");
        }
        let oar2 = Oar2 { up, state: PathBuf::from("/tmp/oar2"), env: env.to_vec() };
        oar2.run("down");
        oar2.run("up");
        Some(oar2)
    }

    /// Runs `up` or `down`.
    fn run(&self, script: &str) {
        let script = self.up.with_file_name(script);
        let done = Command::new("bash").arg(&script).envs(self.env.iter().copied()).output();
        let done = done.expect("`bash` runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{}: {said}", script.display());
    }

    /// The address of its API over HTTP.
    fn api_url(&self) -> &'static str {
        "http://127.0.0.1:6668/oarapi"
    }

    /// Asks its API, as `login`.
    fn ask(&self, login: &str, method: &str, path: &str, body: Option<&Value>) -> Value {
        let client = reqwest::blocking::Client::new();
        let method = method.parse().expect("a method of HTTP");
        let mut request = client
            .request(method, format!("{}{path}", self.api_url()))
            .header("X_REMOTE_IDENT", login)
            .header("Accept", "application/json");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().expect("OAR's API answers");
        answer.json().expect("OAR's API answers in JSON")
    }

    /// An owner's job of `cores` cores for `seconds`; answers its id.
    fn owner(&self, cores: u32, seconds: u32) -> u64 {
        let body = json!({
            "resource": format!("/core={cores},walltime=00:10:00"),
            "command": format!("/bin/sleep {seconds}"),
        });
        let answer = self.ask("bob", "POST", "/jobs.json", Some(&body));
        answer["id"].as_u64().unwrap_or_else(|| panic!("an id in {answer}"))
    }

    /// The state of a job.
    fn state(&self, job: u64) -> String {
        let answer = self.ask("bob", "GET", &format!("/jobs/{job}.json"), None);
        answer["state"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Oar2 {
    fn drop(&mut self) {
        self.run("down");
    }
}

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
            (oar2.state(owner) == "Terminated").then_some(())
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
        let stress = oar2.state.join("stress");
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
        let pid = fs::read_to_string(oar2.state.join("run/apache2.pid")).expect("Apache's pid");
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
