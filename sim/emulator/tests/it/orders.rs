//! Orders about jobs change what a poller sees, and preemption, holds, copies and files are as on a
//! real cluster.

use std::sync::Arc;

use gleaner_emulator::behaviour::Behaviours;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_emulator::front::request::Method;
use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::sizes::{Leave, SizeChange, Sizes};
use gleaner_sim::time::{SimSpan, SimTime};
use serde_json::{Value, json};

use crate::one_cluster::{NoTasks, alice, ask, cluster, engine, engine_with, of};

fn submit(engine: &mut Engine, body: Value) -> u64 {
    let request = alice(engine, Method::Post, "/jobs", &body.to_string());
    let answer = ask(engine, &request);
    answer.value().and_then(|value| value["id"].as_u64()).expect("a submission is taken")
}

fn states(engine: &Engine) -> Vec<&'static str> {
    engine.table(ClusterIndex(0)).rows().iter().map(|row| row.state.as_str()).collect()
}

fn kinds(engine: &Engine, at: usize) -> Vec<&str> {
    let row = &engine.table(ClusterIndex(0)).rows()[at];
    row.events.iter().map(|event| &*event.kind).collect()
}

fn after(engine: &mut Engine, seconds: i64) {
    engine.advance(engine.now() + SimSpan::from_s(seconds));
}

fn besteffort(cores: u32) -> Value {
    let resource = format!("/core={cores},walltime=1");
    json!({ "command": "/bin/sleep 900", "type": ["besteffort"], "resource": [resource] })
}

#[test]
fn a_normal_job_kills_the_best_effort_job_in_its_way() {
    let mut engine = engine(Dialect::Oar3);
    submit(&mut engine, besteffort(12));
    submit(&mut engine, besteffort(4));
    after(&mut engine, 30);
    assert_eq!(states(&engine), ["Running", "Running"]);
    submit(&mut engine, json!({ "command": "/bin/sleep 5", "resource": ["/core=3,walltime=1"] }));
    after(&mut engine, 60);
    assert_eq!(states(&engine).iter().filter(|state| **state == "Error").count(), 1);
    assert_eq!(states(&engine)[2], "Terminated");
    let victim = states(&engine).iter().position(|state| *state == "Error").unwrap();
    let want = [
        "SCHEDULER_PRIORITY_UPDATED_START",
        "BESTEFFORT_KILL",
        "FRAG_JOB_REQUEST",
        "SEND_KILL_JOB",
        "SWITCH_INTO_ERROR_STATE",
        "SCHEDULER_PRIORITY_UPDATED_STOP",
    ];
    assert_eq!(kinds(&engine, victim), want);
}

#[test]
fn a_job_on_hold_waits_for_its_resumption() {
    let mut engine = engine(Dialect::Oar3);
    submit(&mut engine, json!({ "command": "/bin/true", "hold": true }));
    after(&mut engine, 100);
    assert_eq!(states(&engine), ["Hold"]);
    let resume = alice(&engine, Method::Post, "/jobs/1/resumptions/new", "");
    assert_eq!(ask(&mut engine, &resume).value().unwrap()["exit_status"], 0);
    after(&mut engine, 100);
    assert_eq!(states(&engine), ["Terminated"]);
}

#[test]
fn a_waiting_job_can_be_held_and_deleted() {
    let mut engine = engine(Dialect::Oar3);
    submit(&mut engine, json!({ "command": "/bin/sleep 900", "resource": ["/core=16"] }));
    submit(&mut engine, json!({ "command": "/bin/sleep 900", "resource": ["/core=16"] }));
    after(&mut engine, 20);
    assert_eq!(states(&engine), ["Running", "Waiting"]);
    let hold = alice(&engine, Method::Post, "/jobs/2/hold/new", "");
    assert_eq!(ask(&mut engine, &hold).value().unwrap()["exit_status"], 0);
    assert_eq!(states(&engine), ["Running", "Hold"]);
    let delete = alice(&engine, Method::Delete, "/jobs/2", "");
    assert_eq!(ask(&mut engine, &delete).value().unwrap()["exit_status"], 0);
    after(&mut engine, 20);
    assert_eq!(states(&engine), ["Running", "Error"]);
    let again = ask(&mut engine, &delete).value().unwrap();
    assert_eq!(again["exit_status"], 6, "{again}");
}

