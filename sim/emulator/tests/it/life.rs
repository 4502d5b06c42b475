//! A job's life as a poller sees it: states that pass, deaths that take their time, jobs that wait
//! for others, planned starts, suspensions and changed walltimes.

use std::sync::Arc;

use gleaner_emulator::behaviour::Behaviours;
use gleaner_emulator::calendar::unix_s;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_emulator::front::answer::Answer;
use gleaner_emulator::front::request::Method;
use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::faults::{NodeChange, NodeFaults, NodeIndex};
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::oar::model::config::{Config, OarCompat, WalltimeChanges};
use gleaner_sim::oar::server::OarServer;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::scheduler::ClusterScheduler;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::catalogue::FlatCluster;
use gleaner_sim::textbook::fcfs::Fcfs;
use gleaner_sim::textbook::harvest::HarvestConfig;
use gleaner_sim::time::{SimSpan, SimTime};
use serde_json::{Value, json};

use crate::one_cluster::{NoTasks, alice, ask, cluster, engine, engine_with, of};

fn post(engine: &mut Engine, user: &str, target: &str, body: &Value) -> Answer {
    let request = of(engine, user, Method::Post, target, &body.to_string());
    ask(engine, &request)
}

fn submit(engine: &mut Engine, body: Value) -> u64 {
    let answer = post(engine, "alice", "/jobs", &body);
    answer.value().and_then(|value| value["id"].as_u64()).expect("a submission is taken")
}

fn get(engine: &mut Engine, target: &str) -> Value {
    let request = alice(engine, Method::Get, target, "");
    ask(engine, &request).value().expect("JSON")
}

fn delete(engine: &mut Engine, id: u64) {
    let request = alice(engine, Method::Delete, &format!("/jobs/{id}"), "");
    assert!(ask(engine, &request).status < 300);
}

fn after_ms(engine: &mut Engine, ms: i64) {
    engine.advance(engine.now() + SimSpan::from_ms(ms));
}

fn state(engine: &Engine, id: u64) -> &'static str {
    engine.table(ClusterIndex(0)).rows()[id as usize - 1].state.as_str()
}

/// The states of a job in order, looked at each tenth of a second.
fn states(engine: &mut Engine, id: u64, seconds: i64) -> Vec<&'static str> {
    let mut seen = vec![state(engine, id)];
    for _ in 0..seconds * 10 {
        after_ms(engine, 100);
        if seen.last() != Some(&state(engine, id)) {
            seen.push(state(engine, id));
        }
    }
    seen
}

fn sleeper(cores: u32, seconds: u32) -> Value {
    let resource = format!("/core={cores},walltime=0:5:0");
    json!({ "command": format!("/bin/sleep {seconds}"), "resource": [resource] })
}

#[test]
fn a_job_passes_through_all_states() {
    for dialect in [Dialect::Oar3, Dialect::Oar2] {
        let mut engine = engine(dialect);
        let id = submit(&mut engine, sleeper(1, 5));
        let want = ["Waiting", "toLaunch", "Launching", "Running", "Finishing", "Terminated"];
        assert_eq!(states(&mut engine, id, 20), want);
    }
}

#[test]
fn a_deletion_takes_its_time() {
    let mut engine = engine(Dialect::Oar2);
    let running = submit(&mut engine, sleeper(16, 100));
    let waiting = submit(&mut engine, sleeper(16, 100));
    after_ms(&mut engine, 10_000);
    assert_eq!((state(&engine, running), state(&engine, waiting)), ("Running", "Waiting"));
    delete(&mut engine, waiting);
    assert_eq!(state(&engine, waiting), "Waiting", "OAR has only been told");
    assert_eq!(states(&mut engine, waiting, 5), ["Waiting", "Error"]);
    delete(&mut engine, running);
    assert_eq!(states(&mut engine, running, 10), ["Running", "Finishing", "Error"]);
    let job = get(&mut engine, &format!("/jobs/{running}"));
    let kinds: Vec<&str> =
        job["events"].as_array().unwrap().iter().filter_map(|e| e["type"].as_str()).collect();
    assert_eq!(kinds, ["FRAG_JOB_REQUEST", "SEND_KILL_JOB", "SWITCH_INTO_ERROR_STATE"]);
    let never = get(&mut engine, &format!("/jobs/{waiting}"));
    assert_eq!(never["message"], "Job killed by Leon directly");
}

/// An emulation of one cluster under another scheduler or with other settings.
fn engine_of(dialect: Dialect, scheduler: Box<dyn ClusterScheduler>, kill: SimSpan) -> Engine {
    let (mut cluster, mut setup) = cluster(dialect, ApiFaults::default(), Vec::new());
    setup.scheduler = scheduler;
    cluster.kill = kill;
    Engine::new(vec![(cluster, setup)], Behaviours::new([], Arc::new(NoTasks)))
}

