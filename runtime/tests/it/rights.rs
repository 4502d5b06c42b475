//! Who may do what: every route asked by every kind of caller, over a whole daemon. Rights are decided at the
//! entrance, by the settings; nobody has any for being called `root`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gleaner_api::address::Address;
use gleaner_api::numbers::{ClusterNumber, JobId};
use gleaner_api::routes::{Endpoint, Method, Param, Route};
use gleaner_api::shapes::answer::Paged;
use gleaner_api::shapes::event::{CLUSTER_DISABLED, Event, EventList, NewEvent};
use gleaner_api::shapes::job::Task;
use gleaner_api::shapes::token::NewToken;
use gleaner_api::states::CampaignState;
use gleaner_core::ids::{CampaignId, EventId};
use serde_json::{Value, json};

use crate::client::Client;
use crate::daemon::{Running, started_with};
use crate::fake_cluster;

/// Nobody in particular, the owner, somebody else, one who is only called `root`, and the administrator.
const ROLES: [Option<&str>; 5] = [None, Some("alice"), Some("bob"), Some("root"), Some("boss")];

/// What each role is answered, in that order. What is somebody else's looks as if it were not there.
const TABLE: &[(Endpoint, [u16; 5])] = &[
    (Endpoint::Root, [200; 5]),
    (Endpoint::Campaigns, [403, 200, 200, 200, 200]),
    (Endpoint::Submit, [403, 201, 201, 201, 201]),
    (Endpoint::Campaign, [403, 200, 404, 404, 200]),
    (Endpoint::ChangeCampaign, [403, 202, 403, 403, 202]),
    (Endpoint::RemoveCampaign, [403, 202, 403, 403, 202]),
    (Endpoint::Stats, [403, 200, 404, 404, 200]),
    (Endpoint::Jdl, [403, 200, 404, 404, 200]),
    (Endpoint::Jobs, [403, 200, 404, 404, 200]),
    (Endpoint::AddJobs, [403, 201, 403, 403, 201]),
    (Endpoint::FinishedJobs, [403, 200, 200, 200, 200]),
    (Endpoint::Task, [403, 200, 404, 404, 200]),
    (Endpoint::CampaignEvents, [403, 404, 404, 404, 404]),
    (Endpoint::FixCampaign, [403, 202, 403, 403, 202]),
    (Endpoint::Job, [403, 200, 404, 404, 200]),
    (Endpoint::KillJob, [403, 202, 403, 403, 202]),
    // Nobody is at home on the clusters of this test.
    (Endpoint::Stdout, [403, 504, 403, 403, 504]),
    (Endpoint::Stderr, [403, 504, 403, 403, 504]),
    (Endpoint::ClusterInfos, [403, 504, 403, 403, 504]),
    (Endpoint::CreateEvent, [403, 403, 403, 403, 201]),
    (Endpoint::Events, [403, 200, 200, 200, 200]),
    (Endpoint::Event, [403, 200, 200, 200, 200]),
    (Endpoint::FixEvent, [403, 403, 403, 403, 202]),
    (Endpoint::Clusters, [200; 5]),
    (Endpoint::Cluster, [200; 5]),
    (Endpoint::Tokens, [403, 200, 200, 200, 200]),
    (Endpoint::RegisterToken, [403, 201, 201, 201, 201]),
    (Endpoint::RemoveToken, [403, 202, 202, 202, 202]),
    (Endpoint::Notifications, [403, 200, 200, 200, 200]),
    // No mail is set up there, and there is no Jabber: whoever has a name hears so.
    (Endpoint::SubscribeMail, [403, 400, 400, 400, 400]),
    (Endpoint::UnsubscribeMail, [403, 400, 400, 400, 400]),
    (Endpoint::SubscribeWebhook, [403, 201, 201, 201, 201]),
    (Endpoint::UnsubscribeWebhook, [403, 400, 400, 400, 400]),
    (Endpoint::SubscribeJabber, [403, 400, 400, 400, 400]),
    (Endpoint::UnsubscribeJabber, [403, 400, 400, 400, 400]),
    (Endpoint::AccessTokens, [403, 200, 200, 200, 200]),
    (Endpoint::IssueAccessToken, [403, 201, 201, 201, 201]),
    // One of the administrator's.
    (Endpoint::RevokeAccessToken, [403, 404, 404, 404, 202]),
    (Endpoint::Health, [200; 5]),
    (Endpoint::Metrics, [200; 5]),
    (Endpoint::OpenApi, [200; 5]),
];

