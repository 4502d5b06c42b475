//! A backup is restored after a daemon was lost: what was sent since is found by name on the clusters, and
//! nothing is done twice.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::executions;
use crate::grid;
use crate::process::wait_for;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const TASKS: u64 = 150;

/// Calls the command in a folder. Returns its exit code and all it said, in one line.
fn gleaner(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the built command starts");
    let said = String::from_utf8([done.stdout, done.stderr].concat()).expect("it speaks UTF-8");
    let said = said.replace(['│', '×'], " ");
    (done.status.code(), said.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn finished(daemon: &Daemon, campaign: u64) -> u64 {
    let shown = daemon.json(&format!("/campaigns/{campaign}"));
    shown["finished_jobs"].as_u64().expect("a count")
}

#[test]
fn a_restored_backup_does_nothing_twice_and_says_what_may_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let cluster = |name: &str, dialect: &str| {
        format!(
            "[[cluster]]\nname = \"{name}\"\nnodes = 2\ncores_per_node = 4\ndialect = \"{dialect}\"\n\
             task_runtime = \"fixed:40\"\n"
        )
    };
    let scenario = cluster("terre", "oar2") + &cluster("lune", "oar3");
    let emulator = Emulator::start(here, &scenario, 2, "30");
    let clock = emulator.clock();
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(here, &config, &["--clock", &clock]);
    grid::give_tokens(&daemon, &emulator.clusters);
    let prologue = json!({ "prologue": "echo prepare" });
    let mut jdl = grid::jdl("long", TASKS, &emulator.clusters);
    jdl["clusters"]["terre"] = prologue;
    let campaign = daemon.submit(&jdl);
    wait_for("the first ends", PATIENCE, || (finished(&daemon, campaign) >= 8).then_some(()));
    let restore = ["restore", "--config", "gleaner.toml", "--clock", &clock, "monday.db"];
    assert_eq!(gleaner(here, &["backup", "--config", "gleaner.toml", "monday.db"]).0, Some(0));
    let at_backup = finished(&daemon, campaign);
    let (code, said) = gleaner(here, &restore);
    assert_eq!(code, Some(4), "a daemon is at work: {said}");

    // Much happens since, another campaign too; then the machine is lost.
    let other = daemon.submit(&grid::jdl("later", 4, &emulator.clusters));
    wait_for("more ends", PATIENCE, || {
        (finished(&daemon, campaign) >= at_backup + 30).then_some(())
    });
    daemon.server().kill();
    let store = here.join("gleaner.sqlite");
    let log = here.join("gleaner.sqlite-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0, "a log is left");

    let away = fs::read_to_string(here.join("gleaner.toml")).unwrap();
    fs::write(here.join("away.toml"), away.replace("/lune", "/gone")).unwrap();
    let before = fs::read(&store).unwrap();
    let (code, said) =
        gleaner(here, &["restore", "--config", "away.toml", "--clock", &clock, "monday.db"]);
    assert!(code == Some(5) && said.contains("--without lune"), "{code:?} {said}");
    assert_eq!(fs::read(&store).unwrap(), before, "nothing has changed");
    assert!(log.exists() && !here.join("gleaner.sqlite.restore.part").exists());

    let (code, said) = gleaner(here, &restore);
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "kept what was there",
        "are done, and counted",
        "may run again: what was sent between",
        "forgotten",
    ] {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
    assert!(!log.exists());
    let kept =
        fs::read_dir(here).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept: Vec<String> = kept.filter(|name| name.contains(".replaced-")).collect();
    assert!(kept.iter().any(|name| name.ends_with("-wal")), "{kept:?}");

    daemon.wake(&[]);
    daemon.wait_state(campaign, "terminated", PATIENCE);
    let shown = daemon.json(&format!("/campaigns/{campaign}"));
    assert_eq!(shown["finished_jobs"], TASKS, "{shown}");
    // Its number is not given again.
    let next = daemon.submit(&grid::jdl("next", 2, &emulator.clusters));
    assert!(next > other, "{next}");
    daemon.wait_state(next, "terminated", PATIENCE);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    let tasks: Vec<String> = (0..TASKS).map(|task| task.to_string()).collect();
    let mut ran = executions::read(&emulator.executions);
    let prologues = ran.iter().filter(|run| run.command.contains("prepare")).count();
    ran.retain(|run| !run.command.contains("prepare"));
    assert_eq!(prologues, 1, "a script is run once");
    let faults = executions::faults(&ran, &campaign.to_string(), &tasks);
    assert!(faults.is_empty(), "{said}\n{}", faults.join("\n"));
    grid::replays(here);
    // By people's rows, too, each task has one job that is done.
    let jobs = daemon_rows(here, campaign);
    assert_eq!(jobs, TASKS, "rows of jobs that are done");
}

/// Rows of a campaign's tasks that are done.
fn daemon_rows(folder: &Path, campaign: u64) -> u64 {
    let store = rusqlite::Connection::open(folder.join("gleaner.sqlite")).expect("the store");
    let sql = "SELECT count(*) FROM jobs WHERE campaign = ?1 AND task IS NOT NULL AND state = 'terminated'";
    store.query_row(sql, [campaign as i64], |row| row.get::<_, i64>(0)).expect("a count") as u64
}

#[test]
fn a_restore_refuses_what_is_no_backup_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert_eq!(gleaner(here, &["init", "--daemon"]).0, Some(0));
    fs::write(here.join("notes.txt"), "no backup").unwrap();
    fs::write(here.join("gleaner.db"), "the store, which a restore is to replace").unwrap();
    for (file, code, what) in [
        ("notes.txt", 2, "is no database, but text"),
        ("gleaner.db", 2, "is the store itself"),
        (".", 2, "is a folder"),
        ("none.db", 3, "there is no file"),
    ] {
        let (found, said) = gleaner(here, &["restore", file]);
        assert!(found == Some(code) && said.contains(what), "{file}: {found:?} {said}");
    }
    let (found, said) = gleaner(here, &["restore", "none.db", "--without", "nowhere"]);
    assert!(found == Some(2) && said.contains("no cluster `nowhere`"), "{said}");
    let mut left: Vec<_> =
        fs::read_dir(here).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["gleaner.db", "gleaner.toml", "notes.txt"]);
}