fn ideal(config: Config) -> Box<dyn ClusterScheduler> {
    Box::new(OarServer::new(4, 4, config, OarRhythm::ideal()).unwrap())
}

#[test]
fn a_job_waits_for_those_it_depends_on() {
    let mut engine = engine(Dialect::Oar2);
    let first = submit(&mut engine, sleeper(1, 20));
    let mut dependent = sleeper(1, 1);
    dependent["anterior"] = json!(first.to_string());
    let second = submit(&mut engine, dependent.clone());
    after_ms(&mut engine, 15_000);
    assert_eq!((state(&engine, first), state(&engine, second)), ("Running", "Waiting"));
    assert_eq!(get(&mut engine, &format!("/jobs/{second}"))["dependencies"], json!([first]));
    after_ms(&mut engine, 30_000);
    assert_eq!((state(&engine, first), state(&engine, second)), ("Terminated", "Terminated"));
    // What failed blocks for ever, what was killed does not.
    let failing = submit(&mut engine, json!({ "command": "exit 3" }));
    dependent["anterior"] = json!(failing.to_string());
    let blocked = submit(&mut engine, dependent.clone());
    let killed = submit(&mut engine, sleeper(1, 100));
    dependent["anterior"] = json!([killed.to_string()]);
    let free = submit(&mut engine, dependent.clone());
    after_ms(&mut engine, 15_000);
    delete(&mut engine, killed);
    dependent["anterior"] = json!(99_999);
    let lost = submit(&mut engine, dependent);
    after_ms(&mut engine, 60_000);
    let seen = [failing, blocked, killed, free, lost].map(|id| state(&engine, id));
    assert_eq!(seen, ["Terminated", "Waiting", "Error", "Terminated", "Waiting"]);
}

#[test]
fn a_job_on_hold_holds_its_dependents_back() {
    let mut engine = engine(Dialect::Oar3);
    let mut held = sleeper(1, 5);
    held["hold"] = json!(true);
    let held = submit(&mut engine, held);
    let mut dependent = sleeper(1, 1);
    dependent["after"] = json!([held]);
    let dependent = submit(&mut engine, dependent);
    after_ms(&mut engine, 30_000);
    assert_eq!((state(&engine, held), state(&engine, dependent)), ("Hold", "Waiting"));
    post(&mut engine, "alice", &format!("/jobs/{held}/resumptions/new"), &Value::Null);
    after_ms(&mut engine, 60_000);
    assert_eq!((state(&engine, held), state(&engine, dependent)), ("Terminated", "Terminated"));
}

#[test]
fn a_waiting_job_is_told_when_and_where_it_is_to_start() {
    let mut engine = engine(Dialect::Oar2);
    submit(&mut engine, sleeper(16, 100));
    after_ms(&mut engine, 5_000);
    let id = submit(&mut engine, sleeper(2, 5));
    after_ms(&mut engine, 5_000);
    let job = get(&mut engine, &format!("/jobs/{id}/details"));
    let planned = job["scheduled_start"].as_i64().expect("a planned start");
    assert!(planned > unix_s(engine.now()) + 200, "{planned}");
    assert_eq!((&job["state"], &job["start_time"]), (&json!("Waiting"), &json!(0)));
    assert_eq!(job["walltime"], 300);
    assert_eq!(job["resources"].as_array().unwrap().len(), 2);
    assert_eq!(job["resources"][0]["status"], "scheduled");
    assert!(job["message"].as_str().unwrap().contains("Karma"), "{job}");
    let mut engine = self::engine(Dialect::Oar3);
    submit(&mut engine, sleeper(16, 100));
    after_ms(&mut engine, 10_000);
    let id = submit(&mut engine, sleeper(2, 5));
    after_ms(&mut engine, 10_000);
    let job = get(&mut engine, &format!("/jobs/{id}?details=1"));
    assert!(job["start_time"].as_i64().unwrap() > unix_s(engine.now()) + 200, "{job}");
    assert_eq!(job["message"], "R=2,W=301,J=P,Q=default");
}

#[test]
fn administrators_suspend_running_jobs() {
    // OAR's own code compares a job that was suspended with that time alone, and kills it.
    let config = Config { compat: OarCompat::Intended, ..Config::default() };
    let server = OarServer::new(4, 4, config, OarRhythm::real()).unwrap();
    let mut engine = engine_of(Dialect::Oar2, Box::new(server), SimSpan::ZERO);
    let id = submit(&mut engine, sleeper(4, 60));
    after_ms(&mut engine, 10_000);
    let hold = format!("/jobs/{id}/rholds/new");
    assert_eq!(post(&mut engine, "alice", &hold, &Value::Null).status, 400);
    assert_eq!(state(&engine, id), "Running");
    assert_eq!(post(&mut engine, "oar", &hold, &Value::Null).status, 202);
    assert_eq!(state(&engine, id), "Suspended");
    after_ms(&mut engine, 100_000);
    assert_eq!(state(&engine, id), "Suspended", "it does not run");
    let resume = format!("/jobs/{id}/resumptions/new");
    assert_eq!(post(&mut engine, "oar", &resume, &Value::Null).status, 202);
    assert_eq!(states(&mut engine, id, 90)[1..], ["Running", "Finishing", "Terminated"]);
}

