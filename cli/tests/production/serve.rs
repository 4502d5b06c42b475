//! `gleaner serve` as its operator meets it: what it says when it is ready, how it is told to stop or to
//! read its settings again, what it refuses, and what its log never holds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::grid;
use crate::process::{hang_up, wait_for};

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster that nobody serves: the daemon lives on without it.
const DEAD: &str =
    "[[cluster]]\nname = \"lune\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n";

/// Calls `gleaner serve` where it must not start. Returns its exit code and what it said in one line.
fn refused(folder: &Path, config: &str, extra: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .current_dir(folder)
        .args(["serve", "--config", config])
        .args(extra)
        .output()
        .expect("the built command starts");
    assert!(done.stdout.is_empty(), "it says that it is ready: {:?}", done.stdout);
    let said = String::from_utf8(done.stderr).expect("the command speaks UTF-8");
    let said = said.replace(['│', '×'], " ");
    (done.status.code(), said.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Checks the exit code of a start, and what must be said about it.
fn check(folder: &Path, config: &str, extra: &[&str], code: i32, parts: &[&str]) {
    let (found, said) = refused(folder, config, extra);
    assert_eq!(found, Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
}

#[test]
fn what_it_cannot_use_is_told_with_a_hint_and_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    check(here, "nosuch.toml", &[], 2, &["`nosuch.toml`", "help: check the path"]);
    fs::write(here.join("bad.toml"), DEAD.replace("oar2", "oar4")).unwrap();
    check(here, "bad.toml", &[], 2, &["bad.toml:4:11", "did you mean `oar2`?"]);
    fs::write(here.join("lost.toml"), format!("{DEAD}ca_file = \"gone.pem\"\n")).unwrap();
    check(here, "lost.toml", &[], 2, &["lune: ca_file: cannot read", "`gleaner check` tells all"]);

    let daemon = Daemon::start(here, DEAD, &[]);
    let clock = format!("{}/_clock", daemon.url());
    let text = fs::read_to_string(here.join("gleaner.toml")).unwrap();
    check(here, "gleaner.toml", &[], 4, &["another daemon uses the store", "help: stop the other"]);
    let taken = daemon.url().trim_start_matches("http://").to_owned();
    let other = text.replace("gleaner.sqlite", "other.sqlite").replace("127.0.0.1:0", &taken);
    fs::write(here.join("other.toml"), other).unwrap();
    check(here, "other.toml", &[], 1, &[&format!("cannot listen at `{taken}`"), "`api.listen`"]);

    // Somebody answers there, but not with the time; and nobody does.
    let third = text.replace("gleaner.sqlite", "third.sqlite");
    fs::write(here.join("third.toml"), third).unwrap();
    let hint = "help: give the address that the emulator listens at";
    check(here, "third.toml", &["--clock", &clock], 1, &[&clock, hint]);
    let nobody = "http://127.0.0.1:1/_clock";
    check(here, "third.toml", &["--clock", nobody], 5, &[nobody, hint]);
    assert!(!here.join("third.sqlite").exists(), "nothing is made before the clock is known");
}

#[test]
fn it_tells_where_it_listens_reads_its_settings_again_and_stops_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut daemon = Daemon::start(here, DEAD, &[]);
    assert!(daemon.json("/").is_object());
    let pid = daemon.server().pid();
    let config = here.join("gleaner.toml");
    let text = fs::read_to_string(&config).unwrap();
    assert!(!daemon.log().contains("settings"), "{}", daemon.log());

    // What it cannot read changes nothing; what it can, changes also how it logs.
    fs::write(&config, "[[cluster]]\n").unwrap();
    hang_up(pid);
    wait_for("the refusal", PATIENCE, || daemon.log().contains("stay as they are").then_some(()));
    assert!(daemon.json("/clusters").to_string().contains("lune"));
    fs::write(&config, format!("{text}\n[log]\nlevel = \"error\"\n").replace("lune", "terre"))
        .unwrap();
    hang_up(pid);
    wait_for("the new cluster", PATIENCE, || {
        daemon.json("/clusters").to_string().contains("terre").then_some(())
    });

    assert!(daemon.server().stop().success(), "{}", daemon.log());
    assert!(!daemon.log().contains("INFO stopping"), "{}", daemon.log());
    let left = fs::read_dir(here).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("sqlite")).collect();
    assert_eq!(left.len(), 2, "an orderly stop leaves the store and its lock: {left:?}");
    // The store is free again, and has kept what the clusters' numbers are.
    daemon.wake(&[]);
    let clusters = daemon.json("/clusters").to_string();
    assert!(clusters.contains("terre"), "{clusters}");
}

