//! Faults of the API and of the cluster behind it happen as asked: effects happen or not, lists lie.

use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_emulator::front::entry::{Reply, reply};
use gleaner_emulator::front::request::Method;
use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::time::SimSpan;

use crate::one_cluster::{alice, ask, engine_with};

const ARRAY: &str = r#"{"command": "/bin/sleep 5", "array": 10}"#;

/// Sends one array to an API with these faults. Returns the status (0 for none), how many jobs it
/// left, and the engine.
fn sent(faults: ApiFaults) -> (u16, usize, Engine) {
    let mut engine = engine_with(Dialect::Oar3, faults);
    let request = alice(&engine, Method::Post, "/jobs", ARRAY);
    let status = match reply(&mut engine, ClusterIndex(0), &request, 0) {
        Reply::Answer { answer, .. } => answer.status,
        Reply::Silence(_) | Reply::Reset => 0,
    };
    let jobs = engine.table(ClusterIndex(0)).len();
    (status, jobs, engine)
}

#[test]
fn effects_happen_or_do_not() {
    let check = |faults: ApiFaults, status: u16, jobs: usize| {
        let (got_status, got_jobs, _) = sent(faults.clone());
        assert_eq!((got_status, got_jobs), (status, jobs), "{faults:?}");
    };
    let usual = ApiFaults::default;
    check(usual(), 200, 10);
    check(ApiFaults { timeout_before: 1.0, ..usual() }, 0, 0);
    check(ApiFaults { timeout_after: 1.0, ..usual() }, 0, 10);
    check(ApiFaults { error_before: 1.0, ..usual() }, 500, 0);
    check(ApiFaults { error_after: 1.0, ..usual() }, 500, 10);
    check(ApiFaults { bad_gateway: 1.0, ..usual() }, 502, 0);
    check(ApiFaults { unavailable: 1.0, ..usual() }, 503, 0);
    check(ApiFaults { unauthorized: 1.0, ..usual() }, 401, 0);
    check(ApiFaults { reset: 1.0, ..usual() }, 0, 0);
    check(ApiFaults { wrong_content_type: 1.0, ..usual() }, 200, 10);
    check(ApiFaults { truncated_body: 1.0, ..usual() }, 200, 10);
}

#[test]
fn a_part_of_an_array_is_left() {
    let (status, jobs, _) = sent(ApiFaults { partial_array: 1.0, ..ApiFaults::default() });
    assert_eq!(status, 500);
    assert!(jobs < 10, "{jobs}");
}

#[test]
fn a_late_submission_lands_later() {
    let late_by = SimSpan::from_s(20);
    let (status, jobs, mut engine) =
        sent(ApiFaults { late_post: 1.0, late_by, ..ApiFaults::default() });
    assert_eq!((status, jobs), (0, 0));
    engine.advance(engine.now() + SimSpan::from_s(19));
    assert_eq!(engine.table(ClusterIndex(0)).len(), 0);
    engine.advance(engine.now() + SimSpan::from_s(1));
    assert_eq!(engine.table(ClusterIndex(0)).len(), 10);
}

fn listed(faults: ApiFaults, target: &str) -> serde_json::Value {
    let mut engine = engine_with(Dialect::Oar3, faults);
    let request = alice(&engine, Method::Post, "/jobs", ARRAY);
    assert_eq!(ask(&mut engine, &request).status, 200);
    engine.advance(engine.now() + SimSpan::from_s(25));
    let request = alice(&engine, Method::Get, target, "");
    ask(&mut engine, &request).value().expect("a list")
}

#[test]
fn lists_lie_as_asked() {
    let usual = ApiFaults::default;
    let honest = listed(usual(), "/jobs?array=1&details=1");
    assert_eq!(honest["items"].as_array().unwrap().len(), 10);
    assert_eq!(honest["items"][0]["state"], "Terminated");
    let missing = listed(ApiFaults { missing_job: 0.5, ..usual() }, "/jobs?array=1");
    let shown = missing["items"].as_array().unwrap().len();
    assert!((1..10).contains(&shown), "{shown}");
    let stale_by = SimSpan::from_s(21);
    let stale = ApiFaults { stale_list: 1.0, stale_by, ..usual() };
    assert_eq!(listed(stale, "/jobs?array=1")["items"][0]["state"], "Running");
    let older = ApiFaults { stale_list: 1.0, stale_by: SimSpan::from_s(60), ..usual() };
    assert_eq!(listed(older, "/jobs?array=1")["total"], 0);
    let twice = listed(ApiFaults { duplicate_event: 1.0, ..usual() }, "/jobs/1?details=1");
    let events = |job: &serde_json::Value| job["events"].as_array().unwrap().len();
    assert_eq!(events(&twice), 2 * events(&honest["items"][0]));
    let skewed = listed(ApiFaults { clock_skew_s: -30, ..usual() }, "/jobs/1?details=1");
    assert_eq!(skewed["submission_time"], 1_000_000_000 - 30);
}