/// More ways to change a campaign, which is in this state before.
const WAYS: &[(Endpoint, Param, &str, [u16; 5])] = &[
    (Endpoint::ChangeCampaign, Param::Name, "theirs", [403, 202, 403, 403, 202]),
    (Endpoint::RemoveCampaign, Param::Hold, "1", [403, 202, 403, 403, 202]),
    (Endpoint::RemoveCampaign, Param::Resume, "1", [403, 400, 403, 403, 400]),
    (Endpoint::RemoveCampaign, Param::Purge, "1", [403, 400, 403, 403, 400]),
    (Endpoint::FixCampaign, Param::Resubmit, "1", [403, 202, 403, 403, 202]),
    (Endpoint::KillJob, Param::Drop, "1", [403, 403, 403, 403, 202]),
    (Endpoint::UnsubscribeWebhook, Param::Identity, HOOK, [403, 202, 202, 202, 202]),
];

/// A webhook that is allowed, and never called.
const HOOK: &str = "http://127.0.0.1:1/";

fn written(folder: &Path, admins: &str) -> PathBuf {
    let path = folder.join("gleaner.toml");
    let text = format!(
        "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\n{admins}\n[grid]\ncycle = 0\npolicy = \"greedy\"\n\
         [notifications]\nallow_webhooks = [\"{HOOK}\"]\n\
         [[cluster]]\nname = \"lune\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n\
         [[cluster]]\nname = \"terre\"\napi_url = \"http://127.0.0.1:2/\"\ndialect = \"oar3\"\n"
    );
    std::fs::write(&path, text).expect("a file");
    path
}

async fn daemon(config: &Path) -> Running {
    started_with(config, fake_cluster::workers(1 << 16, Arc::new(|| None))).await
}

/// Makes things that are asked for.
struct Asker<'a>(&'a Client);

impl Asker<'_> {
    /// A campaign of alice's with a job that lives: their numbers.
    async fn campaign(&self) -> (CampaignId, JobId) {
        let campaign = self.0.submit("n", 1).await;
        let job = self.0.wait_for(Route::Jobs { campaign }, |page: Paged<Task>| {
            let task = page.items.into_iter().next()?;
            task.remote_id.and(task.cigri_job_id).map(JobId)
        });
        (campaign, job.await)
    }

    /// An open event about a whole cluster, which is closed again by whoever may.
    async fn event(&self) -> EventId {
        self.0.ask(Some("boss"), Route::CreateEvent, disable()).await;
        let about = |event: &Event| event.cluster_id == Some(SECOND.0);
        self.0
            .wait_for(Route::Events, |list: EventList| {
                list.items.into_iter().find(about).map(|event| EventId(event.id))
            })
            .await
    }

    /// A route with things that there are; a fresh campaign where it may change one.
    async fn route(&self, endpoint: Endpoint, read: (CampaignId, JobId)) -> Route {
        let (campaign, job) = match endpoint.method() {
            Method::Get => read,
            Method::Post | Method::Put | Method::Delete => self.campaign().await,
        };
        let mut path = endpoint.template().replace("{task}", "1");
        let id = match endpoint {
            Endpoint::Job
            | Endpoint::KillJob
            | Endpoint::Stdout
            | Endpoint::Stderr
            | Endpoint::ClusterInfos => job.0,
            Endpoint::RevokeAccessToken => {
                let (_, told) = self.0.ask(Some("boss"), Route::IssueAccessToken, json!({})).await;
                told["id"].as_u64().expect("a token")
            }
            Endpoint::Cluster | Endpoint::RemoveToken => SECOND.0.into(),
            Endpoint::Event | Endpoint::FixEvent | Endpoint::Events => self.event().await.0,
            _ => campaign.0.into(),
        };
        path = path.replace("{id}", &id.to_string());
        Route::parse(endpoint.method(), &path).expect("a route of the list")
    }
}

/// The cluster that takes tokens, and is taken out of use.
const SECOND: ClusterNumber = ClusterNumber(2);

