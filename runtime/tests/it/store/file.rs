//! The file itself: full, read-only, used twice, damaged, too new, backed up.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use gleaner_core::backend::Stop;
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, CommandId};
use gleaner_runtime::driver::{ToDriver, run};
use gleaner_runtime::store::error::StoreError;
use gleaner_runtime::store::journal::{CycleId, cycles_after};
use gleaner_runtime::store::{Store, integrity};
use gleaner_runtime::submission_name::{NAME_MAX, name};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::store::stage::{Stage, config, jdl, job};

/// A store that was used and closed.
fn used() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1, 1000);
    let texts: Vec<String> = (0..500).map(|index| format!("task{index}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for _ in 0..5 {
        stage.submit("amy", &jdl(&texts, &["c0"]));
    }
    let path = stage.path.clone();
    stage.stop();
    (folder, path)
}

/// Whatever was sent is accepted, and over.
fn all_done(stage: &Stage) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut next = 1;
    for submission in stage.scheduler.open_submissions() {
        let jobs: Vec<_> = submission.jobs.iter().zip(next..).map(|(_, id)| job(id)).collect();
        next += jobs.len() as u64;
        let (cluster, at, outcome) = (ClusterId(0), stage.now, Outcome::Exited(0));
        let over: Vec<_> =
            jobs.iter().map(|&job| Fact::JobEnded { cluster, job, at, outcome }).collect();
        facts.push(Fact::CommandAccepted { command: submission.command, jobs });
        facts.extend(over);
    }
    facts
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::File::options().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn a_second_daemon_is_turned_away_until_the_first_is_gone() {
    let (_folder, path) = used();
    let first = Store::open(&path).unwrap();
    let second = Store::open(&path).unwrap_err();
    assert!(matches!(second, StoreError::Locked { .. }), "{second}");
    assert!(second.hint().contains("stop the other daemon"));
    drop(first);
    Store::open(&path).unwrap();
}

#[test]
fn a_full_disk_ends_the_cycle_and_loses_nothing() {
    let (folder, path) = used();
    let store = Store::open(&path).unwrap();
    let pages: u64 =
        store.connection().pragma_query_value(None, "page_count", |r| r.get(0)).unwrap();
    store.connection().pragma_update(None, "max_page_count", pages).unwrap();
    let mut stage = Stage::begin_on(store, config(1, "tap"), 1, 2000);
    let memory = stage.scheduler.checkpoint();
    let failed = (0..100).find_map(|_| {
        stage.tell(0, Vec::new());
        stage.cycle().err()
    });
    let Stop::Failed(error) = failed.expect("it fills up") else {
        panic!("nobody has asked it to stop");
    };
    let error = error.downcast_ref::<StoreError>().expect("the store's error");
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.hint().contains("nothing is lost"));
    drop(stage);
    // There is room again.
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1, 3000);
    assert!(stage.scheduler.checkpoint().now() >= memory.now());
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
}

#[test]
fn a_file_that_cannot_be_written_is_not_used() {
    let error = Store::open(Path::new("/proc/gleaner.db")).unwrap_err();
    assert!(matches!(error, StoreError::Lock { .. }), "{error}");
    assert!(error.hint().contains("may write there"));
    let (folder, path) = used();
    let store = Store::open(&path).unwrap();
    store.connection().pragma_update(None, "query_only", true).unwrap();
    let mut stage = Stage::begin_on(store, config(1, "tap"), 1, 2000);
    stage.tell(0, Vec::new());
    let Err(Stop::Failed(error)) = stage.cycle() else { panic!("it cannot be written") };
    let error = error.downcast_ref::<StoreError>().expect("the store's error");
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    drop(stage);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    if fs::File::options().write(true).open(&path).is_ok() {
        // The superuser may write anything.
        return;
    }
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    drop(folder);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open(&folder.path().join("no").join("gleaner.db")).unwrap_err();
    assert!(matches!(error, StoreError::Lock { .. }), "{error}");
    let error = Store::open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }), "{error}");
}

