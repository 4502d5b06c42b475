//! Parameters in blocks: no page, and no start, needs more of them in memory than it asks for.

use gleaner_core::ids::{CampaignId, TaskId};
use gleaner_runtime::store::Store;
use gleaner_runtime::store::views::StoredViews;
use gleaner_runtime::views::{Page, Views};
use rusqlite::Connection;

use crate::store::stage::{Stage, addition, config, jdl};

const FIRST: CampaignId = CampaignId(1);
const MANY: u32 = 10_000;

fn texts() -> Vec<String> {
    (0..MANY).map(|number| format!("p{number} {}", "x".repeat(20))).collect()
}

/// A campaign of many parameters, and two that were added.
fn many(folder: &std::path::Path) -> Stage {
    let mut stage = Stage::begin(folder, config(1, "tap"), 1000, 1000);
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(stage.submit("amy", &jdl(&texts, &["c0"])), FIRST);
    stage.asked("amy", addition(FIRST, MANY, &["q0", "q1"])).unwrap();
    stage
}

fn blocks(connection: &Connection) -> Vec<(u32, u32)> {
    let sql = "SELECT first, count FROM parameters ORDER BY first";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn as_they_were(stage: &Stage) {
    let parameter = |index| stage.scheduler.parameter(TaskId { campaign: FIRST, index }).unwrap();
    assert_eq!(stage.scheduler.campaign(FIRST).unwrap().total, MANY + 2);
    for index in [0, 4095, 4096, 8191, MANY - 1] {
        assert_eq!(parameter(index), texts()[index as usize]);
    }
    assert_eq!((&*parameter(MANY), &*parameter(MANY + 1)), ("q0", "q1"));
}

#[test]
fn parameters_are_kept_in_blocks_and_read_block_by_block() {
    let folder = tempfile::tempdir().unwrap();
    let stage = many(folder.path());
    let reader = Store::reader(&stage.path).unwrap();
    let kept = blocks(&reader);
    assert!(kept.len() > 3 && kept.iter().all(|(_, count)| *count <= 4096), "{kept:?}");
    let views = StoredViews::open(&stage.path).unwrap();
    let page = Page { offset: u64::from(MANY) - 1, limit: 100 };
    let (rows, total) = views.tasks(FIRST, page).unwrap();
    assert_eq!(total, u64::from(MANY) + 2);
    let shown: Vec<&str> = rows.iter().map(|row| row.parameter.as_str()).collect();
    assert_eq!(shown, [texts()[MANY as usize - 1].as_str(), "q0", "q1"]);
    let (first, block) = views.block(FIRST, 5000).unwrap().unwrap();
    assert_eq!(block.text(5000 - first).unwrap(), texts()[5000].as_str());
    assert_eq!(views.block(FIRST, MANY + 2).unwrap(), None);
    // The facts of a journal, and a checkpoint, find them again.
    drop(stage);
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 2000);
    stage.cycle().unwrap();
    as_they_were(&stage);
    stage.stop();
    as_they_were(&Stage::begin(folder.path(), config(1, "tap"), 1000, 3000));
}

#[test]
fn a_store_whose_parameters_are_whole_is_cut_into_blocks_once() {
    let folder = tempfile::tempdir().unwrap();
    let stage = many(folder.path());
    let path = stage.path.clone();
    stage.stop();
    // As the release before has kept them.
    let connection = Connection::open(&path).unwrap();
    let whole = serde_json::to_vec(&texts()).unwrap();
    connection.execute("DELETE FROM parameters WHERE first < ?1", [MANY]).unwrap();
    connection
        .execute(
            "INSERT INTO parameters (campaign, first, count, data) VALUES (1, 0, ?1, ?2)",
            (MANY, whole),
        )
        .unwrap();
    let version: i64 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    connection
        .execute_batch(
            "DROP TABLE access_tokens; DROP TABLE subscriptions; DROP TABLE outbox; DROP TABLE told; \
             DELETE FROM meta WHERE key = 'told_event'; \
             DROP INDEX campaigns_open; ALTER TABLE parameters DROP COLUMN part",
        )
        .unwrap();
    connection.pragma_update(None, "user_version", version - 4).unwrap();
    assert_eq!(blocks(&connection).len(), 2);
    drop(connection);
    as_they_were(&Stage::begin(folder.path(), config(1, "tap"), 1000, 2000));
    let kept = blocks(&Store::reader(&path).unwrap());
    assert!(kept.len() > 3 && kept.iter().all(|(_, count)| *count <= 4096), "{kept:?}");
}

#[test]
fn long_parameters_make_a_page_shorter_but_never_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    let texts: Vec<String> = (0..40).map(|n| format!("{n} {}", "y".repeat(90_000))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(stage.submit("amy", &jdl(&texts, &["c0"])), FIRST);
    let views = StoredViews::open(&stage.path).unwrap();
    let mut offset = 0;
    while offset < 40 {
        let (rows, total) = views.tasks(FIRST, Page { offset, limit: 250 }).unwrap();
        assert_eq!(total, 40);
        assert!((1..=12).contains(&rows.len()), "{}", rows.len());
        assert_eq!(u64::from(rows[0].index), offset);
        assert!(rows.iter().all(|row| row.parameter == texts[row.index as usize]));
        offset = u64::from(rows.last().unwrap().index) + 1;
    }
}
