//! Who may do what: every route asked by every kind of caller, over a whole daemon. Rights are decided at the
//! entrance, by the settings; nobody has any for being called `root`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gleaner_core::fact::Fact;
use gleaner_core::ids::RemoteJobId;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_runtime::daemon::workers::WorkerPlace;
use gleaner_runtime::driver::Inbox;
use gleaner_runtime::order::{BatchWork, ClusterUpdate, OrderAction, ToWorker};
use serde_json::{Value, json};

use crate::daemon::{Running, started_with};

/// Nobody in particular, the owner, somebody else, one who is only called `root`, and the administrator.
const ROLES: [Option<&str>; 5] = [None, Some("alice"), Some("bob"), Some("root"), Some("boss")];

/// What each role is answered, in that order. Reading is open to all, as with CiGri.
const TABLE: &[(&str, &str, [u16; 5])] = &[
    ("get", "/", [200; 5]),
    ("get", "/campaigns", [200; 5]),
    ("post", "/campaigns", [403, 201, 201, 201, 201]),
    ("get", "/campaigns/{id}", [200; 5]),
    ("put", "/campaigns/{id}", [403, 202, 403, 403, 202]),
    ("delete", "/campaigns/{id}", [403, 202, 403, 403, 202]),
    ("get", "/campaigns/{id}/stats", [200; 5]),
    ("get", "/campaigns/{id}/jdl", [200; 5]),
    ("get", "/campaigns/{id}/jobs", [200; 5]),
    ("post", "/campaigns/{id}/jobs", [403, 201, 403, 403, 201]),
    ("get", "/campaigns/{id}/jobs/finished", [200; 5]),
    ("get", "/campaigns/{id}/jobs/{task}", [200; 5]),
    ("get", "/campaigns/{id}/events", [404; 5]),
    ("delete", "/campaigns/{id}/events", [403, 202, 403, 403, 202]),
    ("get", "/jobs/{id}", [200; 5]),
    ("delete", "/jobs/{id}", [403, 202, 403, 403, 202]),
    ("post", "/events", [403, 403, 403, 403, 201]),
    ("get", "/events", [200; 5]),
    ("get", "/events/{id}", [200; 5]),
    ("delete", "/events/{id}", [403, 403, 403, 403, 202]),
    ("get", "/clusters", [200; 5]),
    ("get", "/clusters/{id}", [200; 5]),
    ("get", "/tokens", [403, 200, 200, 200, 200]),
    ("post", "/tokens", [403, 201, 201, 201, 201]),
    ("delete", "/tokens/{id}", [403, 202, 202, 202, 202]),
    ("get", "/healthz", [200; 5]),
    ("get", "/metrics", [200; 5]),
    ("get", "/openapi.json", [200; 5]),
];

/// More ways to change a campaign, which is in this state before.
const WAYS: &[(&str, &str, [u16; 5])] = &[
    ("put", "/campaigns/{id}?name=theirs", [403, 202, 403, 403, 202]),
    ("delete", "/campaigns/{id}?hold", [403, 202, 403, 403, 202]),
    ("delete", "/campaigns/{id}?resume", [403, 400, 403, 403, 400]),
    ("delete", "/campaigns/{id}?purge", [403, 400, 403, 403, 400]),
    ("delete", "/campaigns/{id}/events?resubmit", [403, 202, 403, 403, 202]),
    ("delete", "/jobs/{id}?drop", [403, 403, 403, 403, 202]),
];

/// A cluster that takes all and ends nothing.
async fn endless_cluster(mut place: WorkerPlace) {
    let cluster = place.cluster;
    let mut last = 0;
    let send = |place: &WorkerPlace, facts: Vec<Fact>| {
        let snapshot = Some(ClusterSnapshot::empty(cluster, place.clock.now(), 1 << 16));
        let update = ClusterUpdate { cluster, facts, snapshot, notes: Vec::new(), urgent: true };
        place.inbox.send(Inbox::Update(update)).is_ok()
    };
    send(&place, Vec::new());
    while let Some(message) = place.orders.recv().await {
        let order = match message {
            ToWorker::Order(order) => order,
            ToWorker::Stop => return,
            _ => continue,
        };
        let OrderAction::Submit(batch) = order.action else { continue };
        let BatchWork::Tasks(tasks) = batch.work else { continue };
        let jobs: Vec<RemoteJobId> =
            (last + 1..=last + tasks.len() as u64).map(RemoteJobId).collect();
        last += jobs.len() as u64;
        let facts = vec![Fact::CommandAccepted { command: order.command, jobs }];
        if !send(&place, facts) {
            return;
        }
    }
}

fn written(folder: &Path, admins: &str) -> PathBuf {
    let path = folder.join("gleaner.toml");
    let text = format!(
        "[api]\nlisten = \"127.0.0.1:0\"\n{admins}\n[grid]\ncycle = 0\npolicy = \"greedy\"\n\
         [[cluster]]\nname = \"lune\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n\
         [[cluster]]\nname = \"terre\"\napi_url = \"http://127.0.0.1:2/\"\ndialect = \"oar3\"\n"
    );
    std::fs::write(&path, text).expect("a file");
    path
}

