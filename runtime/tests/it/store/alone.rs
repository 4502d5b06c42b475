//! Requests that are made durable together fail apart.

use gleaner_core::ids::{CampaignId, EventId};
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_runtime::request::{Receipt, Refused, Request};
use gleaner_runtime::store::views::StoredViews;
use gleaner_runtime::views::Views;
use rusqlite::Connection;

use crate::store::stage::{Stage, config, jdl};

const FIRST: CampaignId = CampaignId(1);
const SECOND: CampaignId = CampaignId(2);

#[test]
fn a_request_that_fails_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    assert_eq!(stage.submit("amy", &jdl(&["a"], &["c0"])), FIRST);
    // No row can have such a number, whatever came past the API.
    let beyond = Request::FixEvent { event: EventId(1 << 63), retry: false };
    let mut answers = [
        stage.ask("amy", Request::Rename(FIRST, "before".into())),
        stage.ask("boss", beyond),
        stage.ask("amy", Request::Hold(FIRST)),
        stage.ask("amy", stage.submission(&jdl(&["b"], &["c0"]))),
    ];
    stage.cycle().unwrap();
    let answers = answers.each_mut().map(|answer| answer.try_recv().expect("each is answered"));
    assert_eq!(answers[0], Ok(Receipt::Campaign(FIRST)));
    assert!(matches!(answers[1], Err(Refused::NotStored(_))), "{answers:?}");
    assert_eq!(answers[2], Ok(Receipt::Campaign(FIRST)));
    assert_eq!(answers[3], Ok(Receipt::Campaign(SECOND)));
    let row = StoredViews::open(&stage.path).unwrap().campaign(FIRST).unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.state), ("before", CampaignState::Paused));
    assert_eq!(stage.scheduler.campaign(SECOND).unwrap().total, 1, "the core heard of it");
}

#[test]
fn a_request_that_fails_half_way_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    assert_eq!(stage.submit("amy", &jdl(&["a"], &["c0"])), FIRST);
    // In the way of the last of its rows.
    let other = Connection::open(&stage.path).unwrap();
    let sql = "INSERT INTO couples (campaign, cluster, prologue, epilogue) VALUES (2, 0, 0, 0)";
    other.execute(sql, []).unwrap();
    let mut fails = stage.ask("amy", stage.submission(&jdl(&["b"], &["c0"])));
    let mut hold = stage.ask("amy", Request::Hold(FIRST));
    stage.cycle().unwrap();
    assert!(matches!(fails.try_recv().unwrap(), Err(Refused::NotStored(_))));
    assert_eq!(hold.try_recv().unwrap(), Ok(Receipt::Campaign(FIRST)));
    let count = |table: &str| -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        other.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("campaigns"), count("parameters")), (1, 1));
    other.execute("DELETE FROM couples WHERE campaign = 2", []).unwrap();
    assert_eq!(stage.submit("amy", &jdl(&["b"], &["c0"])), SECOND, "its number was not given");
}
