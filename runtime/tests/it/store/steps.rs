//! A clock that is set while a daemon runs, or while none does: decisions go on, dates are right again
//! when the clock is, and operators hear of it.

use std::fs;
use std::path::{Path, PathBuf};

use gleaner_api::states::EventClass;
use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, EventId};
use gleaner_core::policy::injection;
use gleaner_core::time::Timestamp;
use gleaner_runtime::clock::{Clock, Shift};
use gleaner_runtime::driver::ToDriver;
use gleaner_runtime::order::{Order, OrderAction};
use gleaner_runtime::replay::{Replayed, replay};
use gleaner_runtime::request::Request;
use gleaner_runtime::store::Store;
use gleaner_runtime::store::views::StoredViews;
use gleaner_runtime::views::rows::EventRow;
use gleaner_runtime::views::{Page, Views};

use crate::store::stage::{Stage, config, jdl, job, settings};

const START_S: i64 = 1_795_174_467;
const DAY_S: i64 = 86_400;
const FIRST: CampaignId = CampaignId(1);
const C0: ClusterId = ClusterId(0);

/// The file that sets the clock.
fn shift_file(folder: &Path) -> PathBuf {
    folder.join("shift")
}

fn set(folder: &Path, seconds: i64) {
    fs::write(shift_file(folder), seconds.to_string()).unwrap();
}

/// A driver whose machine knows the true time `true_s`, and shows what the file makes of it.
fn begun(folder: &Path, true_s: i64) -> Stage {
    let shift = Shift::by(shift_file(folder)).unwrap();
    let clock = Clock::paced(true_s as f64, 0.0).shifted(shift);
    let store = Store::open(&folder.join("gleaner.db")).unwrap();
    Stage::begin_by(store, config(1, "greedy"), settings(1000), clock).unwrap()
}

fn events(stage: &Stage) -> Vec<EventRow> {
    let views = StoredViews::open(&stage.path).unwrap();
    views.global_events(Page { offset: 0, limit: 100 }).unwrap().0
}

fn submitted_at(stage: &Stage, campaign: CampaignId) -> i64 {
    let views = StoredViews::open(&stage.path).unwrap();
    views.campaign(campaign).unwrap().unwrap().submitted_at.seconds()
}

type Sent = Vec<(ClusterId, Order)>;

/// A campaign of one task comes in. Returns what is sent.
fn submit(stage: &mut Stage) -> Sent {
    let request = stage.submission(&jdl(&["a"], &["c0"]));
    let mut answer = stage.ask("amy", request);
    stage.tell(0, Vec::new());
    let sent = stage.cycle().unwrap();
    assert!(answer.try_recv().expect("it was answered").is_ok());
    sent
}

/// Lets the one order that was sent be done, and returns what is sent for the next campaign.
fn go_on(stage: &mut Stage, sent: &Sent, id: u64) -> Sent {
    let [(cluster, order)] = &sent[..] else { panic!("one order, and not {sent:?}") };
    let (cluster, job) = (*cluster, job(id));
    let outcome = gleaner_core::fact::Outcome::Exited(0);
    let accepted = Fact::CommandAccepted { command: order.command, jobs: vec![job] };
    let ended = Fact::JobEnded { cluster, job, at: stage.now, outcome };
    stage.tell(0, vec![accepted, ended]);
    submit(stage)
}

/// The one order without an answer, as whoever begins on the store gets it.
fn unanswered(stage: &mut Stage) -> Sent {
    let orders = std::mem::take(&mut stage.starts[0].unanswered);
    orders.into_iter().map(|order| (C0, order)).collect()
}

