//! Campaigns that a cluster cannot serve, beside those that it can: the former get an event with the cluster's
//! words, the latter are served at once. On an emulated OAR 2 and an emulated OAR 3.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::grid;
use crate::process::wait_for;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const GRID: &str = "[[cluster]]\nname = \"luke\"\nnodes = 4\ncores_per_node = 4\nscheduler = \"oar\"\n\
    dialect = \"oar2\"\ntask_runtime = \"fixed:10\"\n\
    [[cluster]]\nname = \"dahu\"\nnodes = 4\ncores_per_node = 4\nscheduler = \"oar\"\ndialect = \"oar3\"\n\
    task_runtime = \"fixed:10\"\n";

/// A job description of the cases, on both clusters.
fn case(text: &str) -> Value {
    let mut jdl: Value = serde_json::from_str(text).expect("a case is JSON");
    let settings = jdl["clusters"]["luke"].clone();
    jdl["clusters"]["dahu"] = settings;
    jdl
}

/// Hands a campaign in. Returns its number and what was warned of.
fn submit(daemon: &Daemon, user: &str, jdl: &Value) -> (u64, String) {
    let answer = daemon.post(user, "/campaigns", jdl).expect("the daemon answers");
    let status = answer.status();
    let body: Value = answer.json().expect("the daemon answers in JSON");
    assert_eq!(status, StatusCode::CREATED, "{body}");
    (body["id"].as_u64().expect("a number"), body["warnings"].to_string())
}

/// The messages of the open events of a campaign, blacklists left out, when each of its clusters has one.
fn events(daemon: &Daemon, campaign: u64) -> Vec<(String, String, String)> {
    wait_for("an event on each cluster", PATIENCE, || {
        let answer = daemon.get("alice", &format!("/campaigns/{campaign}/events")).ok()?;
        let body: Value = answer.json().ok()?;
        let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
        let all = body["items"].as_array()?.iter();
        let causes = all.filter(|event| event["code"] != "BLACKLIST");
        let mut told: Vec<_> = causes
            .map(|event| (text(event, "cluster_name"), text(event, "code"), text(event, "message")))
            .collect();
        told.sort();
        (told.len() >= 2).then_some(told)
    })
}

#[test]
fn an_impossible_campaign_starves_nobody_and_its_user_reads_why() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(folder.path(), GRID, 2, "30");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(folder.path(), &config, &["--clock", &emulator.clock()]);
    grid::give_tokens(&daemon, &emulator.clusters);
    grid::give_tokens_to(&daemon, &emulator.clusters, "bob");

    // The first comes before anything was seen of the clusters, the others after that.
    let props = case(include_str!("../data/cases/live-props.json"));
    let (props, _) = submit(&daemon, "alice", &props);
    let told = events(&daemon, props);
    let mut wide = case(include_str!("../data/cases/live-good.json"));
    wide["resources"] = json!("/nodes=1000");
    let (wide, warned) = submit(&daemon, "alice", &wide);
    assert!(warned.contains("1000 of `nodes` are asked for, and there are 4"), "{warned}");
    let mut banana = case(include_str!("../data/cases/live-good.json"));
    banana["properties"] = json!("banana = 3");
    let (banana, warned) = submit(&daemon, "alice", &banana);
    assert!(warned.contains("unknown property `banana`"), "{warned}");

    let good = case(include_str!("../data/cases/live-good.json"));
    let (good, warned) = submit(&daemon, "bob", &good);
    assert_eq!(warned, "null");
    daemon.wait_state(good, "terminated", PATIENCE);

    let scarce = "There are not enough resources for your request";
    for (campaign, words) in [(props, scarce), (wide, scarce), (banana, "property `banana`")] {
        let told = if campaign == props { told.clone() } else { events(&daemon, campaign) };
        let clusters: Vec<&str> = told.iter().map(|(cluster, ..)| cluster.as_str()).collect();
        assert_eq!(clusters, ["dahu", "luke"], "one event a cluster: {told:?}");
        for (_, code, message) in &told {
            assert_eq!(code, "RUNNER_SUBMIT_ERROR", "{message}");
            assert!(message.contains(words), "{message}");
        }
    }
    // Not one a cycle: what was told stays all that was told.
    let again = events(&daemon, props);
    assert_eq!(again, told);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    let log = daemon.log();
    for part in ["user=\"alice\"", "campaign=1", "cluster=\"luke\"", "cluster=\"dahu\"", scarce] {
        assert!(log.contains(part), "`{part}` is not in the log:\n{log}");
    }
    grid::replays(folder.path());
}

#[test]
fn what_is_wrong_for_certain_is_refused_when_it_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let dead =
        "[[cluster]]\nname = \"luke\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n";
    let mut daemon = Daemon::start(folder.path(), dead, &[]);
    let refused = |jdl: &Value| {
        let answer = daemon.post("alice", "/campaigns", jdl).expect("the daemon answers");
        let status = answer.status();
        let body: Value = answer.json().expect("the daemon answers in JSON");
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(body["hint"].is_string(), "{body}");
        body["message"].as_str().expect("a message").to_owned()
    };
    let shipped = [
        (
            include_str!("../data/cases/jdl-bad-properties.json"),
            "`clusters.luke.properties`: column 23",
        ),
        (include_str!("../data/cases/jdl-nodes0.json"), "`clusters.luke.resources`: column 15"),
    ];
    for (text, place) in shipped {
        let jdl: Value = serde_json::from_str(text).expect("a case is JSON");
        assert!(refused(&jdl).contains(place), "{}", refused(&jdl));
    }
    for (key, value) in [
        ("project", "it's"),
        ("project", "a\\b"),
        ("exec_directory", "/home/it's"),
        ("exec_directory", "/home/a\\b"),
        ("exec_file", "run\u{0}"),
        ("exec_file", "run \u{1b}[31m"),
        ("prologue", "a\u{7}"),
        ("epilogue", "a\rb"),
        ("cluster_job_type", "idempotent"),
        ("cluster_job_type", "a b"),
        ("properties", "host = 'a"),
        ("properties", "1=1; drop table jobs"),
        ("resources", "/nodes=2/core=BEST"),
        ("resources", "{host = 'a}/core=1"),
        ("resources", "/core=1,walltime=1"),
        ("resources", "/core=99999999999"),
    ] {
        let mut jdl: Value = serde_json::from_str(include_str!("../data/cases/live-good.json"))
            .expect("a case is JSON");
        jdl["clusters"]["luke"][key] = json!(value);
        let said = refused(&jdl);
        assert!(said.contains(&format!("`clusters.luke.{key}`: ")), "{key} {value:?}: {said}");
        assert!(!said.contains(char::is_control), "{said:?}");
    }
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}
