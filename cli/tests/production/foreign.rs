//! A policy that is registered from outside of the core, in simulation, in a daemon and in a replay of its
//! journal: alone on one cluster, and within `min` on another.

mod steady;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use gleaner_core::ids::{CampaignId, TaskId};
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::injection;
use gleaner_experiments::built::Built;
use gleaner_experiments::run::record;
use gleaner_reports::recorder::Recorder;
use gleaner_runtime::api::server::door::Doors;
use gleaner_runtime::config_file::read::read_config;
use gleaner_runtime::daemon::error::DaemonError;
use gleaner_runtime::daemon::life::ControlSignal;
use gleaner_runtime::daemon::start::{Start, serve};
use gleaner_runtime::daemon::workers;
use gleaner_runtime::replay::{Replayed, replay};
use gleaner_scenarios::read::parse_scenario;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::observer::Unobserved;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::daemon::{SECRET, SECRET_HEADER, write_secret};
use crate::emulator::{EmulatedCluster, Emulator};

const PATIENCE: Duration = Duration::from_secs(120);

const CLUSTERS: &str = r#"
[[cluster]]
name = "terre"
nodes = 2
cores_per_node = 4
dialect = "oar2"
task_runtime = "fixed:60"

[[cluster]]
name = "lune"
nodes = 1
cores_per_node = 4
dialect = "oar2"
task_runtime = "fixed:60"
"#;

const GRID: &str = r#"
until = "280s"

[grid.policies]
terre = "steady:jobs=3"
lune = { name = "min", of = [{ name = "steady", jobs = 2 }, "greedy"] }

[[campaign]]
name = "held"
tasks = 500
runtime = "fixed:60"
"#;

/// Our policies, and one that the core has never heard of.
fn catalogue() -> Catalogue {
    let mut catalogue = injection::standard();
    catalogue.register(steady::entry());
    catalogue
}