async fn daemon(config: &Path) -> Running {
    started_with(config, Arc::new(|place| tokio::spawn(endless_cluster(place)))).await
}

struct Asker<'a> {
    daemon: &'a Running,
    client: reqwest::Client,
}

impl Asker<'_> {
    async fn ask(&self, role: Option<&str>, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.to_uppercase().parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.daemon.url));
        if let Some(name) = role {
            request = request.header("X-CIGRI-USER", name);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// A campaign of alice's with a job that lives: their numbers.
    async fn campaign(&self) -> (u64, u64) {
        let (status, told) = self.ask(Some("alice"), "post", "/campaigns", jdl()).await;
        assert_eq!(status, 201, "{told}");
        let campaign = told["id"].as_u64().expect("an id");
        for _ in 0..1200 {
            let jobs = format!("/campaigns/{campaign}/jobs");
            let (_, told) = self.ask(None, "get", &jobs, Value::Null).await;
            let item = &told["items"][0];
            if let (Some(job), true) = (item["cigri_job_id"].as_u64(), item["remote_id"].is_u64()) {
                return (campaign, job);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("campaign {campaign} gets no job");
    }

    /// An open event about a whole cluster, which is closed again by whoever may.
    async fn event(&self) -> u64 {
        let disable = json!({ "code": "CLUSTER_MANUALLY_DISABLED", "cluster_id": 2 });
        self.ask(Some("boss"), "post", "/events", disable).await;
        for _ in 0..1200 {
            let (_, told) = self.ask(None, "get", "/events", Value::Null).await;
            let mut found = told["items"].as_array().into_iter().flatten();
            if let Some(event) = found.find(|event| event["cluster_id"] == 2) {
                return event["id"].as_u64().expect("an id");
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("there is no event");
    }
}

fn jdl() -> Value {
    json!({ "name": "n", "nb_jobs": 1, "clusters": { "lune": { "exec_file": "true" } } })
}

/// A token as OAR 3 makes them, but for the signature.
pub(crate) fn token(user: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.AAAA",
        part(json!({ "alg": "HS256", "typ": "JWT" })),
        part(json!({ "user": user }))
    )
}

fn body(method: &str, path: &str, role: Option<&str>) -> Value {
    match (method, path) {
        ("post", "/campaigns") => jdl(),
        ("post", "/campaigns/{id}/jobs") => json!(["more"]),
        ("post", "/events") => json!({ "code": "CLUSTER_MANUALLY_DISABLED", "cluster_id": 2 }),
        // An administrator's token is that of the daemon itself.
        ("post", "/tokens") => {
            let user = role.unwrap_or("nobody");
            json!({ "cluster_id": 2, "token": token(if user == "boss" { "oar" } else { user }) })
        }
        ("put", "/campaigns/{id}") => json!({ "state": "paused" }),
        _ => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_every_role_by_rights_decided_once() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon(&written(folder.path(), "admins = [\"boss\"]")).await;
    let asker = Asker { daemon: &daemon, client: reqwest::Client::new() };
    let (_, document) = asker.ask(None, "get", "/openapi.json", Value::Null).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let there = TABLE.iter().any(|row| (row.0, row.1) == (method, path));
            assert!(there, "{method} {path} is not in the table");
        }
    }
    let mut wrong = Vec::new();
    let read = asker.campaign().await;
    for (method, path, statuses) in TABLE.iter().chain(WAYS) {
        for (role, expected) in ROLES.iter().zip(statuses) {
            let (campaign, job) = match *method {
                "get" => read,
                _ => asker.campaign().await,
            };
            let url = match *path {
                "/jobs/{id}" => format!("/jobs/{job}"),
                "/jobs/{id}?drop" => format!("/jobs/{job}?drop"),
                "/clusters/{id}" | "/tokens/{id}" => {
                    path.replace("{id}", "2").replace("{cluster}", "2")
                }
                "/events/{id}" | "/events" => {
                    path.replace("{id}", &asker.event().await.to_string())
                }
                _ => path.replace("{id}", &campaign.to_string()).replace("{task}", "1"),
            };
            let (status, told) = asker.ask(*role, method, &url, body(method, path, *role)).await;
            if status != *expected {
                wrong.push(format!("{method} {url} as {role:?}: {status}, not {expected}: {told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_list_of_admins_it_is_root_and_with_an_empty_one_it_is_nobody() {
    let disable = json!({ "code": "CLUSTER_MANUALLY_DISABLED", "cluster_id": 2 });
    for (admins, status) in [("", 201), ("admins = []", 403)] {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(&written(folder.path(), admins)).await;
        let asker = Asker { daemon: &daemon, client: reqwest::Client::new() };
        let (found, told) = asker.ask(Some("root"), "post", "/events", disable.clone()).await;
        assert_eq!(found, status, "`{admins}`: {told}");
        let (found, _) = asker.ask(Some("boss"), "post", "/events", disable.clone()).await;
        assert_eq!(found, 403, "`{admins}`");
        daemon.stop().await;
    }
}
