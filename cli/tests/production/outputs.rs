//! What jobs have written, read by way of the daemon: on emulated clusters of both dialects whose commands really run,
//! and on one that does not answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::grid;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Two clusters whose commands really run.
fn scenario() -> String {
    [("old", "oar2"), ("new", "oar3")]
        .map(|(name, dialect)| {
            format!(
                "[[cluster]]\nname = \"{name}\"\nnodes = 2\ncores_per_node = 2\nscheduler = \"easy\"\n\
                 dialect = \"{dialect}\"\nexecute = \"local\"\n"
            )
        })
        .concat()
}

/// What is answered to a user: the status and the body.
fn asked(daemon: &Daemon, user: &str, path: &str) -> (u16, Value) {
    let answer = daemon.get(user, path).expect("the daemon answers");
    (answer.status().as_u16(), answer.json().expect("the daemon answers in JSON"))
}

#[test]
fn what_a_job_writes_is_read_by_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(folder.path(), &scenario(), 2, "10");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    grid::give_tokens(&daemon, &emulator.clusters);
    for (cluster, id) in [("old", 1), ("new", 2)] {
        let campaign = daemon.submit(&json!({
            "name": "speaks", "params": ["one"], "walltime": "00:05:00",
            "exec_file": "printf 'a\\nb\\nc\\n'; echo wrong >&2; echo",
            "clusters": { cluster: {} },
        }));
        daemon.wait_state(campaign, "terminated", PATIENCE);
        let jobs = daemon.json(&format!("/campaigns/{campaign}/jobs"));
        let job = jobs["items"][0]["cigri_job_id"].as_u64().expect("it was sent");
        let (status, whole) = asked(&daemon, "alice", &format!("/jobs/{job}/stdout"));
        assert_eq!((status, &whole), (200, &json!({ "output": "a\nb\nc\none\n" })), "{cluster}");
        let (_, last) = asked(&daemon, "alice", &format!("/jobs/{job}/stdout?tail=2"));
        assert_eq!(last["output"], "c\none\n", "{cluster}");
        let (_, errors) = asked(&daemon, "alice", &format!("/jobs/{job}/stderr"));
        assert_eq!(errors["output"], "wrong\n", "{cluster}");
        let (_, told) = asked(&daemon, "root", &format!("/jobs/{job}/cinfos"));
        assert_eq!(told["id"], jobs["items"][0]["remote_id"], "{cluster}: {told}");
        for what in ["stdout", "stderr", "cinfos"] {
            let (status, told) = asked(&daemon, "bob", &format!("/jobs/{job}/{what}"));
            assert!(status == 403 && told.get("output").is_none(), "{cluster} {id}: {told}");
        }
        for tail in ["0", "-1", "x", "1000001"] {
            let (status, told) =
                asked(&daemon, "alice", &format!("/jobs/{job}/stdout?tail={tail}"));
            assert!(status == 400 && told["hint"].is_string(), "{told}");
        }
    }
    let (status, _) = asked(&daemon, "alice", "/jobs/999/stdout");
    assert_eq!(status, 404);
    // A cluster that is gone is no reason to wait, and none to fail otherwise.
    drop(emulator);
    let (status, told) = asked(&daemon, "alice", "/jobs/1/stdout");
    assert_eq!(status, 504, "{told}");
    assert!(told["message"].as_str().is_some_and(|text| text.contains("`old`")), "{told}");
    daemon.server().kill();
}

#[test]
fn a_file_that_is_gone_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(folder.path(), &scenario(), 2, "10");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    let campaign = daemon.submit(&json!({
        "name": "tidies", "params": ["one"], "walltime": "00:05:00",
        "exec_file": "rm -f OAR.*.stdout; true", "clusters": { "old": {} },
    }));
    daemon.wait_state(campaign, "terminated", PATIENCE);
    let (status, told) = asked(&daemon, "alice", "/jobs/1/stdout");
    assert_eq!(status, 404, "{told}");
    let message = told["message"].as_str().expect("a message");
    assert!(message.contains("job 1") && message.contains("`old`"), "{told}");
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}