#[test]
fn a_hup_says_what_it_cannot_change_and_refuses_what_check_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut daemon = Daemon::start(here, DEAD, &[]);
    let (pid, config) = (daemon.server().pid(), here.join("gleaner.toml"));
    let text = fs::read_to_string(&config).unwrap();
    let said = |daemon: &Daemon, part: &str| {
        wait_for(part, PATIENCE, || daemon.log().contains(part).then_some(()));
    };
    let other =
        text.replace("gleaner.sqlite", "other.sqlite").replace("127.0.0.1:0", "127.0.0.1:1");
    fs::write(&config, format!("key_file = \"other.key\"\n{other}")).unwrap();
    hang_up(pid);
    said(&daemon, "changed settings that need a restart");
    said(&daemon, "`api.listen`, `store.path`, `key_file`");
    assert!(daemon.json("/clusters").is_object(), "it listens where it did");
    assert!(!here.join("other.sqlite").exists());

    // Two entries of one server, as two people might write it.
    let twin = DEAD.replace("lune", "terre").replace("127.0.0.1:1/", "localhost:1");
    fs::write(&config, format!("{text}{twin}")).unwrap();
    hang_up(pid);
    said(&daemon, "clusters `lune` and `terre` have one server");
    fs::write(&config, text.replace("oar2\"", "oar2\"\nca_file = \"gone.pem\"")).unwrap();
    hang_up(pid);
    said(&daemon, "the settings stay as they are: lune: ca_file");
    assert!(!daemon.json("/clusters").to_string().contains("terre"));
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}

#[test]
fn its_log_holds_no_token_even_where_every_request_is_worth_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "[[cluster]]\nname = \"terre\"\nnodes = 2\ncores_per_node = 4\ndialect = \"oar3\"\n\
                    task_runtime = \"fixed:10\"\n";
    let emulator = Emulator::start(folder.path(), scenario, 1, "30");
    let log = "[log]\nlevel = \"trace\"\njson = true\n";
    let config = format!("{log}{}", grid::config(&emulator.clusters));
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    grid::give_tokens(&daemon, &emulator.clusters);
    let campaign = daemon.submit(&grid::jdl("quiet", 3, &emulator.clusters));
    daemon.wait_state(campaign, "terminated", PATIENCE);
    assert!(daemon.server().stop().success(), "{}", daemon.log());

    let file = emulator.clusters[0].token_file.as_ref().expect("OAR 3 wants tokens");
    let tokens: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let tokens = tokens["tokens"].as_object().expect("tokens by login");
    assert!(tokens.contains_key("alice"));
    let log = daemon.log();
    for token in tokens.values().map(|token| token.as_str().expect("a token is a text")) {
        // A token is three parts; the last alone opens nothing, and must not be there either.
        for part in token.split('.').skip(1) {
            assert!(!log.contains(part), "a part of a token is in the log");
        }
    }
    assert!(log.lines().count() > 1, "nothing was logged");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let target = line["target"].as_str().expect("a line says where it comes from");
        assert!(target.starts_with("gleaner"), "a library speaks: {line}");
    }
}

#[test]
fn a_cluster_moves_and_goes_out_of_use_while_its_jobs_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "[[cluster]]\nname = \"terre\"\nnodes = 2\ncores_per_node = 4\ndialect = \"oar2\"\n\
                    task_runtime = \"fixed:40\"\n";
    let emulator = Emulator::start(folder.path(), scenario, 1, "20");
    let right = grid::config(&emulator.clusters);
    let wrong = right.replace(&emulator.clusters[0].api_url, "http://127.0.0.1:1");
    let mut daemon = Daemon::start(folder.path(), &wrong, &["--clock", &emulator.clock()]);
    let pid = daemon.server().pid();
    let file = folder.path().join("gleaner.toml");
    let change = |from: &str, to: &str| {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replace(from, to)).unwrap();
        hang_up(pid);
    };
    let campaign = daemon.submit(&grid::jdl("moving", 500, &emulator.clusters));
    let jobs = |daemon: &Daemon, state: &str| {
        let rows = daemon.json(&format!("/campaigns/{campaign}/jobs?limit=500"));
        let items = rows["items"].as_array().expect("jobs are listed").clone();
        items.iter().filter(|job| job["state"] == state).count()
    };
    wait_for("the loss", PATIENCE, || daemon.log().contains("does not answer").then_some(()));
    assert_eq!(jobs(&daemon, "running"), 0);

    // Its address was wrong: no restart is needed.
    change("http://127.0.0.1:1", &emulator.clusters[0].api_url);
    wait_for("a job that runs", PATIENCE, || (jobs(&daemon, "running") > 0).then_some(()));

    // Out of use: nothing is sent any more, and what runs is followed to its end.
    change("dialect = \"oar2\"", "dialect = \"oar2\"\nenabled = false");
    wait_for("all ends", PATIENCE, || {
        let alive = ["running", "submitted", "to_launch", "remote_waiting", "launching"];
        alive.iter().all(|state| jobs(&daemon, state) == 0).then_some(())
    });
    let done = jobs(&daemon, "terminated");
    let runs = fs::read_to_string(&emulator.executions).unwrap().lines().count() - 1;
    assert!(done > 0 && done < 500, "{done} jobs are done");
    assert_eq!(done, runs, "every execution was heard of");
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}
