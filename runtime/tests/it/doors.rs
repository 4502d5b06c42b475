//! The ways into a daemon: its Unix socket, where the kernel tells who calls, and its port, where only a proxy that proves
//! itself may say so.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use gleaner_api::routes::Route;
use gleaner_runtime::api::server::door::{Door, SocketError};
use gleaner_runtime::config::SocketConfig;
use serde_json::{Value, json};

use crate::client::proxy;
use crate::daemon::{Running, started};

fn written(folder: &Path, api: &str) -> PathBuf {
    let path = folder.join("gleaner.toml");
    let text = format!(
        "[api]\nlisten = \"127.0.0.1:0\"\nsocket = \"s\"\nproxy.secret_file = \"proxy.secret\"\n{api}\n\
         [[cluster]]\nname = \"lune\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n"
    );
    fs::write(&path, text).expect("a file");
    path
}

/// Who runs this test.
fn me() -> (u32, String) {
    let uid = nix::unistd::Uid::current();
    let user = nix::unistd::User::from_uid(uid).expect("a user database").expect("a name");
    (uid.as_raw(), user.name)
}

fn over_socket(folder: &Path) -> reqwest::Client {
    let builder = reqwest::Client::builder().unix_socket(folder.join("s"));
    builder.build().expect("a client")
}