#[test]
fn a_clock_that_is_set_back_and_forth_stops_no_decision_and_leaves_no_date_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    set(here, 0);
    let mut stage = begun(here, START_S);
    let mut sent = submit(&mut stage);
    let shown = [-300, 365 * DAY_S, 0, 365 * DAY_S];
    for (id, shift_s) in (2..).zip(shown) {
        set(here, shift_s);
        sent = go_on(&mut stage, &sent, id);
        let campaign = CampaignId(u32::try_from(id).unwrap());
        assert_eq!(submitted_at(&stage, campaign), START_S + shift_s, "as the clock shows");
    }
    stage.stop();
    set(here, -DAY_S);
    let mut stage = begun(here, START_S + 60);
    let sent = unanswered(&mut stage);
    let sent = go_on(&mut stage, &sent, 6);
    set(here, 0);
    assert_eq!(go_on(&mut stage, &sent, 7).len(), 1);
    assert_eq!(submitted_at(&stage, CampaignId(6)), START_S + 60 - DAY_S);
    assert_eq!(submitted_at(&stage, CampaignId(7)), START_S + 60, "right again");
    let path = stage.path.clone();
    stage.stop();
    let played = replay(&path, &injection::standard(), None, &mut |_, _| ()).unwrap();
    assert!(matches!(played, Replayed::Same { .. }), "{played:?}");
}

#[test]
fn a_store_whose_last_time_lies_in_a_far_future_still_schedules() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    set(here, 0);
    let future_s = START_S + 3650 * DAY_S;
    let mut stage = begun(here, future_s);
    submit(&mut stage);
    stage.stop();
    // As a release wrote it that knew of one time only.
    let store = rusqlite::Connection::open(here.join("gleaner.db")).unwrap();
    store.execute_batch("DELETE FROM meta WHERE key = 'clock'").unwrap();
    drop(store);
    let mut stage = begun(here, START_S);
    assert!(stage.now >= Timestamp::from_seconds(future_s), "grid time never goes back");
    let sent = unanswered(&mut stage);
    assert_eq!(go_on(&mut stage, &sent, 1).len(), 1);
    assert_eq!(submitted_at(&stage, FIRST), future_s, "what was written stays");
    assert_eq!(submitted_at(&stage, CampaignId(2)), START_S);
    let [event] = &events(&stage)[..] else { panic!("one event") };
    assert_eq!((event.code.as_str(), event.class), ("CLOCK_STEP", EventClass::Cluster));
}

#[test]
fn a_step_is_an_event_until_an_administrator_has_seen_it() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    set(here, 0);
    let mut stage = begun(here, START_S);
    stage.cycle().unwrap();
    set(here, 5);
    stage.cycle().unwrap();
    assert_eq!(events(&stage), [], "clocks are corrected by seconds all the time");
    set(here, 3605);
    stage.cycle().unwrap();
    stage.cycle().unwrap();
    let [first] = &events(&stage)[..] else { panic!("one event, told once") };
    assert_eq!(first.opened_at.seconds(), START_S + 3605);
    assert!(first.message.as_deref().unwrap().contains("set forward by 3605 s"), "{first:?}");
    set(here, 0);
    stage.cycle().unwrap();
    let [second] = &events(&stage)[..] else { panic!("the last is shown") };
    assert!(second.message.as_deref().unwrap().contains("set back by 3605 s"), "{second:?}");
    let fix = |event: EventId| Request::FixEvent { event, retry: false };
    assert!(stage.asked("amy", fix(second.id)).is_err(), "it is nobody's campaign's");
    stage.asked("boss", fix(second.id)).unwrap();
    assert_eq!(events(&stage), []);
}

#[test]
fn a_command_is_noted_with_its_lease_by_the_clusters_clock() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    set(here, -7200);
    let mut stage = begun(here, START_S);
    // Whatever our clock shows, the cluster's is 100 s ahead of what we go by.
    stage.to_driver.send(ToDriver::Clock(C0, Some(100))).unwrap();
    let sent = submit(&mut stage);
    let lease = |order: &Order| match &order.action {
        OrderAction::Submit(batch) => batch.lease_there.map(Timestamp::seconds),
        OrderAction::Cancel { .. } => panic!("a submission"),
    };
    let expected = Some(stage.now.seconds() + 1200 + 100);
    assert_eq!(lease(&sent[0].1), expected);
    drop(stage);
    set(here, DAY_S);
    let mut stage = begun(here, START_S + 1);
    let sent = unanswered(&mut stage);
    assert_eq!(lease(&sent[0].1), expected, "known to whoever looks for its jobs");
    let sent = go_on(&mut stage, &sent, 1);
    assert_eq!(lease(&sent[0].1), None, "not measured yet: it will not be sent");
}
