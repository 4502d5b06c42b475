//! What a real CiGri asked of two real servers during its campaigns, put to the emulator in order:
//! every answer has the recorded status and shape, and what CiGri looks for is there.

use gleaner_emulator::calendar::unix_s;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_sim::time::{SimSpan, SimTime};
use serde_json::{Value, json};

use crate::one_cluster::{ask, engine};
use crate::recorded::{Session, folder, read};
use crate::shape::difference;

/// Exchanges that are not asked, and why.
fn excuse(exchange: &Value) -> Option<&'static str> {
    let path = exchange["path"].as_str().unwrap();
    if path.contains("cigri_batch_state") {
        return Some("written by the job's own script, which is not run");
    }
    if path.contains("/media/nonexistent/") || path.contains("params.txt") {
        return Some("depends on directories and modes of the recorded machine");
    }
    if path.contains("OAR.cigri.25.33.") {
        return Some("asked before the job starts here: those before it run longer");
    }
    let deletes = exchange["method"] == "DELETE";
    if deletes && (path.ends_with("/45") || path.ends_with("/78")) {
        return Some("depends on how long the recorded script ran");
    }
    None
}

fn replay(file: &str, dialect: Dialect) {
    let exchanges = read(&folder("cigri3").join(file));
    let mut engine = engine(dialect);
    let mut session = Session::new(dialect);
    let (mut failures, mut compared) = (Vec::new(), 0);
    for (at, exchange) in exchanges.as_array().unwrap().iter().enumerate() {
        if excuse(exchange).is_some() {
            continue;
        }
        // Ten seconds late, so that what had been seen by then is to be seen here.
        let date = SimTime::from_ms((exchange["t"].as_f64().unwrap() * 1000.0) as i64);
        engine.advance((engine.start() + SimSpan::from_ms(date.ms())).max(engine.now()));
        let request = request(&session, &engine, exchange);
        let ours = ask(&mut engine, &request);
        compared += 1;
        let what = format!("{at} {} {}", exchange["method"], exchange["path"]);
        let status = exchange["status"].as_u64().unwrap();
        if u64::from(ours.status) != status {
            failures.push(format!("{what}: status {}, recorded {status}", ours.status));
            continue;
        }
        let theirs = exchange.get("json").filter(|json| !json.is_null());
        if let (Some(theirs), Some(ours)) = (theirs, ours.value()) {
            let wrong = difference(&ours, theirs, "");
            failures.extend(wrong.filter(|w| !w.contains(".mem")).map(|w| format!("{what}: {w}")));
            learn(&mut session, exchange, theirs, &ours);
        }
    }
    assert!(failures.is_empty(), "{} of {compared}:\n{}", failures.len(), failures.join("\n"));
    assert!(compared > 40, "only {compared} exchanges were compared");
    every_campaign_job_is_over(&mut engine);
}

fn request(
    session: &Session,
    engine: &Engine,
    exchange: &Value,
) -> gleaner_emulator::front::request::Request {
    let recorded = json!({
        "method": exchange["method"], "path": exchange["path"], "headers": exchange["headers"],
        "body": exchange["body"],
    });
    let mut request = session.request(engine, "", &recorded, unix_s(engine.now()));
    // Each token was stored for its user; the recording does not show whose it was.
    if request.authorization.is_some() && session.dialect == Dialect::Oar3 {
        let tokens = &engine.cluster(gleaner_sim::job::ClusterIndex(0)).tokens;
        let token = tokens.token("alice", unix_s(engine.now())).unwrap();
        request.authorization = Some(format!("Bearer {token}"));
    }
    request
}

fn learn(session: &mut Session, exchange: &Value, theirs: &Value, ours: &Value) {
    if exchange["method"] != "POST" {
        return;
    }
    if let (Some(theirs), Some(ours)) = (theirs["id"].as_u64(), ours["id"].as_u64()) {
        let file = exchange["body"]["param_file"].as_str().unwrap_or("one");
        session.learn(theirs, ours, file.lines().count() as u64);
    }
}

/// After the dialogue and an hour, nothing is left behind.
fn every_campaign_job_is_over(engine: &mut Engine) {
    engine.advance(engine.now() + SimSpan::from_s(3600));
    let table = engine.table(gleaner_sim::job::ClusterIndex(0));
    assert!(!table.is_empty());
    for row in table.rows() {
        assert!(row.state.is_final(), "job {} is {}", row.number.0, row.state.as_str());
    }
}

#[test]
fn a_campaign_on_oar_3() {
    replay("dialogue-oar3.json", Dialect::Oar3);
}

#[test]
fn a_campaign_on_oar_2() {
    replay("dialogue-oar2.json", Dialect::Oar2);
}

#[test]
fn a_busy_mix_of_campaigns_on_oar_2() {
    replay("dialogue-oar2-mixed.json", Dialect::Oar2);
}
