//! The daemon's own tokens over a whole daemon: made by whom the settings allow, taken from anywhere, and counting no more
//! once they are over, revoked, or of a store that was copied.

use std::fs;
use std::path::{Path, PathBuf};

use gleaner_api::routes::Route;
use gleaner_api::shapes::access_token::{AccessTokenList, IssuedToken, TokenState};
use serde_json::{Value, json};

use crate::client::proxy;
use crate::daemon::{Running, started};

fn written(folder: &Path, store: &str, tokens: &str) -> PathBuf {
    let path = folder.join("gleaner.toml");
    let text = format!(
        "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\nadmins = [\"boss\"]\n\
         [api.tokens]\n{tokens}\n[store]\npath = \"{store}\"\n\
         [[cluster]]\nname = \"lune\"\napi_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n"
    );
    fs::write(&path, text).expect("a file");
    path
}

async fn issue(daemon: &Running, by: &str, wish: Value) -> (u16, Value) {
    daemon.client.ask(Some(by), Route::IssueAccessToken, wish).await
}

/// Asks with a token and nothing else; returns the status and the answer.
async fn with(daemon: &Running, token: &str, route: Route, body: &Value) -> (u16, Value) {
    let request = daemon.client.request(None, route).bearer_auth(token);
    let request = if body.is_null() { request } else { request.json(body) };
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn token(told: &Value) -> String {
    serde_json::from_value::<IssuedToken>(told.clone()).expect("a token").token
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_says_who_calls_until_it_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = started(&written(folder.path(), "g.db", "")).await;
    let (status, told) = issue(&daemon, "alice", json!({ "note": "laptop" })).await;
    assert_eq!(status, 201, "{told}");
    let (id, token) = (told["id"].as_u64().unwrap(), token(&told));
    let jdl = json!({ "name": "n", "nb_jobs": 1, "clusters": { "lune": { "exec_file": "true" } } });
    let (status, told) = with(&daemon, &token, Route::Submit, &jdl).await;
    assert_eq!((status, told["user"].as_str()), (201, Some("alice")), "{told}");
    // Beside a name in the header, it does not help a spoofer.
    let both = daemon.client.request(None, Route::Tokens).bearer_auth(&token);
    assert_eq!(both.header("X-CIGRI-USER", "boss").send().await.unwrap().status(), 403);
    // Whoever has found one shall not make more of it.
    let (status, told) = with(&daemon, &token, Route::IssueAccessToken, &json!({})).await;
    assert_eq!(status, 403, "{told}");
    let (status, told) = with(&daemon, &token, Route::CreateEvent, &json!({})).await;
    assert_eq!(status, 403, "{told}");

    let revoke = Route::RevokeAccessToken { token: gleaner_api::numbers::AccessTokenId(id) };
    assert_eq!(daemon.client.ask(Some("bob"), revoke, Value::Null).await.0, 404);
    assert_eq!(with(&daemon, &token, Route::Tokens, &Value::Null).await.0, 200);
    assert_eq!(daemon.client.ask(Some("alice"), revoke, Value::Null).await.0, 202);
    let (status, told) = with(&daemon, &token, Route::Tokens, &Value::Null).await;
    assert_eq!(status, 401, "{told}");
    assert!(told["message"].as_str().unwrap().contains("it was revoked"), "{told}");
    let list = async |user| -> AccessTokenList {
        daemon.client.done(Some(user), Route::AccessTokens, Value::Null).await
    };
    assert_eq!(list("alice").await.items[0].state, TokenState::Revoked);
    assert_eq!((list("bob").await.items.len(), list("boss").await.items.len()), (0, 1));
    // No answer, no figure and no file holds it but the one that made it.
    let metrics = daemon.client.request(None, Route::Metrics).send().await.unwrap();
    assert!(!metrics.text().await.unwrap().contains(&token));
    daemon.stop().await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap_or_default();
        for secret in [&token, &token.rsplit('.').next().unwrap().to_owned()] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_settings_say_who_may_have_whose_tokens_made() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = "own = false\nissuers = { portal = [\"*\"], carol = [\"boss\", \"robot\"] }\nlifetime_max = \"1h\"";
    let daemon = started(&written(folder.path(), "g.db", tokens)).await;
    for (by, of, expected) in [
        ("alice", "alice", 403),
        ("alice", "bob", 403),
        ("boss", "alice", 403),
        ("portal", "alice", 201),
        ("portal", "boss", 403),
        ("carol", "boss", 201),
        ("carol", "robot", 201),
        ("carol", "alice", 403),
        ("portal", "-rf", 403),
        ("portal", "a b", 403),
        ("portal", "x\r\nSet-Cookie: a=b", 403),
        ("portal", "'; DROP TABLE access_tokens; --", 403),
    ] {
        let (status, told) = issue(&daemon, by, json!({ "user": of })).await;
        assert_eq!(status, expected, "{by} for {of}: {told}");
        assert!(status == 201 || told["hint"].is_string(), "{told}");
    }
    for wish in [
        json!({ "user": "alice", "lifetime_s": 3601 }),
        json!({ "user": "alice", "lifetime_s": 59 }),
        json!({ "user": "alice", "note": "two\nlines" }),
        json!({ "user": "alice", "note": "x".repeat(201) }),
        json!({ "user": "alice", "aud": "another" }),
        json!(7),
    ] {
        let (status, told) = issue(&daemon, "portal", wish).await;
        assert_eq!((status, told["hint"].is_string()), (400, true), "{told}");
    }
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_store_takes_no_token_of_before_and_neither_does_another_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = started(&written(folder.path(), "g.db", "")).await;
    let (_, told) = issue(&daemon, "alice", json!({})).await;
    let token = token(&told);
    daemon.stop().await;

    // As it was, it is taken still.
    let daemon = started(&written(folder.path(), "g.db", "")).await;
    assert_eq!(with(&daemon, &token, Route::Tokens, &Value::Null).await.0, 200);
    daemon.stop().await;
    // One that is for another daemon.
    let daemon = started(&written(folder.path(), "g.db", "audience = \"other\"")).await;
    let (status, told) = with(&daemon, &token, Route::Tokens, &Value::Null).await;
    assert_eq!(status, 401, "{told}");
    daemon.stop().await;
    // A copy of the store, as a backup that is put in its place.
    fs::copy(folder.path().join("g.db"), folder.path().join("copy.db")).unwrap();
    let daemon = started(&written(folder.path(), "copy.db", "")).await;
    let (status, told) = with(&daemon, &token, Route::Tokens, &Value::Null).await;
    assert_eq!(status, 401, "{told}");
    assert!(told["message"].as_str().unwrap().contains("restored or copied"), "{told}");
    assert!(!told.to_string().contains(&token));
    for garbage in ["", "x", "a.b.c", proxy::SECRET] {
        let (status, told) = with(&daemon, garbage, Route::Tokens, &Value::Null).await;
        assert_eq!(status, 401, "{told}");
    }
    daemon.stop().await;
}
