//! What a store leaves behind, who may read it, and by which names it is locked.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use gleaner_runtime::store::Store;
use gleaner_runtime::store::error::StoreError;
use tempfile::TempDir;

use crate::store::stage::{Stage, config, jdl, settings};

/// A store at work, with something in it, and some more in its log.
fn at_work() -> (TempDir, Stage) {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1, 1000);
    for _ in 0..3 {
        stage.submit("amy", &jdl(&["a", "b"], &["c0"]));
    }
    (folder, stage)
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn log_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

#[test]
fn an_orderly_stop_leaves_one_file() {
    let (folder, stage) = at_work();
    assert!(log_of(&stage.path).exists());
    stage.stop();
    assert_eq!(names(folder.path()), ["gleaner.db", "gleaner.db.lock"]);
    // What is one file can be copied as one, wherever it goes.
    let elsewhere = tempfile::tempdir().unwrap();
    fs::copy(folder.path().join("gleaner.db"), elsewhere.path().join("gleaner.db")).unwrap();
    Store::open(&elsewhere.path().join("gleaner.db")).unwrap();
}

#[test]
fn a_copy_of_a_store_in_use_without_its_log_is_named_as_such() {
    let (_folder, stage) = at_work();
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("gleaner.db");
    fs::copy(&stage.path, &copy).unwrap();
    let error = Store::open(&copy).unwrap_err();
    assert!(matches!(error, StoreError::WithoutLog { .. }), "{error}");
    assert!(error.to_string().contains("gleaner.db-wal"), "{error}");
    assert!(error.hint().contains("`gleaner backup` copies a store whole"), "{}", error.hint());
    // With its log it is a store like any other.
    fs::copy(log_of(&stage.path), log_of(&copy)).unwrap();
    drop(Store::open(&copy).unwrap());
    // In the store's own place: what the daemon knew further on is missing.
    let (path, old) = (stage.path.clone(), elsewhere.path().join("old.db"));
    fs::copy(&path, &old).unwrap();
    stage.stop();
    let mut again = Stage::begin_on(Store::open(&path).unwrap(), config(1, "tap"), 1, 2000);
    again.submit("amy", &jdl(&["c"], &["c0"]));
    again.stop();
    fs::copy(&old, &path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::WithoutLog { .. }), "{error}");
}

#[test]
fn a_killed_daemons_store_that_somebody_else_has_tidied_up_is_whole() {
    let (_folder, stage) = at_work();
    let path = stage.path.clone();
    let (main, log) = (fs::read(&path).unwrap(), fs::read(log_of(&path)).unwrap());
    drop(stage);
    // As a kill leaves it.
    fs::write(&path, main).unwrap();
    fs::write(log_of(&path), log).unwrap();
    let by_hand = rusqlite::Connection::open(&path).unwrap();
    let campaigns = by_hand.query_row("SELECT count(*) FROM campaigns", [], |row| row.get(0));
    assert_eq!(campaigns, Ok(3_i64));
    drop(by_hand);
    assert!(!log_of(&path).exists(), "SQLite has taken it in");
    Store::open(&path).unwrap();
}

#[test]
fn an_old_log_beside_a_backup_is_not_taken_in() {
    let (folder, mut stage) = at_work();
    let backup = folder.path().join("monday.db");
    Store::backup(&stage.path, &backup).unwrap();
    stage.submit("bob", &jdl(&["c"], &["c0"]));
    let path = stage.path.clone();
    let log = fs::read(log_of(&path)).unwrap();
    drop(stage);
    // The machine died, and the backup is put back as files are.
    fs::copy(&backup, &path).unwrap();
    fs::write(log_of(&path), &log).unwrap();
    let before = fs::read(&path).unwrap();
    for error in [Store::open(&path).unwrap_err(), Store::journal_reader(&path).unwrap_err()] {
        assert!(matches!(error, StoreError::ForeignLog { .. }), "{error}");
        assert!(error.hint().contains("gleaner restore FILE"), "{}", error.hint());
    }
    assert_eq!(fs::read(&path).unwrap(), before, "nothing was written over it");
    assert_eq!(fs::read(log_of(&path)).unwrap(), log);
}

#[test]
fn the_lock_follows_the_file_through_symbolic_and_hard_links() {
    let (folder, stage) = at_work();
    let other = tempfile::tempdir_in(folder.path()).unwrap();
    let at = |name: &str| other.path().join(name);
    symlink(&stage.path, at("soft.db")).unwrap();
    symlink(folder.path(), at("folder")).unwrap();
    fs::hard_link(&stage.path, at("hard.db")).unwrap();
    for name in ["soft.db", "folder/gleaner.db", "hard.db"] {
        let error = Store::open(&at(name)).unwrap_err();
        assert!(matches!(error, StoreError::Locked { .. }), "{name}: {error}");
    }
    stage.stop();
    let one = Store::open(&at("soft.db")).unwrap();
    let error = Store::open(&folder.path().join("gleaner.db")).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    drop(one);
}

#[test]
fn store_log_backup_and_archive_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(1);
    settings.keep_journal = gleaner_core::time::Duration::from_seconds(10);
    let mut store = Store::open(&folder.path().join("gleaner.db")).unwrap();
    store.archive_in(folder.path());
    let mut stage = Stage::try_begin(store, config(1, "tap"), settings, 1000).unwrap();
    stage.submit("amy", &jdl(&["a"], &["c0"]));
    let path = stage.path.clone();
    let backup = folder.path().join("copy.db");
    Store::backup(&path, &backup).unwrap();
    let shared = PathBuf::from(format!("{}-shm", path.display()));
    for file in [&path, &log_of(&path), &shared, &backup] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    drop(stage);
    let mut store = Store::open(&path).unwrap();
    store.archive_in(folder.path());
    let mut later = Stage::try_begin(store, config(1, "tap"), settings, 5000).unwrap();
    later.submit("amy", &jdl(&["a"], &["c0"]));
    let archived: Vec<String> = names(folder.path());
    let archived = archived.iter().find(|name| name.starts_with("journal-")).expect("a segment");
    assert_eq!(mode(&folder.path().join(archived)), 0o600);
    assert!(
        !names(folder.path())
            .iter()
            .any(|name| name.starts_with("journal-") && name.ends_with("-wal"))
    );
    later.stop();
    // One that an older release has made.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(Store::open(&path).unwrap());
    assert_eq!(mode(&path), 0o600);
}
