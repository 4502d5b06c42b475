//! What people are told: a whole daemon, with a mail server and a web server made here. Counts what arrives there.

mod figures;
mod mail_server;
mod web_server;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gleaner_api::address::Address;
use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::event::{CLUSTER_DISABLED, NewEvent};
use gleaner_api::shapes::notification::SubscriptionList;
use gleaner_api::states::CampaignState;
use gleaner_core::fact::Outcome;
use gleaner_core::ids::CampaignId;
use gleaner_runtime::daemon::workers::MakeWorker;
use serde_json::{Value, json};

use crate::daemon::{Running, started_with};
use crate::fake_cluster;
use crate::notifications::mail_server::{Mail, MailServer};
use crate::notifications::web_server::WebServer;

/// Clusters where every job ends at once: well, or with exit code 3 while they are `broken`.
fn workers(broken: &Arc<AtomicBool>) -> MakeWorker {
    let broken = Arc::clone(broken);
    let code = move || if broken.load(Ordering::Relaxed) { 3 } else { 0 };
    fake_cluster::workers(1 << 16, Arc::new(move || Some(Outcome::Exited(code()))))
}

fn written(folder: &Path, notifications: &str) -> PathBuf {
    let path = folder.join("gleaner.toml");
    let text = format!(
        "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\nadmins = [\"boss\"]\n[grid]\ncycle = 0\npolicy = \"greedy\"\n\
         [notifications]\ngather = 0\nwaiting_told_after = \"1h\"\n{notifications}\n\
         [[cluster]]\nname = \"lune\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n\
         [[cluster]]\nname = \"terre\"\napi_url = \"http://127.0.0.1:2/\"\ndialect = \"oar2\"\n"
    );
    std::fs::write(&path, text).expect("a file");
    path
}

fn mail_settings(server: &MailServer) -> String {
    format!("smtp = \"smtp://{}\"\nfrom = \"gleaner@grid.example\"\n", server.address)
}

async fn subscribe(daemon: &Running, user: &str, route: Route, identity: &str, severity: &str) {
    let body = json!({ "identity": identity, "severity": severity });
    let (status, told) = daemon.client.ask(Some(user), route, body).await;
    assert_eq!(status, 201, "{told}");
}

fn subjects(mails: &[Mail]) -> Vec<(String, String)> {
    mails.iter().map(|mail| (mail.to.clone(), mail.header("Subject"))).collect()
}

