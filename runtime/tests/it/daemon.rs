//! A whole daemon over its own store, with workers whose cluster does at once what it is told.

mod callers;
mod lines;
mod load;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::policy::injection;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_runtime::config_file::read::read_config;
use gleaner_runtime::daemon::error::DaemonError;
use gleaner_runtime::daemon::life::ControlSignal;
use gleaner_runtime::daemon::start::{Start, serve};
use gleaner_runtime::daemon::workers::{MakeWorker, WorkerContext};
use gleaner_runtime::driver::Inbox;
use gleaner_runtime::order::{Batch, BatchWork, ClusterUpdate, Order, OrderAction, ToWorker};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A cluster where every job succeeds as soon as it is submitted.
async fn instant_cluster(mut place: WorkerContext) {
    let mut last = 0;
    let cluster = place.cluster;
    let send = |place: &WorkerContext, facts: Vec<Fact>| {
        let snapshot = Some(ClusterSnapshot::empty(cluster, place.clock.now(), 16));
        let update = ClusterUpdate { cluster, facts, snapshot, notes: Vec::new(), urgent: true };
        // The daemon may have ended in between.
        let _ = place.inbox.send(Inbox::Update(update));
    };
    send(&place, Vec::new());
    while let Some(message) = place.orders.recv().await {
        let Order { command, action, .. } = match message {
            ToWorker::Order(order) => order,
            ToWorker::Stop => return,
            _ => continue,
        };
        let OrderAction::Submit(Batch { work, .. }) = action else { continue };
        let count = match work {
            BatchWork::Tasks(tasks) => tasks.len() as u64,
            BatchWork::Script(_) => 1,
        };
        let jobs: Vec<RemoteJobId> = (last + 1..=last + count).map(RemoteJobId).collect();
        last += count;
        let at = place.clock.now();
        let mut facts = vec![Fact::CommandAccepted { command, jobs: jobs.clone() }];
        facts.extend(jobs.into_iter().map(|job| {
            let outcome = Outcome::Exited(0);
            Fact::JobEnded { cluster, job, at, outcome }
        }));
        send(&place, facts);
    }
}

pub(crate) struct Running {
    pub(crate) url: String,
    signal: mpsc::Sender<ControlSignal>,
    served: JoinHandle<Result<(), DaemonError>>,
}

pub(crate) async fn started(config: &Path) -> Running {
    started_with(config, Arc::new(|place| tokio::spawn(instant_cluster(place)))).await
}

pub(crate) async fn started_with(config: &Path, make_worker: MakeWorker) -> Running {
    let (signal, signals) = mpsc::channel(4);
    let start = Start {
        config: read_config(config, &|_| None, &injection::standard()).expect("a configuration"),
        catalogue: Arc::new(injection::standard()),
        clock: None,
        make_worker,
        set_level: Box::new(|_| ()),
        signals,
    };
    let (told, address) = oneshot::channel::<SocketAddr>();
    let served = tokio::spawn(serve(start, move |address| {
        let _ = told.send(address);
    }));
    let address = match address.await {
        Ok(address) => address,
        Err(_) => panic!("not ready: {:?}", served.await),
    };
    Running { url: format!("http://{address}"), signal, served }
}

