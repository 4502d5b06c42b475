//! Journals that earlier releases have written: each replays as it was decided, and what this release
//! remembers at each of their checkpoints is what is written there.

use std::io::Read;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use gleaner_core::checkpoint::Checkpoint;
use gleaner_core::ids::ClusterId;
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_runtime::replay::replayer::Replayer;
use gleaner_runtime::store::Store;
use gleaner_runtime::store::journal::{self, Which};
use gleaner_runtime::store::parameters::StoredParameters;
use rusqlite::Connection;

/// A journal of `tests/data/journals`, as a store in a folder.
fn unpacked(name: &str, folder: &Path) -> PathBuf {
    let packed = format!("{}/tests/data/journals/{name}.gz", env!("CARGO_MANIFEST_DIR"));
    let packed = std::fs::File::open(packed).expect("the journal is there");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).expect("a whole file");
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("the store is written");
    path
}

/// Every checkpoint, with the cycle that it was written after.
fn checkpoints(connection: &Connection) -> Vec<(u64, Vec<u8>)> {
    let sql = "SELECT cycle, data FROM checkpoints ORDER BY id";
    let mut statement = connection.prepare(sql).expect("a store has checkpoints");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.expect("they can be read").map(|row| row.expect("a row")).collect()
}

fn understood(data: &[u8]) -> Checkpoint {
    serde_json::from_slice(data).expect("an older checkpoint can be read")
}

/// What people are told of every campaign on every cluster.
fn reasons(scheduler: &Scheduler) -> Vec<String> {
    let pairs = (0..3).map(ClusterId).flat_map(|cluster| scheduler.pairs(cluster));
    pairs.filter_map(|pair| pair.reason.map(|reason| reason.to_string())).collect()
}

#[test]
fn an_older_journal_is_decided_again_and_remembered_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = unpacked("three-clusters.sqlite", folder.path());
    let replayed = Command::new(assert_cmd::cargo::cargo_bin!("gleaner"))
        .args(["replay", path.to_str().unwrap()])
        .output()
        .unwrap();
    let line = "113 cycles, 67 commands: every decision was made again\n";
    assert_eq!(String::from_utf8(replayed.stdout).unwrap(), line);
    assert_eq!(replayed.status.code(), Some(0));

    let connection = Store::journal_reader(&path).unwrap();
    let recorded = checkpoints(&connection);
    assert_eq!(recorded.len(), 11);
    let text: String = recorded.iter().map(|(_, data)| String::from_utf8_lossy(data)).collect();
    for code in ["tap_closed", "rate_reached", "cores_reached", "batch_running", "behind_grace"] {
        assert!(text.contains(&format!("\"{code}\":{{")), "no campaign was told `{code}`");
    }
    let first = journal::checkpoint(&connection, Which::Oldest).unwrap().unwrap();
    let catalogue = injection::standard();
    let config = first.checkpoint.config().clone();
    let mut source = StoredParameters(&connection);
    let mut scheduler =
        Scheduler::restore(config, &catalogue, first.checkpoint, &mut source).unwrap();
    let mut replayer = Replayer::from(&connection, first.cycle, first.last_fact);
    for (cycle, data) in &recorded {
        while replayer.cycle.0 < *cycle {
            assert!(
                replayer.replay_next(&mut scheduler).unwrap().unwrap().same(),
                "{}",
                replayer.cycle.0
            );
        }
        let saved = understood(data);
        assert_eq!(scheduler.checkpoint(), saved, "after cycle {cycle}");
        // And a daemon that begins there has the same memory.
        let config = saved.config().clone();
        let begun = Scheduler::restore(config, &catalogue, saved.clone(), &mut source).unwrap();
        assert_eq!(begun.checkpoint(), saved, "taken up after cycle {cycle}");
        assert_eq!(reasons(&begun), reasons(&scheduler), "told after cycle {cycle}");
    }
}
