//! What is kept of submissions, so that a job found under the name of one is known for whose it is.

use gleaner_core::ids::{CampaignId, ClusterId, CommandId};
use gleaner_runtime::order::{Sent, Submissions};
use gleaner_runtime::store::Store;
use gleaner_runtime::store::submissions::StoredSubmissions;
use rusqlite::Connection;

use crate::store::stage::{Stage, config, jdl};

#[test]
fn a_submission_is_known_by_its_cluster_also_one_of_before_it_was_noted() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(2, "tap"), 1000, 1000);
    let campaign = stage.submit("amy", &jdl(&["a", "b", "c", "d", "e"], &["c0", "c1"]));
    assert_eq!(campaign, CampaignId(1));
    let path = stage.path.clone();
    let sent = |command: u64| {
        let reader = Store::reader(&path).unwrap();
        StoredSubmissions::new(reader).sent(CommandId(command)).unwrap()
    };
    let to = |cluster| Some(Sent { cluster: ClusterId(cluster), campaign, user: "amy".into() });
    let known = |command| [to(0), to(1), None].contains(&sent(command));
    assert_eq!((sent(1), sent(2)), (to(0), to(1)), "noted before it is sent");
    assert_eq!((sent(3), sent(0), sent(u64::MAX)), (None, None, None));
    assert!((0..9).all(known));
    stage.stop();

    // The store as it was five steps after its first form, before these tables and what came after them.
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        "DROP TABLE submissions; DROP TABLE cluster_entries; DROP TABLE cluster_names; \
         ALTER TABLE intents DROP COLUMN lease_there; ALTER TABLE campaigns DROP COLUMN over_at; \
         DROP TABLE access_tokens; DROP TABLE subscriptions; DROP TABLE outbox; DROP TABLE told; \
         DELETE FROM meta WHERE key = 'told_event'; DROP INDEX campaigns_open; ALTER TABLE parameters DROP COLUMN part; \
         PRAGMA user_version = 5",
    )
    .unwrap();
    drop(old);
    drop(Store::open(&path).unwrap());
    assert_eq!((sent(1), sent(2), sent(3)), (to(0), to(1), None), "the journal tells");
}