#[test]
fn damage_is_found_before_anything_is_done() {
    let (_folder, path) = used();
    let size = fs::metadata(&path).unwrap().len();
    assert!(size > 8 * 4096, "{size}");
    let good = fs::read(&path).unwrap();
    for (what, at) in [("its head", 0), ("a page", 4096), ("another page", size / 2 / 4096 * 4096)]
    {
        fs::write(&path, &good).unwrap();
        overwrite(&path, at, &[0xA5; 512]);
        let error = Store::open(&path).expect_err(what);
        assert!(matches!(error, StoreError::Damaged { .. }), "{what}: {error}");
    }
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "cut: {error}");
    fs::write(&path, "not a store at all, but long enough to have a head of its own").unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::NoDatabase { what: "text", .. }), "{error}");
    assert!(error.hint().contains("gleaner restore"));
    fs::write(&path, &good).unwrap();
    Store::open(&path).unwrap();
}

#[test]
fn damage_that_is_met_at_work_is_told_as_damage() {
    let (_folder, path) = used();
    let reader = Store::reader(&path).unwrap();
    let size = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
    overwrite(&path, 4096, &vec![0xA5; size - 4096]);
    let error = cycles_after(&reader, CycleId(0)).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.hint().contains("gleaner restore"));
}

#[test]
fn a_large_store_is_checked_while_it_is_in_use() {
    let (_folder, path) = used();
    assert!(!integrity::is_left(&path), "small ones are checked as they are opened");
    let store = Store::open(&path).unwrap();
    integrity::afterwards(&path).unwrap();
    drop(store);
    let size = fs::metadata(&path).unwrap().len();
    overwrite(&path, size / 2 / 4096 * 4096, &[0xA5; 512]);
    let error = integrity::afterwards(&path).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    stage.to_driver.send(ToDriver::Damaged(error)).unwrap();
    let catalogue = gleaner_core::policy::injection::standard();
    let stopped = run(&mut stage.scheduler, &mut stage.backend, &catalogue, &mut |_, _| ());
    assert!(stopped.unwrap_err().to_string().contains("damaged"), "nothing more is decided");
    // Larger than any that is checked at start: a hole at its end costs no room.
    fs::File::options().write(true).open(&path).unwrap().set_len((512 << 20) + 4096).unwrap();
    assert!(integrity::is_left(&path));
}

#[test]
fn a_store_of_a_newer_release_is_left_alone() {
    let (_folder, path) = used();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error}");
}

#[test]
fn the_database_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.db");
    let theirs = Connection::open(&path).unwrap();
    theirs.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(theirs);
    let before = std::fs::read(&path).unwrap();
    for error in [Store::open(&path).unwrap_err(), Store::reader(&path).unwrap_err()] {
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn readers_refuse_a_store_of_another_format() {
    let (folder, path) = used();
    let store = Connection::open(&path).unwrap();
    store.pragma_update(None, "user_version", 99).unwrap();
    let error = Store::reader(&path).unwrap_err();
    assert!(matches!(error, StoreError::Newer { .. }), "{error}");
    store.pragma_update(None, "user_version", 1).unwrap();
    let error = Store::reader(&path).unwrap_err();
    assert!(matches!(error, StoreError::Older { .. }), "{error}");
    // Its journal, and that of an archived part, can be replayed all the same.
    Store::journal_reader(&path).unwrap();
    store.pragma_update(None, "user_version", 0).unwrap();
    let error = Store::journal_reader(&path).unwrap_err();
    assert!(matches!(error, StoreError::Older { .. }), "{error}");
    store.pragma_update(None, "user_version", 1).unwrap();
    // A copy can be had before it is brought up to date.
    let copy = folder.path().join("copy.db");
    Store::backup(&path, &copy).unwrap();
    let version =
        |copy: &Connection| copy.pragma_query_value(None, "user_version", |row| row.get(0));
    assert_eq!(version(&Connection::open(&copy).unwrap()), Ok(1_i64));
}

#[test]
fn a_backup_is_taken_in_use_and_draws_an_epoch_of_its_own() {
    let (folder, path) = used();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 2000);
    let copy = folder.path().join("copy.db");
    Store::backup(&path, &copy).unwrap();
    let again = Store::backup(&path, &copy).unwrap_err();
    assert!(matches!(again, StoreError::Exists { .. }), "{again}");
    // The daemon goes on, and its copy does as well.
    let facts = all_done(&stage);
    stage.tell(0, facts.clone());
    let sent = stage.cycle().unwrap();
    let memory = stage.scheduler.checkpoint();
    drop(stage);
    let mut other = Stage::begin_on(Store::open(&copy).unwrap(), config(1, "tap"), 1000, 2000);
    other.tell(0, facts);
    let also = other.cycle().unwrap();
    assert!(other.scheduler.checkpoint() == memory);
    assert_eq!(sent.len(), also.len());
    assert!(!sent.is_empty());
    for (one, other) in sent.iter().zip(&also) {
        assert_eq!(one.1.command, other.1.command);
        assert_ne!(one.1.action, other.1.action, "the same names would be used twice");
    }
    drop(other);
    let (one, other) = (Store::open(&path).unwrap(), Store::open(&copy).unwrap());
    assert_ne!(one.epoch(), other.epoch());
    // It stays what it is.
    let drawn = other.epoch().clone();
    drop(other);
    assert_eq!(*Store::open(&copy).unwrap().epoch(), drawn);
}

