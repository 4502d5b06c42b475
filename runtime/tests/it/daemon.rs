//! A whole daemon over its own store, with workers whose cluster does at once what it is told.

mod callers;
mod lines;
mod load;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gleaner_api::numbers::ClusterNumber;
use gleaner_api::routes::{Endpoint, Param, Route};
use gleaner_api::shapes::answer::{Done, Paged, Whole};
use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::shapes::cluster::{Cluster, ClusterItem};
use gleaner_api::shapes::job::Task;
use gleaner_api::shapes::token::{NewToken, Token, TokenList};
use gleaner_api::states::{CampaignState, JobState, ShownTaskState};
use gleaner_core::fact::Outcome;
use gleaner_core::policy::injection;
use gleaner_runtime::api::server::door::Doors;
use gleaner_runtime::config_file::read::read_config;
use gleaner_runtime::daemon::error::DaemonError;
use gleaner_runtime::daemon::life::ControlSignal;
use gleaner_runtime::daemon::start::{Start, serve};
use gleaner_runtime::daemon::workers::MakeWorker;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::client::{Client, proxy};
use crate::fake_cluster;

/// Clusters where every job succeeds as soon as it is submitted.
fn instant_clusters() -> MakeWorker {
    fake_cluster::workers(16, Arc::new(|| Some(Outcome::Exited(0))))
}

pub(crate) struct Running {
    pub(crate) client: Client,
    signal: mpsc::Sender<ControlSignal>,
    served: JoinHandle<Result<(), DaemonError>>,
}

pub(crate) async fn started(config: &Path) -> Running {
    started_with(config, instant_clusters()).await
}

pub(crate) async fn started_with(config: &Path, make_worker: MakeWorker) -> Running {
    let (signal, signals) = mpsc::channel(4);
    proxy::write(config.parent().expect("a folder"));
    let start = Start {
        config: read_config(config, &|_| None, &injection::standard()).expect("a configuration"),
        catalogue: Arc::new(injection::standard()),
        clock: None,
        make_worker,
        set_level: Box::new(|_| ()),
        signals,
    };
    let (told, address) = oneshot::channel::<Doors>();
    let served = tokio::spawn(serve(start, move |address| {
        let _ = told.send(address);
    }));
    let address = match address.await {
        Ok(doors) => doors.port.expect("a port"),
        Err(_) => panic!("not ready: {:?}", served.await),
    };
    Running { client: Client::new(format!("http://{address}")), signal, served }
}

impl Running {
    pub(crate) async fn stop(self) {
        self.signal.send(ControlSignal::Stop).await.expect("the daemon lives");
        self.served.await.expect("no panic").expect("an orderly end");
    }
}

fn written(folder: &Path, clusters: &[&str]) -> PathBuf {
    let mut text = "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\n[grid]\ncycle = 0\n".to_owned();
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
    let campaign = daemon.client.submit("first", 40).await;
    let done = daemon.client.until(campaign, CampaignState::Terminated).await;
    assert_eq!((done.finished_jobs, done.total_jobs), (40, 40));
    let last = Route::Jobs { campaign }.with(Param::Limit, 1).with(Param::Offset, 39);
    let jobs: Paged<Task> = daemon.client.get(last).await;
    assert_eq!(jobs.items[0].state, ShownTaskState::Job(JobState::Terminated));
    daemon.stop().await;

    let daemon = started(&config).await;
    let again: Campaign = daemon.client.get(Route::Campaign { campaign }).await;
    assert_eq!(again.state, CampaignState::Terminated);
    assert!(daemon.client.submit("second", 1).await > campaign);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_comes_into_use_without_a_restart_and_keeps_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["terre"]);
    let daemon = started(&config).await;
    written(folder.path(), &["lune", "terre"]);
    daemon.signal.send(ControlSignal::Reload).await.unwrap();
    let names = daemon.client.wait_for(Route::Clusters, |list: Whole<ClusterItem>| {
        let names: Vec<String> = list.items.into_iter().map(|cluster| cluster.name).collect();
        Some(names).filter(|names| names.len() == 2)
    });
    assert_eq!(names.await, ["terre", "lune"]);
    let id = daemon.client.submit("on the new one", 3).await;
    daemon.client.until(id, CampaignState::Terminated).await;
    daemon.stop().await;
    let daemon = started(&config).await;
    let cluster: Cluster = daemon.client.get(Route::Cluster { cluster: ClusterNumber(2) }).await;
    assert_eq!(cluster.name, "lune");
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
        make_worker: instant_clusters(),
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
    for endpoint in Endpoint::ALL {
        for number in [
            "4294967295",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "340282366920938463463374607431768211456",
        ] {
            let path = endpoint.template().replace("{id}", number).replace("{task}", number);
            let url = format!("{}{path}?limit={number}&offset={number}", daemon.client.url);
            let method = endpoint.method().word().parse().unwrap();
            let request = proxy::say(client.request(method, &url), "root").body("{}");
            let status = request.send().await.unwrap().status().as_u16();
            assert!(status < 500, "{url}: {status}");
            assert!(status >= 400 || !endpoint.template().contains('{'), "{url}: {status}");
        }
    }
    daemon.client.submit("still taken", 1).await;
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

const LOOPBACK: &str = "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_cluster_keeps_its_number_and_its_tokens_by_hup_and_by_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = entries(folder.path(), LOOPBACK, &["terre a", "lune b"]);
    let mut daemon = started(&config).await;
    let alice = Some("alice");
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYWxpY2UifQ.AAAA".to_owned();
    let token = NewToken { cluster_id: 1.into(), token: Some(token) };
    let _: Done = daemon.client.done(alice, Route::RegisterToken, json!(token)).await;
    let held = async |daemon: &Running| -> Token {
        let list = daemon.client.done(alice, Route::Tokens, Value::Null);
        let TokenList { mut items, .. } = list.await;
        items.pop().expect("a token")
    };
    let fingerprint = held(&daemon).await.fingerprint;
    for (round, name) in ["mars", "jupiter", "terre"].iter().enumerate() {
        entries(folder.path(), LOOPBACK, &["lune b", &format!("{name} a")]);
        if round % 2 == 0 {
            daemon.signal.send(ControlSignal::Reload).await.unwrap();
        } else {
            daemon.stop().await;
            daemon = started(&config).await;
        }
        let first = Route::Cluster { cluster: ClusterNumber(1) };
        let renamed = |cluster: Cluster| Some(cluster).filter(|cluster| cluster.name == *name);
        assert!(daemon.client.wait_for(first, renamed).await.enabled, "{name}");
        let clusters: Whole<ClusterItem> = daemon.client.get(Route::Clusters).await;
        assert_eq!(clusters.total, 2);
        let token = held(&daemon).await;
        assert_eq!((token.cluster_name.as_str(), &token.fingerprint), (*name, &fingerprint));
        let id = daemon.client.submit("on lune", 2).await;
        daemon.client.until(id, CampaignState::Terminated).await;
    }
    daemon.stop().await;
}
