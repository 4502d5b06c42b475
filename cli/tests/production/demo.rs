//! `gleaner demo` as a newcomer meets it: one command, then those that it tells to try; and nothing left behind.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::process::{Server, found_within, wait_for};

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a command prints, which must end well, asked of the demo's daemon.
fn asked(api: &str, words: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .args(words)
        .env("GLEANER_API", api)
        .env_remove("GLEANER_TOKEN_FILE")
        .output()
        .expect("the built command starts");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words:?}: {said}");
    String::from_utf8(done.stdout).expect("text")
}

#[test]
fn a_demo_feeds_its_clusters_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().to_str().expect("a path of a test is text");
    let log = folder.path().join("demo.log");
    let args = ["demo", "--json", "--speed", "600"];
    let mut demo = Server::start(&args, &[("TMPDIR", temporary)], &log);
    let ready = demo.line().expect("it says where it is");
    let api = ready["api"].as_str().expect("an address").to_owned();
    let socket = PathBuf::from(api.strip_prefix("unix:").expect("a socket"));
    assert!(socket.starts_with(folder.path()) && socket.exists(), "{ready}");
    let done = |api: &str| {
        let told = asked(api, &["gridstat", "1", "--output", "json"]);
        let told: Value = serde_json::from_str(&told).expect("JSON");
        let told = told.as_array().and_then(|all| all.first()).cloned().unwrap_or(told);
        told["finished_jobs"].as_u64().unwrap_or_else(|| panic!("{told}"))
    };
    wait_for("tasks that are done", PATIENCE, || (done(&api) > 20).then_some(()));
    for words in [&["gridstat"][..], &["gridclusters", "-i"], &["gridevents", "1"]] {
        asked(&api, words);
    }
    let jdl = r#"{"name": "mine", "nb_jobs": 3, "exec_file": "sleep 60; echo", "clusters": {"terre": {}}}"#;
    assert!(asked(&api, &["gridsub", "-j", jdl]).contains("CAMPAIGN_ID=2"));
    asked(&api, &["griddel", "1"]);
    assert!(demo.stop().success(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
    let gone = found_within(PATIENCE, || (!socket.parent()?.exists()).then_some(()));
    assert!(gone.is_some(), "{} is still there", socket.display());
}

#[test]
fn a_folder_that_was_asked_for_stays_and_another_demo_is_refused_there() {
    let folder = tempfile::tempdir().unwrap();
    let grid = folder.path().join("grid");
    let log = folder.path().join("demo.log");
    let args = ["demo", "--json", "--dir", grid.to_str().expect("a path of a test is text")];
    let mut demo = Server::start(&args, &[], &log);
    assert!(demo.line().is_some(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
    let second = Command::new(env!("CARGO_BIN_EXE_gleaner")).args(args).output().expect("a start");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(4), "{said}");
    assert!(said.contains("is not empty") && said.contains("name a new folder"), "{said}");
    assert!(demo.stop().success(), "{}", std::fs::read_to_string(&log).unwrap_or_default());
    assert!(grid.join("gleaner.db").exists() && grid.join("daemon.log").exists());
}