#[test]
fn a_copy_made_by_hand_draws_an_epoch_of_its_own_and_the_store_itself_does_not() {
    let (folder, path) = used();
    let epoch = |path: &Path| Store::open(path).unwrap().epoch().clone();
    let first = epoch(&path);
    let saved = folder.path().join("saved.db");
    fs::copy(&path, &saved).unwrap();
    // Nothing has happened since: the copy is the store.
    fs::copy(&saved, &path).unwrap();
    assert_eq!(epoch(&path), first);
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 2000);
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    // However the daemon goes, the store keeps its epoch.
    drop(stage);
    assert_eq!(epoch(&path), first);
    // Elsewhere, with or without the file beside it.
    let away = |name: &str| folder.path().join(name);
    fs::copy(&path, away("moved.db")).unwrap();
    let moved = epoch(&away("moved.db"));
    assert_ne!(moved, first);
    assert_eq!(epoch(&away("moved.db")), moved);
    fs::copy(&path, away("twin.db")).unwrap();
    fs::copy(away("gleaner.db.lock"), away("twin.db.lock")).unwrap();
    assert_ne!(epoch(&away("twin.db")), first);
    // Put back in the store's place.
    fs::copy(&saved, &path).unwrap();
    let restored = epoch(&path);
    assert_ne!(restored, first);
    assert_eq!(epoch(&path), restored);
}

#[test]
fn a_backup_is_one_whole_file_or_none() {
    let (folder, path) = used();
    // What a backup left that was cut short.
    fs::write(folder.path().join("copy.db.part"), "half a copy").unwrap();
    let copy = folder.path().join("copy.db");
    Store::backup(&path, &copy).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.retain(|name| name.to_string_lossy().starts_with("copy"));
    assert_eq!(names, ["copy.db"]);
    let alone = folder.path().join("alone.db");
    fs::copy(&copy, &alone).unwrap();
    let epochs = "SELECT count(*) FROM meta WHERE key = 'epoch'";
    let epochs = Connection::open(&alone).unwrap().query_row(epochs, [], |row| row.get(0));
    assert_eq!(epochs, Ok(0_i64));
    let nowhere = folder.path().join("nowhere/copy.db");
    let error = Store::backup(&path, &nowhere).unwrap_err();
    assert!(matches!(error, StoreError::Write { .. }), "{error}");
}

#[test]
fn the_longest_name_is_short_enough() {
    let (_folder, path) = used();
    let store = Store::open(&path).unwrap();
    let longest = name(CampaignId(u32::MAX), store.epoch(), CommandId(u64::MAX));
    assert!(longest.len() <= NAME_MAX && longest.is_ascii(), "{longest}");
}