fn gleaner(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
    let done = command.current_dir(folder).args(arguments).output().expect("it can be called");
    let said = String::from_utf8(done.stderr).expect("the command speaks UTF-8");
    let said = said.replace(['│', '×', '├', '╰', '─', '▶'], " ");
    (done.status.code(), said.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What the command says that has our policies only.
const UNKNOWN: &str = "unknown policy `steady`";

#[test]
fn a_simulation_takes_it_and_tells_its_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{GRID}{CLUSTERS}");
    let catalogue = Arc::new(catalogue());
    let scenario =
        parse_scenario("foreign", "foreign.toml", &text, folder.path(), None, &catalogue).unwrap();
    let built = Built::new(scenario, &Traces::default(), catalogue).unwrap();
    let out = folder.path().join("out");
    let recorder =
        Recorder::create(&out, built.info().clone(), built.recorder_options(false)).unwrap();
    let result = record(&built, recorder, Value::Null, &mut Unobserved).unwrap();

    let decisions = fs::read_to_string(out.join("decisions.jsonl")).unwrap();
    for told in [
        r#""reason":"there is room for 3 of 3 steady jobs""#,
        r#""reason":"there is room for 2 of 2 steady jobs""#,
    ] {
        assert!(decisions.contains(told), "{told} is not in:\n{decisions}");
    }
    // A run that ends in the middle leaves tasks that wait for the policy.
    let last = TaskId { campaign: CampaignId(1), index: 499 };
    let explained = result.explain(last).unwrap().to_string();
    for told in ["terre: 3 jobs are alive, and 3 may be", "lune: 2 jobs are alive, and 2 may be"] {
        assert!(explained.contains(told), "{told} is not in:\n{explained}");
    }

    fs::write(folder.path().join("foreign.toml"), text).unwrap();
    let (code, said) = gleaner(folder.path(), &["simulate", "foreign.toml", "--check"]);
    assert_eq!(code, Some(2), "{said}");
    for part in ["foreign.toml:6:8", UNKNOWN, "known: `tap`, `greedy`, `min`, `max`"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

/// A daemon of this process.
struct Daemon {
    url: String,
    signal: mpsc::Sender<ControlSignal>,
    served: JoinHandle<Result<(), DaemonError>>,
}

async fn started(folder: &Path, clock: &str) -> Daemon {
    write_secret(folder);
    let catalogue = Arc::new(catalogue());
    let config = read_config(&folder.join("gleaner.toml"), &|_| None, &catalogue);
    let (signal, signals) = mpsc::channel(1);
    let start = Start {
        config: config.expect("a configuration"),
        catalogue,
        clock: Some(clock.to_owned()),
        make_worker: Arc::new(workers::start),
        set_level: Box::new(|_| ()),
        signals,
    };
    let (told, address) = oneshot::channel::<Doors>();
    let served = tokio::spawn(serve(start, move |address| {
        let _ = told.send(address);
    }));
    let Ok(doors) = address.await else { panic!("not ready: {:?}", served.await) };
    let address = doors.port.expect("a port");
    Daemon { url: format!("http://{address}"), signal, served }
}

impl Daemon {
    async fn stop(self) {
        self.signal.send(ControlSignal::Stop).await.expect("the daemon lives");
        self.served.await.expect("no panic").expect("an orderly end");
    }

    async fn submit(&self, jdl: &Value) {
        let client = reqwest::Client::new();
        let request = client.post(format!("{}/campaigns", self.url)).json(jdl);
        let answer = request
            .header(SECRET_HEADER, SECRET)
            .header("X-CIGRI-USER", "alice")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 201);
    }

    /// Asks until so many tasks of the first campaign are done.
    async fn until_done(&self, tasks: u64) {
        let since = std::time::Instant::now();
        loop {
            let asked = reqwest::Client::new().get(format!("{}/campaigns/1", self.url));
            let asked = asked.header(SECRET_HEADER, SECRET).header("X-CIGRI-USER", "alice");
            let answer = asked.send().await;
            let seen: Value = answer.expect("an answer").json().await.expect("JSON");
            if seen["finished_jobs"].as_u64() >= Some(tasks) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "not {tasks} done: {seen}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The configuration of a daemon for emulated clusters.
fn config(clusters: &[EmulatedCluster]) -> String {
    let mut text =
        "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\n[store]\npath = \"gleaner.db\"\ncheckpoint_cycles = 1\n\
                    [grid]\ncycle = \"5s\"\npolicy = \"steady:jobs=3\"\n"
            .to_owned();
    for EmulatedCluster { name, api_url, .. } in clusters {
        text += &format!(
            "[[cluster]]\nname = \"{name}\"\napi_url = \"{api_url}\"\ndialect = \"oar2\"\nauth = \"header\"\n\
             poll = \"5s\"\n"
        );
    }
    text + "policy = \"min(steady; greedy:reserve=1)\"\n"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_takes_it_up_again_and_its_journal_replays_with_it_only() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let emulator = Emulator::start(here, &format!("title = \"Two\"\n{CLUSTERS}"), 2, "60");
    fs::write(here.join("gleaner.toml"), config(&emulator.clusters)).unwrap();
    let clock = emulator.clock();
    let daemon = started(here, &clock).await;
    let jdl = json!({
        "name": "held", "nb_jobs": 25, "exec_file": "sleep", "walltime": "00:10:00",
        "clusters": { "terre": {}, "lune": {} }
    });
    daemon.submit(&jdl).await;
    daemon.until_done(8).await;
    daemon.stop().await;
    // What it remembers is taken up in the middle of the campaign.
    let daemon = started(here, &clock).await;
    daemon.until_done(25).await;
    daemon.stop().await;

    let store = here.join("gleaner.db");
    let connection = rusqlite::Connection::open(&store).unwrap();
    let sql = "SELECT group_concat(CAST(data AS TEXT)) FROM checkpoints";
    let written: String = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    drop(connection);
    for part in [
        r#""reason":{"steady_full":{"alive":3,"jobs":3,"ever_refused":"#,
        r#""reason":{"steady_full":{"alive":2,"jobs":2,"ever_refused":"#,
        r#""policy":"min(steady; greedy:reserve=1)""#,
    ] {
        assert!(written.contains(part), "{part} is in no checkpoint");
    }

    let replayed = replay(&store, &catalogue(), None, &mut |_, _| ()).unwrap();
    assert!(matches!(replayed, Replayed::Same { cycles: 5.., commands: 6.. }), "{replayed:?}");
    let (code, said) = gleaner(here, &["replay", "gleaner.db"]);
    assert_eq!(code, Some(1), "{said}");
    for part in [UNKNOWN, "`terre`", "use the program that recorded it"] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let (code, said) = gleaner(here, &["check"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("gleaner.toml:9:10") && said.contains(UNKNOWN), "{said}");
}
