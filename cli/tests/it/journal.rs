//! The commands on the daemon's store, as an operator meets them.

use std::path::Path;
use std::sync::Arc;

use assert_cmd::Command;
use gleaner_core::backend::{CycleBuffers, cycle};
use gleaner_core::config::CoreUnits;
use gleaner_core::config::{ClusterSpec, SchedulerConfig};
use gleaner_core::ids::ClusterId;
use gleaner_core::jdl::{self, JdlContext};
use gleaner_core::policy::injection;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_runtime::clock::Clock;
use gleaner_runtime::driver::{Begun, DriverSettings, ToDriver, begin, inbox, run};
use gleaner_runtime::order::ClusterUpdate;
use gleaner_runtime::request::{Caller, Envelope, Quota, Request, Rights};
use gleaner_runtime::sites::oar::LANGUAGE;
use gleaner_runtime::store::Store;
use serde_json::Value;

/// A daemon that has sent the first jobs of a campaign, in two cycles.
fn recorded(path: &Path) {
    let cluster =
        ClusterSpec::new("c0", CoreUnits::flat(1), "tap:init=3".parse().expect("a policy"));
    let config = SchedulerConfig::new(vec![cluster]);
    let text = r#"{"name": "n", "exec_file": "run", "nb_jobs": 9, "clusters": {"c0": {}}}"#;
    let jdl = jdl::parse(text.as_bytes(), &JdlContext::new(&config.clusters, &LANGUAGE))
        .expect("a job description");
    let spec = Arc::new(jdl.into_spec().expect("a whole job description"));
    let clock = Clock::paced(1000.0, 0.0);
    let settings = DriverSettings {
        send_within: Duration::from_seconds(120),
        lease: Duration::from_seconds(1200),
        look_within: std::time::Duration::ZERO,
        show_within: std::time::Duration::ZERO,
        checkpoint_cycles: 100,
        keep_journal: Duration::from_seconds(100_000),
        keep_campaigns: Duration::from_seconds(100_000),
    };
    let (to_driver, receiver) = inbox();
    let ends = (to_driver.clone(), receiver);
    let store = Store::open(path).expect("a new store");
    let catalogue = injection::standard();
    let begun =
        begin(store, config, &catalogue, Arc::new(clock), settings, ends).expect("a fresh start");
    let Begun { mut scheduler, mut backend, .. } = begun;
    let request = Request::Submit { spec, jdl: text.to_owned(), quota: Quota::UNBOUNDED };
    let (reply, _) = tokio::sync::oneshot::channel();
    to_driver
        .send(ToDriver::Asked(Envelope { caller: Caller::new("amy", Rights::Own), request, reply }))
        .expect("the driver listens");
    for _ in 0..2 {
        let seen = ClusterSnapshot::empty(ClusterId(0), Timestamp::from_seconds(1000), 4);
        let update = ClusterUpdate {
            cluster: ClusterId(0),
            facts: Vec::new(),
            snapshot: Some(seen),
            notes: Vec::new(),
            urgent: true,
        };
        to_driver.send(ToDriver::Update(update)).expect("the driver listens");
        cycle(&mut scheduler, &mut backend, &mut CycleBuffers::default()).expect("a cycle");
    }
    to_driver.send(ToDriver::Stop).expect("the driver listens");
    run(&mut scheduler, &mut backend, &catalogue, &mut |_, _| ()).expect("an end in order");
}

fn gleaner(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gleaner"));
    let output =
        command.current_dir(folder).args(arguments).output().expect("the command can be called");
    let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
    // Messages are wrapped where they are too wide.
    let said = text(output.stderr).split(['│', '\n']).map(str::trim).collect::<Vec<_>>().join(" ");
    (output.status.code(), text(output.stdout), said)
}