#[test]
fn oar_copies_an_idempotent_victim_by_itself() {
    let mut engine = engine(Dialect::Oar3);
    let mut job = besteffort(16);
    job["type"] = json!(["besteffort", "idempotent"]);
    submit(&mut engine, job);
    after(&mut engine, 30);
    submit(&mut engine, json!({ "command": "/bin/sleep 5", "resource": ["/core=1,walltime=1"] }));
    after(&mut engine, 60);
    let rows = engine.table(ClusterIndex(0)).rows();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[2].copy_of, Some(rows[0].number));
    assert_eq!(rows[2].array, rows[0].array);
    assert!(kinds(&engine, 0).contains(&"RESUBMIT_JOB_AUTOMATICALLY"));
}

#[test]
fn output_is_there_for_its_readers() {
    let mut engine = engine(Dialect::Oar2);
    let body = json!({ "command": "/bin/bash -c 'echo one; echo two; echo err >&2'" }).to_string();
    let request = alice(&engine, Method::Post, "/jobs", &body);
    assert_eq!(ask(&mut engine, &request).status, 201);
    let read = |engine: &mut Engine, target: &str| {
        let request = alice(engine, Method::Get, target, "");
        let answer = ask(engine, &request);
        match answer.body {
            gleaner_emulator::body::Body::Bytes(bytes) => {
                (answer.status, String::from_utf8(bytes).unwrap())
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read(&mut engine, "/media/~/OAR.1.stdout").0, 404, "not yet");
    after(&mut engine, 60);
    assert_eq!(read(&mut engine, "/media/~/OAR.1.stdout"), (200, "one\ntwo\n".to_owned()));
    assert_eq!(read(&mut engine, "/media/~/OAR.1.stdout?tail=1"), (200, "two\n".to_owned()));
    assert_eq!(read(&mut engine, "/media/home/alice/OAR.1.stderr"), (200, "err\n".to_owned()));
}

#[test]
fn a_wedged_api_stays_wedged_until_it_is_restarted() {
    for wedge in [false, true] {
        let faults = ApiFaults { wedge, ..ApiFaults::default() };
        let mut engine = engine_with(Dialect::Oar3, faults);
        let bad = alice(&engine, Method::Get, "/jobs?states=Nosuch", "");
        let good = alice(&engine, Method::Get, "/jobs", "");
        assert_eq!(ask(&mut engine, &good).status, 200);
        assert_eq!(ask(&mut engine, &bad).status, 500);
        assert_eq!(ask(&mut engine, &good).status, if wedge { 500 } else { 200 });
        engine.restart(ClusterIndex(0));
        assert_eq!(ask(&mut engine, &good).status, 200);
    }
}

#[test]
fn anybodys_token_submits_in_their_name() {
    let mut engine = engine(Dialect::Oar3);
    let request = of(&engine, "bob", Method::Post, "/jobs", r#"{"command": "/bin/true"}"#);
    assert_eq!(ask(&mut engine, &request).status, 200);
    assert_eq!(&*engine.table(ClusterIndex(0)).rows()[0].description.user, "bob");
}

#[test]
fn resources_of_nodes_that_are_not_there_are_dead_until_they_come() {
    let (cluster, mut setup) = cluster(Dialect::Oar3, ApiFaults::default(), Vec::new());
    let change = |time_s, nodes| SizeChange {
        time: SimTime::from_s(time_s),
        nodes,
        leave: Leave::default(),
    };
    setup.sizes = Sizes { at_start: Some(1), changes: vec![change(100, 4), change(200, 3)] };
    let mut engine = Engine::new(vec![(cluster, setup)], Behaviours::new([], Arc::new(NoTasks)));
    let alive = |engine: &mut Engine, at_s| {
        engine.advance(SimTime::from_s(at_s));
        let request = alice(engine, Method::Get, "/resources?limit=100", "");
        let answer = ask(engine, &request).value().expect("resources are listed");
        let items = answer["items"].as_array().expect("a list").clone();
        let of = |state: &str| items.iter().filter(|item| item["state"] == state).count();
        assert_eq!(of("Alive") + of("Dead"), 16);
        of("Alive")
    };
    assert_eq!([50, 150, 250].map(|at_s| alive(&mut engine, at_s)), [4, 16, 12]);
    let root = of(&engine, "oar", Method::Post, "/resources/16/state", r#"{"state":"Alive"}"#);
    ask(&mut engine, &root);
    assert_eq!(alive(&mut engine, 260), 12);
}
