//! Who is who on the clusters, over whole daemons and an emulated OAR 3: tokens that are handed in, and deletions
//! that are refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::front::Front;
use crate::grid;
use crate::process::wait_for;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const SCENARIO: &str = "[[cluster]]\nname = \"terre\"\nnodes = 2\ncores_per_node = 4\ndialect = \"oar3\"\n\
                        task_runtime = \"fixed:36000\"\n";

/// A token of alice's or of somebody else, as the emulated cluster gives it.
fn token(emulator: &Emulator, user: &str) -> String {
    let file = emulator.clusters[0].token_file.as_ref().expect("OAR 3 wants tokens");
    let tokens: Value = serde_json::from_str(&fs::read_to_string(file).expect("it is there"))
        .expect("the token file is JSON");
    let mut tokens = tokens["tokens"].as_object().expect("tokens by login").iter();
    let found = tokens.find(|(login, _)| (*login == "alice") == (user == "alice"));
    found.and_then(|(_, token)| token.as_str()).expect("there is one").to_owned()
}

#[test]
fn a_token_is_taken_if_the_cluster_takes_it_for_its_users() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(folder.path(), SCENARIO, 1, "20");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    let alice = token(&emulator, "alice");
    let (body, signature) = alice.rsplit_once('.').expect("a token has three parts");
    let forged = format!("{body}.{}", "A".repeat(signature.len()));
    for (given, status, part) in [
        ("garbage", 400, "no token of OAR 3"),
        (&token(&emulator, "another"), 400, "not that of `alice`"),
        (&forged, 400, "cluster `terre` does not take the token"),
        (&alice, 201, "registered"),
    ] {
        let body = json!({ "cluster_id": 1, "token": given });
        let answer = daemon.post("alice", "/tokens", &body).expect("the daemon answers");
        let found = answer.status();
        let said: Value = answer.json().expect("JSON");
        assert_eq!(found, status, "{said}");
        assert!(said["message"].as_str().unwrap().contains(part), "{said}");
    }
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}

#[test]
fn a_deletion_that_is_refused_is_an_event_and_done_with_the_next_token() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(folder.path(), SCENARIO, 1, "60");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    grid::give_tokens(&daemon, &emulator.clusters);
    let campaign = daemon.submit(&grid::jdl("endless", 3, &emulator.clusters));
    let jobs = |daemon: &Daemon, state: &str| {
        let rows = daemon.json(&format!("/campaigns/{campaign}/jobs?limit=500"));
        let items = rows["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter(|job| job["state"] == state).count()
    };
    wait_for("jobs that run", PATIENCE, || (jobs(&daemon, "running") == 3).then_some(()));
    let removed = daemon.delete("alice", "/tokens/1").expect("the daemon answers");
    assert_eq!(removed.status(), 202);
    let cancelled = daemon.delete("alice", &format!("/campaigns/{campaign}"));
    assert_eq!(cancelled.expect("the daemon answers").status(), 202);
    let events = |daemon: &Daemon| daemon.json(&format!("/campaigns/{campaign}/events"));
    let refused = |daemon: &Daemon| {
        let told = events(daemon);
        let items = told["items"].as_array().cloned().unwrap_or_default();
        items.iter().any(|event| event["code"] == "DELETION_REFUSED")
    };
    wait_for("the event", PATIENCE, || refused(&daemon).then_some(()));
    assert!(daemon.log().contains("the cluster refuses to delete them"), "{}", daemon.log());
    // It survives the daemon.
    daemon.server().kill();
    daemon.wake(&[]);
    assert!(refused(&daemon));
    grid::give_tokens(&daemon, &emulator.clusters);
    wait_for("the end of the event", PATIENCE, || (!refused(&daemon)).then_some(()));
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    grid::replays(folder.path());
}

#[test]
fn a_token_of_the_daemons_own_is_made_used_listed_and_revoked_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let dead =
        "[[cluster]]\nname = \"luke\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n";
    let mut daemon = Daemon::start(folder.path(), dead, &[]);
    let front = Front::start(daemon.url(), "alice").url;
    let file = folder.path().join("token");
    let says = |api: &str, args: &[&str], token: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command.arg("token").args(args).env("GLEANER_API", api).env_remove("GLEANER_TOKEN_FILE");
        if token {
            command.env("GLEANER_TOKEN_FILE", &file);
        }
        let done = command.output().expect("the built command starts");
        let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
        (done.status.code(), text(done.stdout), text(done.stderr))
    };
    let issue = ["issue", "--note", "laptop", "--days", "2", "--file", file.to_str().unwrap()];
    let (code, out, err) = says(&front, &issue, false);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains("token 1 of `alice`, until "), "{err}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let token = fs::read_to_string(&file).unwrap().trim().to_owned();
    let (code, _, err) = says(&front, &issue, false);
    assert!(code == Some(4) && err.contains("is not replaced"), "{err}");

    // Straight to the daemon, nobody is known but by the token.
    let list = ["list", "--output", "json"];
    let (code, _, err) = says(daemon.url(), &list, false);
    assert_eq!(code, Some(4), "{err}");
    let (code, out, err) = says(daemon.url(), &list, true);
    assert_eq!(code, Some(0), "{err}");
    let rows: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&rows[0]["user"], &rows[0]["state"]), (&json!("alice"), &json!("valid")), "{out}");
    let (code, _, err) = says(&front, &["issue", "--user", "bob"], false);
    assert!(code == Some(4) && err.contains("[api.tokens]"), "{err}");
    assert_eq!(says(daemon.url(), &["revoke", "1"], true).0, Some(0));
    let (code, _, err) = says(daemon.url(), &list, true);
    assert!(code == Some(4) && err.contains("it was revoked"), "{err}");
    assert_eq!(says(&front, &["revoke", "7"], false).0, Some(3));
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    assert!(!daemon.log().contains(&token), "a token is in the log");
}