/// Submits, with these headers; returns the status and the answer.
async fn submit(client: &reqwest::Client, url: &str, headers: &[(&str, &str)]) -> (u16, Value) {
    let jdl = json!({ "name": "n", "nb_jobs": 1, "clusters": { "lune": { "exec_file": "true" } } });
    let mut request = client.post(format!("{url}/campaigns")).json(&jdl);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn disable(client: &reqwest::Client) -> u16 {
    let body = json!({ "code": "CLUSTER_MANUALLY_DISABLED", "cluster_id": 1 });
    client.post("http://grid/events").json(&body).send().await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kernel_tells_who_calls_and_nobody_is_believed_on_his_own_word() {
    let folder = tempfile::tempdir().unwrap();
    let (_, name) = me();
    let daemon: Running = started(&written(folder.path(), "")).await;
    let (socket, port) = (over_socket(folder.path()), reqwest::Client::new());
    let (status, told) = submit(&socket, "http://grid", &[]).await;
    assert_eq!((status, told["user"].as_str()), (201, Some(name.as_str())), "{told}");
    // Root of a machine is no administrator of the grid by that.
    assert_eq!(disable(&socket).await, 403);

    let user = ("X-CIGRI-USER", "root");
    let secret = (proxy::HEADER, proxy::SECRET);
    let port_url = daemon.client.url.clone();
    for (client, url, headers) in [
        (&socket, "http://grid", &[user][..]),
        (&socket, "http://grid", &[("X-CIGRI-USER", name.as_str())]),
        (&socket, "http://grid", &[user, secret]),
        (&port, &port_url, &[user]),
        (&port, &port_url, &[user, (proxy::HEADER, "guessed, but not known")]),
        (&port, &port_url, &[user, (proxy::HEADER, "")]),
        (&port, &port_url, &[user, secret, secret]),
    ] {
        let (status, told) = submit(client, url, headers).await;
        assert_eq!(status, 403, "{headers:?}: {told}");
        let message = told["message"].as_str().unwrap();
        assert!(message.contains("only from a proxy that proves itself"), "{headers:?}: {told}");
        assert!(told["hint"].as_str().unwrap().contains("[api.proxy]"), "{told}");
        assert!(!told.to_string().contains(proxy::SECRET), "{told}");
    }
    let (status, told) = submit(&port, &port_url, &[]).await;
    assert_eq!(status, 403);
    assert!(told["hint"].as_str().unwrap().contains("--unix-socket"), "{told}");
    let (status, told) = submit(&port, &port_url, &[secret]).await;
    assert_eq!(status, 403, "{told}");
    let (status, told) = submit(&port, &port_url, &[secret, user]).await;
    assert_eq!((status, told["user"].as_str()), (201, Some("root")), "{told}");
    // The list of campaigns and the like need no name.
    let open = socket.get("http://grid/clusters").header("X-CIGRI-USER", "x").send();
    assert_eq!(open.await.unwrap().status(), 200);
    daemon.stop().await;
    assert!(!folder.path().join("s").exists(), "a daemon that has ended leaves no socket");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_is_listed_is_an_administrator_and_one_who_is_a_proxy_is_nobody_himself() {
    let (uid, name) = me();
    for (settings, events, owner) in [
        (format!("admins = [\"{name}\"]"), 201, Some(name.as_str())),
        (format!("admins = [\"{name}\"]\nproxy.users = [{uid}]"), 403, None),
        (format!("proxy.users = [\"{name}\"]"), 403, None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let daemon = started(&written(folder.path(), &settings)).await;
        let socket = over_socket(folder.path());
        assert_eq!(disable(&socket).await, events, "{settings}");
        let (status, told) = submit(&socket, "http://grid", &[]).await;
        assert_eq!((status == 201, told["user"].as_str()), (owner.is_some(), owner), "{told}");
        let (status, told) = submit(&socket, "http://grid", &[("X-CIGRI-USER", "amy")]).await;
        let believed = owner.is_none();
        assert_eq!((status == 201, told["user"] == "amy"), (believed, believed), "{told}");
        daemon.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_of_a_user_of_the_machine_is_that_of_the_same_user_behind_the_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let (_, name) = me();
    let daemon = started(&written(folder.path(), "")).await;
    let (_, told) = submit(&over_socket(folder.path()), "http://grid", &[]).await;
    let campaign = gleaner_core::ids::CampaignId(told["id"].as_u64().unwrap() as u32);
    let cancel = Route::RemoveCampaign { campaign };
    let (status, _) = daemon.client.ask(Some("someone-else"), cancel, Value::Null).await;
    assert_eq!(status, 403);
    let (status, told) = daemon.client.ask(Some(&name), cancel, Value::Null).await;
    assert_eq!(status, 202, "{told}");
    daemon.stop().await;
}

fn config(path: &Path) -> SocketConfig {
    SocketConfig { path: path.to_owned(), mode: 0o660, group: None, make_folder: false }
}

#[tokio::test]
async fn a_dead_daemons_socket_is_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let dead = UnixListener::bind(&path).unwrap();
    drop(dead);
    assert!(path.exists());
    let door = Door::socket_at(&config(&path)).unwrap();
    let made = fs::symlink_metadata(&path).unwrap();
    assert!(made.file_type().is_socket());
    assert_eq!(made.permissions().mode() & 0o777, 0o660);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");

    let refused = Door::socket_at(&config(&path)).unwrap_err();
    assert!(matches!(refused, SocketError::Lives), "{refused}");
    drop(door);
    assert!(!path.exists());

    let file = folder.path().join("precious");
    fs::write(&file, "data").unwrap();
    let refused = Door::socket_at(&config(&file)).unwrap_err();
    assert!(matches!(refused, SocketError::NoSocket), "{refused}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "data");

    let long = folder.path().join("s".repeat(120));
    assert!(matches!(Door::socket_at(&config(&long)).unwrap_err(), SocketError::TooLong));
    let group = SocketConfig { group: Some("no-such-group".into()), ..config(&path) };
    assert!(matches!(Door::socket_at(&group).unwrap_err(), SocketError::NoGroup(_)));
    let lost = folder.path().join("none/s");
    assert!(matches!(Door::socket_at(&config(&lost)).unwrap_err(), SocketError::System { .. }));
    let own = SocketConfig { make_folder: true, ..config(&lost) };
    let door = Door::socket_at(&own).unwrap();
    let mode = fs::metadata(folder.path().join("none")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    drop(door);
}