impl Running {
    pub(crate) async fn stop(self) {
        self.signal.send(ControlSignal::Stop).await.expect("the daemon lives");
        self.served.await.expect("no panic").expect("an orderly end");
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.url)).await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    async fn submit(&self, name: &str, tasks: u32) -> u64 {
        let jdl = serde_json::json!({
            "name": name, "nb_jobs": tasks, "clusters": {"lune": {"exec_file": "true"}}
        });
        let client = reqwest::Client::new();
        let request = client.post(format!("{}/campaigns", self.url)).json(&jdl);
        let answer = request.header("X-CIGRI-USER", "alice").send().await.expect("an answer");
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.expect("JSON")["id"].as_u64().expect("an id")
    }

    /// Asks until a campaign is in this state; a minute at most.
    async fn until(&self, campaign: u64, state: &str) -> Value {
        let mut seen = Value::Null;
        for _ in 0..1200 {
            seen = self.get(&format!("/campaigns/{campaign}")).await;
            if seen["state"] == state {
                return seen;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("not `{state}`: {seen}");
    }
}

fn written(folder: &Path, clusters: &[&str]) -> PathBuf {
    let mut text = "[api]\nlisten = \"127.0.0.1:0\"\n[grid]\ncycle = 0\n".to_owned();
    for name in clusters {
        text.push_str(&format!(
            "[[cluster]]\nname = \"{name}\"\napi_url = \"http://127.0.0.1:1/{name}/\"\ndialect = \"oar2\"\n"
        ));
    }
    let path = folder.join("gleaner.toml");
    std::fs::write(&path, text).expect("a file");
    path
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_runs_to_its_end_and_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let daemon = started(&config).await;
    let id = daemon.submit("first", 40).await;
    let done = daemon.until(id, "terminated").await;
    assert_eq!((&done["finished_jobs"], &done["total_jobs"]), (&40.into(), &40.into()));
    let jobs = daemon.get(&format!("/campaigns/{id}/jobs?limit=1&offset=39")).await;
    assert_eq!(jobs["items"][0]["state"], "terminated", "{jobs}");
    daemon.stop().await;

    let daemon = started(&config).await;
    assert_eq!(daemon.get(&format!("/campaigns/{id}")).await["state"], "terminated");
    assert!(daemon.submit("second", 1).await > id);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_comes_into_use_without_a_restart_and_keeps_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["terre"]);
    let daemon = started(&config).await;
    written(folder.path(), &["lune", "terre"]);
    daemon.signal.send(ControlSignal::Reload).await.unwrap();
    let mut list = Value::Null;
    for _ in 0..1200 {
        list = daemon.get("/clusters").await;
        if list["total"] == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let names = [&list["items"][0]["name"], &list["items"][1]["name"]];
    assert_eq!(names, ["terre", "lune"], "{list}");
    let id = daemon.submit("on the new one", 3).await;
    daemon.until(id, "terminated").await;
    daemon.stop().await;
    let daemon = started(&config).await;
    assert_eq!(daemon.get("/clusters/2").await["name"], "lune");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_the_same_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let daemon = started(&config).await;
    let (_signal, signals) = mpsc::channel(1);
    let start = Start {
        config: read_config(&config, &|_| None, &injection::standard()).unwrap(),
        catalogue: Arc::new(injection::standard()),
        clock: None,
        make_worker: Arc::new(|place| tokio::spawn(instant_cluster(place))),
        set_level: Box::new(|_| ()),
        signals,
    };
    let refused = serve(start, |_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("another daemon uses the store"), "{refused}");
    assert!(refused.hint().is_some());
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_in_an_address_makes_the_daemon_fail() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let daemon = started(&config).await;
    let client = reqwest::Client::new();
    let document = daemon.get("/openapi.json").await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            for number in [
                "4294967295",
                "4294967296",
                "9223372036854775807",
                "9223372036854775808",
                "18446744073709551615",
                "18446744073709551616",
                "340282366920938463463374607431768211456",
            ] {
                let filled = ["{id}", "{task}", "{cluster}"];
                let filled =
                    filled.iter().fold(path.clone(), |path, part| path.replace(part, number));
                let url = format!("{}{filled}?limit={number}&offset={number}", daemon.url);
                let method = method.parse().unwrap();
                let request =
                    client.request(method, &url).header("X-CIGRI-USER", "root").body("{}");
                let status = request.send().await.unwrap().status().as_u16();
                assert!(status < 500, "{url}: {status}");
                assert!(status >= 400 || !path.contains('{'), "{url}: {status}");
            }
        }
    }
    daemon.submit("still taken", 1).await;
    daemon.stop().await;
}

/// Cluster entries with their servers, as `NAME SERVER`; what else the file says comes first.
fn entries(folder: &Path, more: &str, clusters: &[&str]) -> PathBuf {
    let mut text = format!("{more}\n[grid]\ncycle = 0\n");
    for cluster in clusters {
        let (name, server) = cluster.split_once(' ').expect("NAME SERVER");
        text.push_str(&format!(
            "[[cluster]]\nname = \"{name}\"\napi_url = \"http://127.0.0.1:1/{server}/\"\ndialect = \"oar3\"\n"
        ));
    }
    let path = folder.join("gleaner.toml");
    std::fs::write(&path, text).expect("a file");
    path
}

const LOOPBACK: &str = "[api]\nlisten = \"127.0.0.1:0\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_cluster_keeps_its_number_and_its_tokens_by_hup_and_by_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = entries(folder.path(), LOOPBACK, &["terre a", "lune b"]);
    let mut daemon = started(&config).await;
    let client = reqwest::Client::new();
    let body = serde_json::json!({ "cluster_id": 1, "token": "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYWxpY2UifQ.AAAA" });
    let tokens = format!("{}/tokens", daemon.url);
    let given = client.post(tokens).header("X-CIGRI-USER", "alice").json(&body).send().await;
    assert_eq!(given.unwrap().status(), 201);
    let tokens = async |daemon: &Running| -> Value {
        let asked = client.get(format!("{}/tokens", daemon.url)).header("X-CIGRI-USER", "alice");
        asked.send().await.unwrap().json().await.unwrap()
    };
    let fingerprint = tokens(&daemon).await["items"][0]["fingerprint"].clone();
    for (round, name) in ["mars", "jupiter", "terre"].iter().enumerate() {
        entries(folder.path(), LOOPBACK, &["lune b", &format!("{name} a")]);
        if round % 2 == 0 {
            daemon.signal.send(ControlSignal::Reload).await.unwrap();
        } else {
            daemon.stop().await;
            daemon = started(&config).await;
        }
        let mut told = Value::Null;
        for _ in 0..1200 {
            told = daemon.get("/clusters/1").await;
            if told["name"] == *name {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!((&told["name"], &told["enabled"]), (&(*name).into(), &true.into()), "{told}");
        assert_eq!(daemon.get("/clusters").await["total"], 2);
        let held = tokens(&daemon).await;
        assert_eq!(held["items"][0]["cluster_name"], *name, "{held}");
        assert_eq!(held["items"][0]["fingerprint"], fingerprint);
        let id = daemon.submit("on lune", 2).await;
        daemon.until(id, "terminated").await;
    }
    daemon.stop().await;
}