/// The numbers of a figure in `/metrics`, by its whole line up to the number.
async fn figure(daemon: &Running, line: &str) -> Option<String> {
    let text = daemon.client.request(None, Route::Metrics).send().await.expect("an answer");
    let text = text.text().await.expect("a text");
    text.lines().find_map(|it| it.strip_prefix(line)).map(|rest| rest.trim().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_failures_are_one_mail_and_the_end_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::plain().await;
    let settings = mail_settings(&server) + "admins = [\"ops@elsewhere.example\"]\n";
    let broken = Arc::new(AtomicBool::new(true));
    let daemon = started_with(&written(folder.path(), &settings), workers(&broken)).await;
    subscribe(&daemon, "alice", Route::SubscribeMail, "alice@grid.example", "low").await;
    subscribe(&daemon, "bob", Route::SubscribeMail, "bob@grid.example", "low").await;
    let campaign = daemon.client.submit("été", 1000).await;

    let mut mails = vec![server.next().await, server.next().await];
    mails.sort_by_key(|mail| mail.to.clone());
    let [mail, admins] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(mail.to, "alice@grid.example");
    let subject = mail.header("Subject");
    assert!(subject.starts_with("[Gleaner] (high): campaign 1 `été`"), "{subject}");
    assert!(subject.contains("EXIT_ERROR"), "{subject}");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert!(mail.body.contains("gridevents -c 1 -f -r"), "{}", mail.body);
    // All its clusters are blocked: that is said by the same message.
    assert!(mail.body.contains("None of its clusters"), "{}", mail.body);
    assert_eq!(admins.to, "ops@elsewhere.example");
    assert!(admins.header("Subject").contains("gets nothing new on cluster lune"));

    // More of the same is not told; what was mended and goes wrong again is.
    let fix = Address::from(Route::FixCampaign { campaign }).with(Param::Resubmit, 1);
    daemon.client.done::<Value>(Some("alice"), fix.clone(), Value::Null).await;
    let again = server.next().await;
    assert_eq!(again.to, "alice@grid.example");
    assert!(again.header("Subject").contains("EXIT_ERROR"));

    broken.store(false, Ordering::Relaxed);
    daemon.client.done::<Value>(Some("alice"), fix, Value::Null).await;
    daemon.client.until(campaign, CampaignState::Terminated).await;
    let end = server.next().await;
    let subject = end.header("Subject");
    assert!(subject.contains("is over, 1000 of 1000 done"), "{subject}");
    assert!(end.body.contains("x EXIT_ERROR"), "{}", end.body);
    assert_ne!(end.header("Message-ID"), again.header("Message-ID"));
    daemon.stop().await;
    assert_eq!(subjects(&server.rest()), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_that_can_start_nowhere_is_told_once_and_administrators_hear_of_the_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::plain().await;
    let settings = mail_settings(&server).replace("smtp =", "waiting_told_after = 0\nsmtp =");
    let path = written(folder.path(), &settings);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("waiting_told_after = \"1h\"\n", "")).unwrap();
    let daemon = started_with(&path, workers(&Arc::default())).await;
    subscribe(&daemon, "boss", Route::SubscribeMail, "boss@grid.example", "low").await;
    for cluster in [1, 2] {
        let event = NewEvent { code: CLUSTER_DISABLED.to_owned(), cluster_id: cluster };
        daemon.client.done::<Value>(Some("boss"), Route::CreateEvent, json!(event)).await;
        let mail = server.next().await;
        assert_eq!(mail.to, "boss@grid.example");
        assert!(mail.header("Subject").ends_with("CLUSTER_MANUALLY_DISABLED"), "{mail:?}");
    }
    subscribe(&daemon, "alice", Route::SubscribeMail, "alice@grid.example", "high").await;
    let campaign = daemon.client.submit("n", 5).await;
    assert_eq!(campaign, CampaignId(1));
    let mail = server.next().await;
    assert_eq!(mail.to, "alice@grid.example");
    assert!(mail.header("Subject").ends_with("waits on all its clusters"), "{mail:?}");
    assert!(
        mail.body.contains("cluster lune: blocked by an event of the cluster"),
        "{}",
        mail.body
    );
    daemon.stop().await;
    // Neither is told again after a restart.
    let daemon = started_with(&path, workers(&Arc::default())).await;
    daemon
        .client
        .done::<Value>(
            Some("boss"),
            Route::FixEvent { event: gleaner_core::ids::EventId(1) },
            Value::Null,
        )
        .await;
    daemon.client.until(campaign, CampaignState::Terminated).await;
    let mail = server.next().await;
    assert!(mail.header("Subject").contains("is over, 5 of 5 done"), "{mail:?}");
    daemon.stop().await;
    assert_eq!(subjects(&server.rest()), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_server_could_not_take_survives_a_restart_and_is_told_in_the_figures() {
    let folder = tempfile::tempdir().unwrap();
    let server = WebServer::new(200, "").await;
    let address = server.address;
    drop(server);
    let settings = format!("allow_webhooks = [\"http://{address}/hooks/\"]\n");
    let path = written(folder.path(), &settings);
    let daemon = started_with(&path, workers(&Arc::default())).await;
    let hook = format!("http://{address}/hooks/secret");
    subscribe(&daemon, "alice", Route::SubscribeWebhook, &hook, "high").await;
    daemon.client.submit("n", 1).await;
    let line = format!("gleaner_notification_server_reachable{{server=\"{address}\"}}");
    let mut reached = None;
    while reached.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        reached = figure(&daemon, &line).await;
    }
    assert_eq!(reached.as_deref(), Some("0"));
    let retried = "gleaner_notifications_total{type=\"webhook\",result=\"retried\"}";
    assert_eq!(figure(&daemon, retried).await.as_deref(), Some("1"));
    daemon.stop().await;

    // Its turn comes at once, instead of half a minute later.
    let store = rusqlite::Connection::open(folder.path().join("gleaner.db")).unwrap();
    assert_eq!(store.execute("UPDATE outbox SET due_at = 0 WHERE over_at IS NULL", []), Ok(1));
    drop(store);
    let mut server = WebServer::at(address, 200, "").await;
    let daemon = started_with(&path, workers(&Arc::default())).await;
    let (head, body) = server.next().await;
    assert!(head.starts_with("POST /hooks/secret HTTP/1.1\r\n"), "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["campaign"], &body["user"]), (&json!(1), &json!("alice")));
    assert_eq!(body["code"], "FINISHED_CAMPAIGN");
    let id = body["id"].as_str().unwrap();
    assert!(head.to_lowercase().contains(&format!("idempotency-key: {id}")), "{head}");
    let sent = "gleaner_notifications_total{type=\"webhook\",result=\"sent\"}";
    while figure(&daemon, sent).await.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(figure(&daemon, &line).await.as_deref(), Some("1"));
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_leads_nowhere_but_to_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let mut elsewhere = WebServer::new(200, "").await;
    let target = format!("Location: http://{}/x\r\n", elsewhere.address);
    let mut redirects = WebServer::new(307, &target).await;
    let mut named = WebServer::new(200, "").await;
    let (by_number, by_name) = (redirects.address, format!("localhost:{}", named.address.port()));
    let settings = format!("allow_webhooks = [\"http://{by_number}/\", \"https://{by_name}/\"]\n");
    let daemon = started_with(&written(folder.path(), &settings), workers(&Arc::default())).await;
    let refused =
        json!({ "identity": format!("http://{}/x", elsewhere.address), "severity": "low" });
    let (status, told) = daemon.client.ask(Some("alice"), Route::SubscribeWebhook, refused).await;
    assert_eq!(status, 400, "{told}");
    subscribe(&daemon, "alice", Route::SubscribeWebhook, &format!("http://{by_number}/a"), "low")
        .await;
    subscribe(&daemon, "alice", Route::SubscribeWebhook, &format!("https://{by_name}/b"), "low")
        .await;
    daemon.client.submit("n", 1).await;
    redirects.next().await;
    let lost = format!("gleaner_notification_server_reachable{{server=\"{by_name}\"}}");
    let given_up = "gleaner_notifications_total{type=\"webhook\",result=\"given_up\"}";
    while figure(&daemon, &lost).await.is_none() || figure(&daemon, given_up).await.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // The name leads to this machine, which is no public address: nobody was called.
    assert_eq!(figure(&daemon, &lost).await.as_deref(), Some("0"));
    assert_eq!(figure(&daemon, given_up).await.as_deref(), Some("1"));
    daemon.stop().await;
    assert!(named.is_untouched() && elsewhere.is_untouched());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_goes_encrypted_and_with_the_password_to_a_server_that_proves_itself() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("ca.pem"), certificate.cert.pem()).unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "s3cret\n").unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&password, private).unwrap();
    let mut server = MailServer::encrypted(&certificate).await;
    let port = server.address.port();
    let settings = |ca: &str| {
        format!(
            "smtp = \"smtps://localhost:{}\"\nfrom = \"gleaner@grid.example\"\nsmtp_user = \"g\"\n\
             smtp_password_file = \"password\"\n{ca}",
            port
        )
    };
    // Nobody vouches for the server: nothing is said to it.
    let path = written(folder.path(), &settings(""));
    let daemon = started_with(&path, workers(&Arc::default())).await;
    subscribe(&daemon, "alice", Route::SubscribeMail, "alice@grid.example", "high").await;
    daemon.client.submit("n", 1).await;
    let line = format!(
        "gleaner_notification_server_reachable{{server=\"localhost:{}\"}}",
        server.address.port()
    );
    while figure(&daemon, &line).await.is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(figure(&daemon, &line).await.as_deref(), Some("0"));
    daemon.stop().await;
    assert_eq!(subjects(&server.rest()), []);

    let path = written(folder.path(), &settings("smtp_ca_file = \"ca.pem\"\n"));
    let daemon = started_with(&path, workers(&Arc::default())).await;
    daemon.client.submit("second", 1).await;
    let mail = server.next().await;
    assert!(mail.header("Subject").contains("`second` is over"), "{mail:?}");
    // AUTH PLAIN: nothing, the user and the password, each behind a zero.
    use base64::Engine;
    let told = base64::engine::general_purpose::STANDARD.encode("\0g\0s3cret");
    assert_eq!(mail.login.as_deref(), Some(&*told));
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_for_one_address_within_an_hour_is_told_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::plain().await;
    let path = written(folder.path(), &mail_settings(&server));
    let daemon = started_with(&path, workers(&Arc::default())).await;
    subscribe(&daemon, "alice", Route::SubscribeMail, "alice@grid.example", "high").await;
    for _ in 0..35 {
        daemon.client.submit("n", 1).await;
    }
    for _ in 0..30 {
        assert!(server.next().await.header("Subject").contains("is over, 1 of 1 done"));
    }
    let store = folder.path().join("gleaner.db");
    let held = "SELECT count(*) FROM outbox WHERE due_at IS NULL AND over_at IS NULL AND \
                (SELECT count(*) FROM outbox WHERE over_at IS NOT NULL) = 30";
    let reader = rusqlite::Connection::open(&store).unwrap();
    while reader.query_row(held, [], |row| row.get::<_, u32>(0)).unwrap() < 5 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // An hour later.
    reader
        .execute("UPDATE outbox SET written_at = written_at - 3601 WHERE over_at IS NOT NULL", [])
        .unwrap();
    drop(reader);
    let mail = server.next().await;
    assert!(mail.header("Subject").ends_with("5 messages that were held back"), "{mail:?}");
    assert_eq!(mail.body.matches("is over, 1 of 1 done").count(), 5, "{}", mail.body);
    daemon.stop().await;
    assert_eq!(subjects(&server.rest()), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_unsubscribed_hears_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = MailServer::plain().await;
    let path = written(folder.path(), &mail_settings(&server));
    let daemon = started_with(&path, workers(&Arc::default())).await;
    for identity in ["alice@grid.example", "second@grid.example"] {
        subscribe(&daemon, "alice", Route::SubscribeMail, identity, "medium").await;
    }
    let end = Address::from(Route::UnsubscribeMail).with(Param::Identity, "alice@grid.example");
    daemon.client.done::<Value>(Some("alice"), end, Value::Null).await;
    let list: SubscriptionList =
        daemon.client.done(Some("alice"), Route::Notifications, Value::Null).await;
    assert_eq!(list.items.len(), 1);
    daemon.client.submit("n", 1).await;
    assert_eq!(server.next().await.to, "second@grid.example");
    daemon.stop().await;
    assert_eq!(subjects(&server.rest()), []);
}