fn disable() -> Value {
    json!(NewEvent { code: CLUSTER_DISABLED.to_owned(), cluster_id: SECOND.0.into() })
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

fn body(endpoint: Endpoint, role: Option<&str>) -> Value {
    match endpoint {
        Endpoint::Submit => jdl(),
        Endpoint::AddJobs => json!(["more"]),
        Endpoint::CreateEvent => disable(),
        Endpoint::IssueAccessToken => json!({}),
        // An administrator's token is that of the daemon itself.
        Endpoint::RegisterToken => {
            let user = role.unwrap_or("nobody");
            let token = token(if user == "boss" { "oar" } else { user });
            json!(NewToken { cluster_id: SECOND.0.into(), token: Some(token) })
        }
        Endpoint::SubscribeMail => json!({ "identity": "a@b.example", "severity": "high" }),
        Endpoint::SubscribeWebhook => json!({ "identity": HOOK, "severity": "high" }),
        Endpoint::ChangeCampaign => json!({ "state": CampaignState::Paused }),
        _ => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_every_role_by_rights_decided_once() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon(&written(folder.path(), "admins = [\"boss\"]")).await;
    let asker = Asker(&daemon.client);
    for endpoint in Endpoint::ALL {
        let there = TABLE.iter().any(|row| row.0 == *endpoint);
        assert!(there, "{endpoint:?} is not in the table");
    }
    let plain = TABLE.iter().map(|(endpoint, statuses)| (endpoint, None, statuses));
    let ways = WAYS
        .iter()
        .map(|(endpoint, param, value, statuses)| (endpoint, Some((*param, *value)), statuses));
    let mut wrong = Vec::new();
    let read = asker.campaign().await;
    for (endpoint, way, statuses) in plain.chain(ways) {
        for (role, expected) in ROLES.iter().zip(statuses) {
            let mut address = Address::from(asker.route(*endpoint, read).await);
            if let Some((param, value)) = way {
                address = address.with(param, value);
            }
            let (status, told) =
                daemon.client.ask(*role, address.clone(), body(*endpoint, *role)).await;
            if status != *expected {
                let method = address.method().word();
                wrong.push(format!(
                    "{method} {address} as {role:?}: {status}, not {expected}: {told}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_hold_what_is_the_callers_and_an_open_site_hides_nothing() {
    for (open, others) in [(false, 0), (true, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let settings = format!("admins = [\"boss\"]\nopen_reads = {open}");
        let daemon = daemon(&written(folder.path(), &settings)).await;
        let asker = Asker(&daemon.client);
        let read = asker.campaign().await;
        for (role, seen) in ROLES.iter().zip([others, 1, others, others, 1]) {
            let (status, told) = daemon.client.ask(*role, Route::Campaigns, Value::Null).await;
            if !open && role.is_none() {
                assert_eq!(status, 403, "{told}");
                continue;
            }
            assert_eq!((status, told["total"].as_u64()), (200, Some(seen)), "{role:?}: {told}");
            assert_eq!(told["items"].as_array().map(Vec::len), Some(seen as usize), "{role:?}");
        }
        // Open, everybody reads what an administrator reads, and changes no more than before.
        for (endpoint, statuses) in TABLE.iter().filter(|_| open) {
            let address = asker.route(*endpoint, read).await;
            let (found, told) = daemon.client.ask(None, address, Value::Null).await;
            let reads = endpoint.method() == Method::Get && statuses[2] != 403;
            let expected = match (reads, endpoint) {
                (true, Endpoint::Tokens | Endpoint::AccessTokens | Endpoint::Notifications)
                | (false, _) => 403,
                (true, _) => statuses[4],
            };
            assert_eq!(found, expected, "{endpoint:?}: {told}");
        }
        daemon.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_list_of_admins_it_is_root_and_with_an_empty_one_it_is_nobody() {
    for (admins, status) in [("", 201), ("admins = []", 403)] {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(&written(folder.path(), admins)).await;
        let (found, told) = daemon.client.ask(Some("root"), Route::CreateEvent, disable()).await;
        assert_eq!(found, status, "`{admins}`: {told}");
        let (found, _) = daemon.client.ask(Some("boss"), Route::CreateEvent, disable()).await;
        assert_eq!(found, 403, "`{admins}`");
        daemon.stop().await;
    }
}
