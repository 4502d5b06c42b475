//! The life of a campaign as a new user lives it, by the commands alone: a first try in test mode, a submission, a task that
//! fails, the event, the mending, the other try, the end.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::front::Front;
use crate::grid;
use crate::process::wait_for;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Commands really run here, so that they can fail and be mended.
const SCENARIO: &str = r#"
[[cluster]]
name = "lune"
nodes = 2
cores_per_node = 2
dialect = "oar2"
task_runtime = "fixed:10"
execute = "local"
"#;

/// A user at a shell.
struct User<'a> {
    folder: &'a Path,
    api: String,
}

/// What a command printed and ended with.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl User<'_> {
    fn types(&self, args: &[&str]) -> Said {
        let done = Command::new(env!("CARGO_BIN_EXE_gleaner"))
            .args(args)
            .current_dir(self.folder)
            .envs([("GLEANER_API", &*self.api), ("TZ", "UTC")])
            .output()
            .expect("the built command starts");
        let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
        let code = done.status.code().expect("it ends by itself");
        Said { code, out: text(done.stdout), err: text(done.stderr) }
    }

    /// What a command printed, which must go well.
    fn gets(&self, args: &[&str]) -> String {
        let said = self.types(args);
        assert_eq!(said.code, 0, "{args:?}\n{}\n{}", said.out, said.err);
        said.out
    }

    fn json(&self, args: &[&str]) -> Value {
        let args = [args, &["--output", "json"]].concat();
        serde_json::from_str(&self.gets(&args)).expect("JSON")
    }
}

#[test]
fn a_campaign_is_lived_by_the_commands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(folder.path(), SCENARIO, 1, "20");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    let user = |name| User { folder: folder.path(), api: Front::start(daemon.url(), name).url };
    let (alice, bob) = (user("alice"), user("bob"));

    // What the tasks need is not there yet: the second fails.
    let mended = folder.path().join("mended");
    let script = format!(
        "#!/bin/sh\nif [ $1 = b ] && [ ! -e {0} ]; then echo no {0} >&2; exit 3; fi\necho done $1\n",
        mended.display()
    );
    let run = folder.path().join("run.sh");
    fs::write(&run, script).unwrap();
    fs::write(folder.path().join("lines"), "a\nb\nc\n").unwrap();
    let jdl = |more: &str| {
        format!(
            r#"{{"name": "life", "param_file": "lines", "exec_file": "sh {}", "walltime": "0:10:0"{more},
            "clusters": {{"lune": {{}}}}}}"#,
            run.display()
        )
    };
    fs::write(folder.path().join("life.json"), jdl("")).unwrap();
    fs::write(folder.path().join("try.json"), jdl(r#", "test_mode": "true""#)).unwrap();

    assert_eq!(alice.gets(&["gridclusters"]), "1: lune\n");
    let planned = alice.gets(&["gridsub", "-n", "try.json"]);
    let runs = format!("  runs       sh {} a\n", run.display());
    assert!(
        planned.starts_with("life: 3 tasks of alice\n  1: a\n  2: b\n  3: c\non lune:\n"),
        "{planned}"
    );
    assert!(planned.contains(&runs) && planned.contains("  test mode  one job"), "{planned}");
    let said = alice.types(&[
        "gridsub",
        "-n",
        "-j",
        "{\"name\": \"n\", \"nb_jobs\": 2, \"clusters\": {\"lune\": {}}}",
    ]);
    assert!(
        said.code == 2 && said.err.contains("`clusters.lune.exec_file` is missing"),
        "{}",
        said.err
    );
    let out = alice.gets(&["gridsub", "-f", "life.json"]);
    assert_eq!(out, "Campaign successfully submitted\nCAMPAIGN_ID=1\n");
    let out = alice.gets(&["gridsub", "try.json", "--output", "quiet"]);
    assert_eq!(out, "2\n");

    let shown = alice.gets(&["gridstat"]);
    assert!(shown.lines().any(|line| line.starts_with("1           life ")), "{shown}");
    // The failed task blocks the campaign there, and says why.
    let event = wait_for("an event", PATIENCE, || {
        let events = alice.json(&["gridevents", "1"]);
        events.as_array().expect("rows").iter().find(|event| event["code"] == "EXIT_ERROR").cloned()
    });
    assert_eq!(event["cluster"], "lune");
    let screen = alice.gets(&["gridevents", "1"]);
    let line = format!("{}: (open) EXIT_ERROR of job ", event["id"]);
    assert!(screen.contains(&line) && screen.contains("BLACKLIST"), "{screen}");
    let listed = alice.gets(&["gridstat", "events", "--output", "quiet"]);
    assert!(listed.lines().any(|id| id == "1"), "{listed}");

    // Nobody else may mend it; alice does, and tries again.
    assert_eq!(bob.types(&["gridevents", "1", "--fix"]).code, 4);
    assert_eq!(bob.types(&["griddel", "1"]).code, 4);
    fs::write(&mended, "").unwrap();
    let out = alice.gets(&["gridevents", "1", "--fix", "--resubmit", "-v"]);
    assert!(out.contains("Campaign 1"), "{out}");
    let out = alice.gets(&["gridsub", "-c", "1", "-J", "[\"d\"]"]);
    assert_eq!(out, "Jobs successfully added to campaign 1\n");
    let said = alice.types(&["gridstat", "1", "--wait"]);
    assert_eq!(said.code, 0, "{}\n{}", said.err, alice.gets(&["gridstat", "1", "--full"]));

    let full = alice.gets(&["gridstat", "1", "--full"]);
    assert!(
        full.contains("  State: terminated") && full.contains("  Progress: 4/4 (100%)"),
        "{full}"
    );
    let tries = alice.json(&["gridstat", "1", "--full"]);
    let of_b: Vec<&str> = tries
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["name"] == "b")
        .map(|row| row["state"].as_str().expect("a state"))
        .collect();
    assert!(of_b.contains(&"event") && of_b.contains(&"terminated"), "{of_b:?}");
    assert_eq!(alice.types(&["griddel", "1", "-p"]).code, 4, "it is over");
    let job = tries[0]["job"].to_string();
    let shown = alice.gets(&["gridstat", "-j", &job]);
    assert!(shown.contains("grid_user: alice\n") && shown.contains("state: "), "{shown}");
    let of = |name: &str, state: &str| {
        let rows = tries.as_array().expect("rows").iter();
        let mut fitting = rows.filter(|row| row["name"] == name && row["state"] == state);
        fitting.next().expect("there is such a try")["job"].to_string()
    };
    assert_eq!(alice.gets(&["gridstat", "-j", &of("b", "terminated"), "--stdout"]), "done b\n");
    let errors = alice.gets(&["gridstat", "-j", &of("b", "event"), "-E", "--tail", "1"]);
    assert_eq!(errors, format!("no {}\n", mended.display()));
    let infos: Value = serde_json::from_str(&alice.gets(&["gridstat", "-j", &job, "-C"])).unwrap();
    assert_eq!(infos["id"], tries[0]["remote_id"]);
    assert_eq!(bob.types(&["gridstat", "-j", &job, "-O"]).code, 4);
    assert_eq!(alice.gets(&["gridstat", "terminated", "--output", "quiet"]), "1\n");
    assert_eq!(alice.types(&["gridstat", "99"]).code, 3);

    // The one in test mode may have met the missing file, too; it is not wanted any more.
    let said = alice.types(&["griddel", "2", "-v"]);
    assert!([0, 4].contains(&said.code), "{}", said.err);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    assert_eq!(alice.types(&["gridstat"]).code, 5);
}