#[test]
fn walltimes_change_where_the_server_allows_it() {
    let change = |walltime: &str| json!({ "method": "walltime-change", "walltime": walltime });
    let packaged = &mut engine(Dialect::Oar2);
    submit(packaged, sleeper(1, 400));
    after_ms(packaged, 10_000);
    assert_eq!(post(packaged, "alice", "/jobs/1", &change("+0:10:0")).status, 405);
    let changes = WalltimeChanges { increase_max_s: 3600, ..WalltimeChanges::default() };
    let config = Config { walltime_changes: Some(changes), ..Config::default() };
    let engine = &mut engine_of(Dialect::Oar2, ideal(config), SimSpan::ZERO);
    let id = submit(engine, sleeper(1, 400));
    after_ms(engine, 10_000);
    let target = format!("/jobs/{id}");
    assert_eq!(post(engine, "bob", &target, &change("+0:10:0")).status, 403);
    assert_eq!(post(engine, "alice", &target, &change("x")).status, 400);
    assert_eq!(post(engine, "alice", &target, &change("+9:0:0")).status, 403);
    let accepted = post(engine, "alice", &target, &change("+0:10:0"));
    assert_eq!(accepted.status, 202, "{accepted:?}");
    after_ms(engine, 5_000);
    assert_eq!(get(engine, &target)["walltime"], 900);
    after_ms(engine, 500_000);
    assert_eq!(state(engine, id), "Terminated", "it was not killed after five minutes");
}

#[test]
fn a_dead_process_costs_the_next_request_an_answer() {
    let faults = ApiFaults { process_life: Some(100), ..ApiFaults::default() };
    let mut engine = engine_with(Dialect::Oar2, faults);
    let good = alice(&engine, Method::Get, "/jobs", "");
    let deadly = alice(&engine, Method::Post, "/jobs", "[]");
    assert_eq!(ask(&mut engine, &good).status, 200);
    assert_eq!(ask(&mut engine, &deadly).status, 500);
    let next = ask(&mut engine, &good);
    assert_eq!((next.status, next.content_type), (500, Some("text/html; charset=iso-8859-1")));
    assert_eq!(ask(&mut engine, &good).status, 200, "there is a new process");
}

fn fcfs() -> Box<dyn ClusterScheduler> {
    let harvest = HarvestConfig::default();
    FlatCluster { cores: 16, rhythm: Rhythm::Event, harvest }.under(Fcfs::default())
}

#[test]
fn under_a_textbook_scheduler_the_emulator_does_what_oar_would() {
    let mut engine = engine_of(Dialect::Oar2, fcfs(), SimSpan::from_s(3));
    let first = submit(&mut engine, sleeper(1, 100));
    let mut dependent = sleeper(1, 5);
    dependent["anterior"] = json!(first.to_string());
    let second = submit(&mut engine, dependent);
    after_ms(&mut engine, 10_000);
    assert_eq!((state(&engine, first), state(&engine, second)), ("Running", "Waiting"));
    delete(&mut engine, first);
    after_ms(&mut engine, 2_900);
    assert_eq!((state(&engine, first), state(&engine, second)), ("Running", "Waiting"));
    after_ms(&mut engine, 200);
    assert_eq!((state(&engine, first), state(&engine, second)), ("Error", "Running"));
}

#[test]
fn a_failed_node_is_suspected_until_it_is_repaired() {
    for scheduler in [ideal(Config::default()), fcfs()] {
        let (cluster, mut setup) = cluster(Dialect::Oar3, ApiFaults::default(), Vec::new());
        let change =
            |time_s, up| NodeChange { time: SimTime::from_s(time_s), node: NodeIndex(2), up };
        setup.scheduler = scheduler;
        setup.faults = NodeFaults::Listed(vec![change(10, false), change(20, true)]);
        let behaviours = Behaviours::new([], Arc::new(NoTasks));
        let mut engine = Engine::new(vec![(cluster, setup)], behaviours);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let resources = get(&mut engine, "/resources");
            let items = resources["items"].as_array().unwrap().iter();
            let alive = items.map(|item| u8::from(item["state"] == "Alive"));
            seen.push(alive.collect::<Vec<u8>>());
            after_ms(&mut engine, 10_000);
        }
        let failed = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1];
        assert_eq!(seen, [[1; 16], failed, [1; 16]]);
    }
}
