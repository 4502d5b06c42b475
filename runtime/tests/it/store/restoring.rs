//! A backup takes the store's place: whole or not at all, and what was there is kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gleaner_core::fact::{Fact, RecoveredWork};
use gleaner_core::ids::{CampaignId, ClusterId};
use gleaner_core::time::Timestamp;
use gleaner_runtime::driver::ToDriver;
use gleaner_runtime::order::ClusterUpdate;
use gleaner_runtime::store::Store;
use gleaner_runtime::store::error::StoreError;
use gleaner_runtime::store::journal::FactSeq;
use gleaner_runtime::store::restore::Restoring;
use tempfile::TempDir;

use crate::store::stage::{Stage, config, jdl, job};

const AT: Timestamp = Timestamp::from_seconds(1_795_174_467);

/// A store with two campaigns, and a backup of it from before the second.
fn lost() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1, 1000);
    stage.submit("amy", &jdl(&["a", "b"], &["c0"]));
    let backup = folder.path().join("monday.db");
    Store::backup(&stage.path, &backup).unwrap();
    stage.submit("bob", &jdl(&["c"], &["c0"]));
    let path = stage.path.clone();
    stage.stop();
    (folder, path, backup)
}

fn campaigns(path: &Path) -> i64 {
    let store = rusqlite::Connection::open(path).unwrap();
    store.query_row("SELECT count(*) FROM campaigns", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_restore_puts_the_backup_in_place_and_keeps_what_it_replaces() {
    let (folder, path, backup) = lost();
    let old = Store::open(&path).unwrap().epoch().to_string();
    // What a daemon that died has left.
    fs::write(format!("{}-wal", path.display()), "an old log").unwrap();
    fs::write(format!("{}-shm", path.display()), "its index").unwrap();
    let before = fs::read(&path).unwrap();
    let restoring = Restoring::begin(&backup, &path).unwrap();
    assert_eq!(restoring.past(), [old.as_str()]);
    assert!(
        matches!(Store::open(&path), Err(StoreError::Locked { .. })),
        "nobody opens it meanwhile"
    );
    assert!(matches!(Restoring::begin(&backup, &path), Err(StoreError::Locked { .. })));
    let kept = restoring.finish(AT).unwrap();
    let names: Vec<String> =
        kept.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let name = "gleaner.db.replaced-20261120T113427Z";
    assert_eq!(names, [name.to_owned(), format!("{name}-wal"), format!("{name}-shm")]);
    assert_eq!(fs::read(&kept[0]).unwrap(), before);
    assert_eq!(campaigns(&path), 1);
    for file in [&path, &kept[0], &kept[1]] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // The daemon takes it for what it is: the epoch that was drawn stays.
    let drawn = Store::open(&path).unwrap().epoch().to_string();
    assert_ne!(drawn, old);
    assert_eq!(Store::open(&path).unwrap().epoch().to_string(), drawn);
    // Once more, from the same backup: what was sent meanwhile is looked up as well.
    let again = Restoring::begin(&backup, &path).unwrap();
    assert_eq!(again.past(), [old, drawn]);
    let kept = again.finish(AT).unwrap();
    assert!(kept[0].ends_with(format!("{name}-1")), "{kept:?}");
    drop(folder);
}

#[test]
fn a_damaged_store_is_replaced_and_its_names_are_known_from_its_lock() {
    let (_folder, path, backup) = lost();
    let old = Store::open(&path).unwrap().epoch().to_string();
    let restored = Restoring::begin(&backup, &path).unwrap();
    restored.finish(AT).unwrap();
    let drawn = Store::open(&path).unwrap().epoch().to_string();
    fs::write(&path, vec![0xA5; 20_000]).unwrap();
    let restoring = Restoring::begin(&backup, &path).unwrap();
    assert_eq!(restoring.past(), [old, drawn]);
    restoring.finish(AT).unwrap();
    assert_eq!(campaigns(&path), 1);
}

#[test]
fn what_is_no_whole_backup_replaces_nothing() {
    let (folder, path, backup) = lost();
    let before = fs::read(&path).unwrap();
    let here = |name: &str| folder.path().join(name);
    let good = fs::read(&backup).unwrap();
    let mut cut = good.clone();
    let middle = good.len() / 2 / 4096 * 4096;
    cut[middle..middle + 512].fill(0xA5);
    fs::write(here("cut.db"), &cut).unwrap();
    fs::write(here("half.db"), &good[..good.len() / 2]).unwrap();
    fs::write(here("empty.db"), "").unwrap();
    rusqlite::Connection::open(here("theirs.db"))
        .unwrap()
        .execute_batch("CREATE TABLE bookmarks (url TEXT)")
        .unwrap();
    // A copy of a store in use, without its log.
    let other = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(other.path(), config(1, "tap"), 1, 1000);
    stage.submit("amy", &jdl(&["a"], &["c0"]));
    fs::copy(&stage.path, here("torn.db")).unwrap();
    let told = |name: &str| {
        let error = Restoring::begin(&here(name), &path).unwrap_err();
        assert!(!error.hint().is_empty());
        error
    };
    assert!(matches!(told("cut.db"), StoreError::Damaged { .. }));
    assert!(matches!(told("half.db"), StoreError::Damaged { .. }));
    assert!(matches!(told("empty.db"), StoreError::NoDatabase { .. }));
    assert!(matches!(told("theirs.db"), StoreError::Foreign { .. }));
    assert!(matches!(told("torn.db"), StoreError::WithoutLog { .. }));
    assert!(matches!(told("gleaner.db"), StoreError::Same { .. }));
    assert_eq!(fs::read(&path).unwrap(), before);
    let parts = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(parts.into_iter().all(|name| !name.to_string_lossy().contains("restore.part")));
    // Where there is no store yet, none is left by a restore that fails.
    let new = here("new.db");
    Restoring::begin(&here("cut.db"), &new).unwrap_err();
    assert!(!new.exists());
    Restoring::begin(&backup, &new).unwrap().give_up();
    assert!(!new.exists());
    Restoring::begin(&backup, &new).unwrap().finish(AT).unwrap();
    assert_eq!(campaigns(&new), 1);
}

#[test]
fn what_was_found_is_told_first_followed_and_not_sent_again() {
    let (folder, path, backup) = lost();
    let mut restoring = Restoring::begin(&backup, &path).unwrap();
    let (cluster, campaign) = (ClusterId(0), CampaignId(1));
    let found = Fact::JobRecovered {
        cluster,
        job: job(7),
        campaign,
        work: RecoveredWork::Task(1),
        submitted_at: Timestamp::from_seconds(1200),
    };
    restoring.tell(FactSeq::default(), &[found], Some(CampaignId(9))).unwrap();
    restoring.finish(AT).unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1, 2000);
    assert_eq!(stage.starts[0].jobs.len(), 1, "its worker follows it");
    assert_eq!(stage.starts[0].jobs[0].job, job(7));
    stage.tell(0, Vec::new());
    for (_, order) in stage.cycle().unwrap() {
        assert!(!format!("{:?}", order.action).contains("\"b\""), "{order:?}");
    }
    let live = stage.scheduler.job(cluster, job(7)).expect("it is known");
    assert_eq!(live.campaign, campaign);
    let facts = vec![Fact::JobEnded {
        cluster,
        job: job(7),
        at: Timestamp::from_seconds(2000),
        outcome: gleaner_core::fact::Outcome::Exited(0),
    }];
    let update = ClusterUpdate { cluster, facts, snapshot: None, notes: Vec::new(), urgent: true };
    stage.to_driver.send(ToDriver::Update(update)).unwrap();
    stage.cycle().unwrap();
    assert_eq!(
        stage
            .scheduler
            .campaign(campaign)
            .unwrap()
            .tasks
            .of(gleaner_core::ledger::task_state::TaskState::Done),
        1
    );
    // Numbers up to the highest that was seen are not given again.
    assert_eq!(stage.submit("amy", &jdl(&["x"], &["c0"])), CampaignId(10));
    stage.stop();
    let rows = rusqlite::Connection::open(&path).unwrap();
    let sql = "SELECT count(*) FROM jobs WHERE remote = 7 AND task = 1 AND state = 'terminated'";
    assert_eq!(rows.query_row(sql, [], |row| row.get::<_, i64>(0)), Ok(1));
}
