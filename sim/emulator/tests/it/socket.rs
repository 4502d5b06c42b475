//! The server over real sockets: the clock, answers that break, bodies that are too large, and who
//! may listen where.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use gleaner_emulator::behaviour::Behaviours;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::{Dialect, Execute};
use gleaner_emulator::error::EmulatorError;
use gleaner_emulator::pacing::Pace;
use gleaner_emulator::serve::{Ready, ServeOptions, Server, Stop};
use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::time::SimSpan;
use tokio::sync::watch;

use crate::one_cluster::{NoTasks, cluster, engine};

/// A server in a thread of its own.
pub(crate) struct Running {
    pub(crate) ready: Ready,
    pub(crate) folder: tempfile::TempDir,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

pub(crate) fn options(folder: &Path, pace: Pace) -> ServeOptions {
    ServeOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        allow_remote: false,
        pace,
        log: Some(folder.join("log.csv")),
        folder: folder.to_owned(),
        users: vec!["alice".to_owned()],
        processes_max: 4,
    }
}

impl Running {
    pub(crate) fn start(pace: Pace, execute: Execute, api: ApiFaults) -> Running {
        let folder = tempfile::tempdir().unwrap();
        let options = options(folder.path(), pace);
        let (told, ready) = std::sync::mpsc::channel();
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::spawn(move || {
            let (mut emulated, setup) = cluster(Dialect::Oar2, api, Vec::new());
            emulated.execute = execute;
            let engine =
                Engine::new(vec![(emulated, setup)], Behaviours::new([], Arc::new(NoTasks)));
            let server = Server::bind(engine, &["secret".to_owned()], options).unwrap();
            told.send(server.ready()[0].clone()).unwrap();
            server.run(Stop::Told(stopped)).unwrap();
        });
        Running { ready: ready.recv().unwrap(), folder, stop, thread: Some(thread) }
    }

    fn address(&self) -> SocketAddr {
        let host = self.ready.api_url.trim_start_matches("http://");
        host.split('/').next().unwrap().parse().unwrap()
    }

    /// Status and body of an answer; everything that came before the connection was closed.
    pub(crate) fn send(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        let text = self.raw(&format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nX-Remote-Ident: alice\r\nConnection: close\r\n\
             Accept: application/json\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        (status, body.unwrap_or_default())
    }

    fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        // A server that has heard enough closes before all is written.
        let _ = stream.write_all(request.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn stop(mut self) -> String {
        self.stop.send(true).unwrap();
        self.thread.take().unwrap().join().unwrap();
        std::fs::read_to_string(self.folder.path().join("log.csv")).unwrap()
    }
}

#[test]
fn the_clock_is_read_and_turned() {
    let server = Running::start(Pace::Hand, Execute::Simulated, ApiFaults::default());
    let clock = |body: &str| {
        let (status, text) =
            server.send(if body.is_empty() { "GET" } else { "POST" }, "/_clock", body);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        (status, value["now"].as_f64())
    };
    assert_eq!(clock(""), (200, Some(1e9)));
    assert_eq!(clock(r#"{"to": 1000000100}"#), (200, Some(1e9 + 100.0)));
    assert_eq!(clock(r#"{"to": 1000000050}"#).0, 409);
    for wrong in ["{", "{}", r#"{"to": "x"}"#, r#"{"to": 1e300}"#, r#"{"to": 1, "until": 2}"#] {
        assert_eq!(clock(wrong).0, 422, "{wrong}");
    }
    let job = r#"{"command": "/bin/sleep 7", "name": "mine"}"#;
    assert_eq!(server.send("POST", "/lune/jobs", job).0, 201);
    let until = r#"{"until": 1000009999, "on_change": true}"#;
    let times: Vec<f64> = std::iter::repeat_with(|| clock(until).1.unwrap()).take(4).collect();
    assert_eq!(times, [1e9 + 100.0, 1e9 + 101.0, 1e9 + 109.0, 1e9 + 9999.0]);
    assert_eq!(server.send("GET", "/nosuch/jobs", "").0, 404);
    assert_eq!(server.send("GET", "/", "").0, 200);
    let log = server.stop();
    let want = "1,mine,/bin/sleep 7,1000000100,1000000108,Terminated,lune,0";
    assert_eq!(log.lines().nth(1), Some(want), "{log}");
}

#[test]
fn paced_time_goes_by_itself() {
    let server = Running::start(Pace::Speed(100_000.0), Execute::Simulated, ApiFaults::default());
    assert_eq!(server.send("POST", "/_clock", r#"{"to": 2e9}"#).0, 409);
    assert_eq!(server.send("POST", "/lune/jobs", r#"{"command": "/bin/sleep 500"}"#).0, 201);
    // Ten minutes pass in six milliseconds.
    let over = (0..10_000).any(|_| server.send("GET", "/lune/jobs/1", "").1.contains("Terminated"));
    assert!(over);
    server.stop();
}

#[test]
fn answers_break_as_asked() {
    let truncated = ApiFaults { truncated_body: 1.0, ..ApiFaults::default() };
    let server = Running::start(Pace::Hand, Execute::Simulated, truncated);
    let (status, body) = server.send("GET", "/lune/version", "");
    assert_eq!(status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_err(), "{body}");
    server.stop();
    let reset = ApiFaults { reset: 1.0, ..ApiFaults::default() };
    let server = Running::start(Pace::Hand, Execute::Simulated, reset);
    assert_eq!(server.send("GET", "/lune/version", ""), (0, String::new()));
    server.stop();
    let silent =
        ApiFaults { timeout_before: 1.0, hang: SimSpan::from_ms(30), ..ApiFaults::default() };
    let server = Running::start(Pace::Hand, Execute::Simulated, silent);
    assert_eq!(server.send("GET", "/lune/version", ""), (0, String::new()));
    server.stop();
}

#[test]
fn what_is_no_request_harms_nobody() {
    let server = Running::start(Pace::Hand, Execute::Simulated, ApiFaults::default());
    let huge = "x".repeat(17 << 20);
    assert!([0, 413].contains(&server.send("POST", "/lune/jobs", &huge).0));
    for nonsense in ["GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n"] {
        server.raw(nonsense);
    }
    server.raw("POST /lune/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    assert_eq!(server.send("GET", "/lune/version", "").0, 200);
    server.stop();
}

#[test]
fn strangers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        ServeOptions { listen: "0.0.0.0:0".parse().unwrap(), ..options(folder.path(), Pace::Hand) };
    let refused = Server::bind(engine(Dialect::Oar3), &["s".to_owned()], open.clone());
    let error = refused.err().expect("it must not listen there");
    assert!(matches!(error, EmulatorError::NotLoopback(_)), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--allow-remote")));
    let (mut emulated, setup) = cluster(Dialect::Oar3, ApiFaults::default(), Vec::new());
    emulated.execute = Execute::Local;
    let engine = Engine::new(vec![(emulated, setup)], Behaviours::new([], Arc::new(NoTasks)));
    let allowed = ServeOptions { allow_remote: true, ..open };
    let error =
        Server::bind(engine, &["s".to_owned()], allowed).err().expect("no commands of strangers");
    assert!(matches!(error, EmulatorError::LocalForStrangers { .. }), "{error}");
}

#[test]
fn tokens_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path(), Pace::Hand);
    let server = Server::bind(engine(Dialect::Oar3), &["s".to_owned()], options).unwrap();
    let path = server.ready()[0].token_file.clone().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(file["tokens"]["alice"].is_string());
}
