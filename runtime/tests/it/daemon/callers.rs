//! Callers who bring nothing, or take nothing: they hold a place for a while, and keep nobody out.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::proxy::{HEADER, SECRET};

use super::{Running, started, written};

/// A daemon with more settings of `[api]`.
async fn with(settings: &str) -> (tempfile::TempDir, Running) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = written(folder.path(), &["lune"]);
    let text = std::fs::read_to_string(&config).expect("a file that was written");
    // Nothing is decided meanwhile.
    let text = text.replace("[grid]\ncycle = 0", &format!("{settings}\n[grid]\ncycle = 3600"));
    std::fs::write(&config, text).expect("a file can be written");
    let daemon = started(&config).await;
    (folder, daemon)
}

/// A connection on which so much is sent.
async fn caller(daemon: &Running, sends: &str) -> TcpStream {
    let address = daemon.client.url.strip_prefix("http://").expect("the daemon tells its address");
    let mut stream = TcpStream::connect(address).await.expect("a server that answers");
    stream.write_all(sends.as_bytes()).await.expect("a server that answers");
    stream
}

/// The head of a submission, whose body is to come.
fn submission(bytes: usize) -> String {
    format!(
        "POST /campaigns HTTP/1.1\r\nHost: grid\r\n{HEADER}: {SECRET}\r\nX-CIGRI-USER: amy\r\n\
         Content-Length: {bytes}\r\n\r\n{{"
    )
}

/// All that comes until the daemon closes.
async fn heard(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // Whoever is dropped may see a reset.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

/// A figure of `/metrics`.
async fn figure(daemon: &Running, line: &str) -> u64 {
    let answer = reqwest::get(format!("{}/metrics", daemon.client.url)).await;
    let text = answer.expect("the daemon answers").text().await.expect("the figures are text");
    let line = text.lines().find_map(|told| told.strip_prefix(line));
    line.expect("the figure is told").trim().parse().expect("a number")
}

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: grid\r\nConnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_and_half_sent_connections_make_room_for_who_asks() {
    let (_folder, daemon) = with("connections_max = 20").await;
    let mut quiet = Vec::new();
    for number in 0..20 {
        quiet.push(caller(&daemon, if number % 2 == 0 { "" } else { "GET /camp" }).await);
    }
    // Who has just come is not sent away.
    tokio::time::sleep(Duration::from_millis(700)).await;
    for _ in 0..10 {
        quiet.push(caller(&daemon, "").await);
    }
    let answer = heard(caller(&daemon, GET).await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    daemon.client.submit("taken all the same", 1).await;
    assert_eq!(heard(quiet.swap_remove(0)).await, "", "the first has made room");
    assert!(figure(&daemon, "gleaner_api_connections_full_total{what=\"made_room\"}").await >= 11);
    assert!(figure(&daemon, "gleaner_api_connections ").await <= 20);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_all_are_busy_a_caller_is_told_to_come_again() {
    let (_folder, daemon) = with("connections_max = 5").await;
    let mut busy = Vec::new();
    for _ in 0..5 {
        busy.push(caller(&daemon, &submission(1000)).await);
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let answer = heard(caller(&daemon, GET).await).await;
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(
        answer.contains("Retry-After: 5\r\n") && answer.contains("5 connections are busy"),
        "{answer}"
    );
    drop(busy);
    let again = async || heard(caller(&daemon, GET).await).await.starts_with("HTTP/1.1 200");
    let mut taken = false;
    for _ in 0..1200 {
        taken = again().await;
        if taken {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(taken, "their places are free again");
    assert!(figure(&daemon, "gleaner_api_connections_full_total{what=\"turned_away\"}").await >= 1);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_has_no_more_connections_than_is_set() {
    let (_folder, daemon) = with("peer_connections_max = 3").await;
    let mut busy = Vec::new();
    for _ in 0..3 {
        busy.push(caller(&daemon, &submission(1000)).await);
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    let answer = heard(caller(&daemon, GET).await).await;
    assert!(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{answer}");
    assert!(answer.contains("3 connections from one address"), "{answer}");
    drop(busy);
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_bodies_and_silences_end_in_time() {
    let within = "head_within = \"300ms\"\nstall_within = \"400ms\"\nidle_within = \"500ms\"";
    let (_folder, daemon) = with(within).await;
    let head = caller(&daemon, "GET /campaigns HTTP/1.1\r\nHost: gr").await;
    let silent = caller(&daemon, "").await;
    let body = caller(&daemon, &submission(1000)).await;
    let (head, silent, body) = tokio::join!(heard(head), heard(silent), heard(body));
    assert_eq!(silent, "");
    assert!(!head.contains("200"), "{head}");
    assert!(body.starts_with("HTTP/1.1 408") && body.contains("`api.stall_within`"), "{body}");
    // Who sends piece by piece has until `body_within`.
    let (_folder, slow) = with("body_within = \"600ms\"\nstall_within = \"5s\"").await;
    let mut trickle = caller(&slow, &submission(1000)).await;
    for _ in 0..1000 {
        if trickle.write_all(b" ").await.is_err() {
            break;
        }
        let mut some = [0; 64];
        let early = tokio::time::timeout(Duration::from_millis(50), trickle.read(&mut some)).await;
        if let Ok(read) = early {
            let told = String::from_utf8_lossy(&some[..read.unwrap()]).into_owned();
            assert!(told.starts_with("HTTP/1.1 408"), "{told}");
            slow.stop().await;
            return daemon.stop().await;
        }
    }
    panic!("the body never ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies_keep_no_submission_waiting() {
    let (_folder, daemon) = with("bodies_max_mb = 1\nbody_max_mb = 1").await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        slow.push(caller(&daemon, &submission(1_000_000)).await);
    }
    // These even hold all the room that there is for large ones.
    for _ in 0..2 {
        let piece = "x".repeat(600_000);
        slow.push(caller(&daemon, &(submission(1_000_000) + &piece)).await);
    }
    daemon.client.submit("not behind them", 1).await;
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_does_not_read_is_dropped() {
    let (_folder, daemon) = with("stall_within = \"400ms\"").await;
    let id = daemon.client.submit("long", 5_000_000).await;
    let get = format!(
        "GET /campaigns/{id}/jdl HTTP/1.1\r\nHost: grid\r\n{HEADER}: {SECRET}\r\nX-CIGRI-USER: alice\r\n\r\n"
    );
    let stream = caller(&daemon, &get).await;
    let count = "gleaner_api_connections ";
    for _ in 0..1200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        // The scrape has a connection of its own, and one may be left of before.
        if figure(&daemon, count).await <= 1 {
            break;
        }
    }
    let whole = 5_000_000 * "\"1234567\",".len();
    let got = heard(stream).await.len();
    assert!(got < whole / 2, "{got} of {whole} bytes were made for nobody");
    daemon.stop().await;
}