#[test]
fn a_replay_says_same_or_where_it_differs_first() {
    let folder = tempfile::tempdir().unwrap();
    recorded(&folder.path().join("gleaner.db"));
    let same = gleaner(folder.path(), &["replay", "gleaner.db"]);
    let line = "2 cycles, 1 commands: every decision was made again\n".to_owned();
    assert_eq!(same, (Some(0), line, String::new()));
    let (code, json, _) = gleaner(folder.path(), &["replay", "gleaner.db", "--output", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["result"], &json["cycles"]), (Some(0), &"same".into(), &2.into()));

    let other = ["replay", "gleaner.db", "--policy", "tap:init=2"];
    let (code, out, said) = gleaner(folder.path(), &other);
    assert_eq!((code, out.as_str()), (Some(3), ""));
    for part in [
        "cycle 1 at 1970-01-01T00:16:40Z comes out differently",
        "to submit 3 tasks from task 0 on of campaign 1 to cluster 0",
        "to submit 2 tasks",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let (code, json, _) = gleaner(folder.path(), &[&other[..], &["--output", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["result"], &json["cycle"]), (Some(3), &"differs".into(), &1.into()));
}

#[test]
fn a_replay_misses_a_fact_and_names_what_cannot_be_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    recorded(&path);
    let mut store = Store::open(&path).unwrap();
    let transaction = store.begin().unwrap();
    assert_eq!(transaction.execute("DELETE FROM facts", []).unwrap(), 1);
    transaction.commit().unwrap();
    drop(store);
    let (code, _, said) = gleaner(folder.path(), &["replay", "gleaner.db"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("the journal has a hole: fact 1 is missing"), "{said}");

    let (code, _, said) = gleaner(folder.path(), &["replay", "no.db"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("there is no file `no.db`"), "{said}");
    let (code, _, said) = gleaner(folder.path(), &["replay", "gleaner.db", "--policy", "tip"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("tip") && said.contains("did you mean"), "{said}");
    drop(Store::open(&folder.path().join("empty.db")).unwrap());
    let (code, _, said) = gleaner(folder.path(), &["replay", "empty.db"]);
    assert_eq!(code, Some(3));
    assert!(said.contains("there is no journal in `empty.db`"), "{said}");
}

#[test]
fn a_replay_of_what_is_no_journal_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("notes.txt", b"not a journal\n");
    write("trace.swf.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    std::fs::create_dir(folder.path().join("runs")).unwrap();
    let theirs = rusqlite::Connection::open(folder.path().join("theirs.db")).unwrap();
    theirs.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    drop(theirs);
    for (name, code, what) in [
        ("notes.txt", 2, "`notes.txt` is no database, but text"),
        ("trace.swf.gz", 2, "`trace.swf.gz` is no database, but something else"),
        ("runs", 2, "`runs` is a folder"),
        ("/dev/null", 2, "`/dev/null` is no regular file"),
        ("theirs.db", 2, "`theirs.db` is a database of another program"),
        ("none.db", 3, "there is no file `none.db`"),
    ] {
        let (found, _, said) = gleaner(folder.path(), &["replay", name]);
        assert_eq!(found, Some(code), "{name}: {said}");
        assert!(said.contains(what), "{name}: {said}");
        for word in ["damaged", "may write there", "permission"] {
            assert!(!said.contains(word), "{name}: {said}");
        }
    }
}

#[test]
fn a_backup_can_be_replayed_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(gleaner(folder.path(), &["init", "--daemon"]).0, Some(0));
    let (code, _, said) = gleaner(folder.path(), &["backup", "copy.db"]);
    assert_eq!(code, Some(3), "{said}");
    recorded(&folder.path().join("gleaner.db"));
    // A daemon may have it open.
    let held = Store::open(&folder.path().join("gleaner.db")).unwrap();
    let (code, out, said) = gleaner(folder.path(), &["backup", "copy.db"]);
    assert_eq!((code, out.as_str()), (Some(0), "copy.db\n"), "{said}");
    assert_eq!(gleaner(folder.path(), &["replay", "copy.db"]).0, Some(0));
    let (code, _, said) = gleaner(folder.path(), &["backup", "copy.db"]);
    assert_eq!(code, Some(4));
    assert!(said.contains("`copy.db` is there already"), "{said}");
    drop(held);
}
