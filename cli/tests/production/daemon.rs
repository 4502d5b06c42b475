//! `gleaner serve` of a test: its configuration, its REST API as users call it, its deaths.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::process::{Server, found_within};

/// What a proxy proves itself by to the daemons of tests.
pub(crate) const SECRET: &str = "known to the proxy of tests alone";
/// The header with it.
pub(crate) const SECRET_HEADER: &str = "X-Gleaner-Proxy-Secret";

/// Writes it down for a daemon of this folder.
pub(crate) fn write_secret(folder: &Path) {
    let path = folder.join("proxy.secret");
    fs::write(&path, SECRET).expect("a file can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a file of ours");
}

/// A client that is such a proxy.
fn proxy_client() -> Client {
    let secret = HeaderValue::from_static(SECRET);
    let headers =
        HeaderMap::from_iter([(HeaderName::from_static("x-gleaner-proxy-secret"), secret)]);
    Client::builder().default_headers(headers).build().expect("a client")
}

/// A daemon with a folder of its own; it may be dead for the moment.
pub(crate) struct Daemon {
    folder: PathBuf,
    extra: Vec<String>,
    env: Vec<(String, String)>,
    server: Option<Server>,
    url: String,
    client: Client,
}

impl Daemon {
    /// Writes `config` (TOML, without store and addresses) into `folder` and starts the daemon
    /// there, with more arguments.
    pub(crate) fn start(folder: &Path, config: &str, extra: &[&str]) -> Daemon {
        Daemon::start_in(folder, config, extra, &[])
    }

    /// The same, with more environment in each of its lives.
    pub(crate) fn start_in(
        folder: &Path,
        config: &str,
        extra: &[&str],
        env: &[(&str, &str)],
    ) -> Daemon {
        let store = folder.join("gleaner.sqlite");
        let config = format!(
            "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\n[store]\npath = {:?}\n{config}",
            store.to_str().expect("a path of a test is text")
        );
        write_secret(folder);
        fs::write(folder.join("gleaner.toml"), config).expect("the configuration is written");
        let mut daemon = Daemon {
            folder: folder.to_owned(),
            extra: extra.iter().map(|argument| (*argument).to_owned()).collect(),
            env: env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            server: None,
            url: String::new(),
            client: proxy_client(),
        };
        daemon.wake(&[]);
        daemon
    }

    /// Starts it (again) on its store. Returns whether it got ready: with a fail-point it may die
    /// before.
    pub(crate) fn wake(&mut self, env: &[(&str, &str)]) -> bool {
        let config = self.folder.join("gleaner.toml");
        let mut args = vec!["serve", "--config", config.to_str().expect("a path is text")];
        args.extend(self.extra.iter().map(String::as_str));
        let lasting = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = lasting.chain(env.iter().copied()).collect();
        let mut server = Server::start(&args, &all, &self.folder.join("daemon.log"));
        let ready = server.line();
        if let Some(line) = &ready {
            self.url = line["url"].as_str().expect("the daemon says where it listens").to_owned();
        } else {
            assert!(!env.is_empty(), "the daemon does not start:\n{}", self.log());
        }
        self.server = Some(server);
        ready.is_some()
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("daemon.log")).unwrap_or_default()
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub(crate) fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("the daemon was started")
    }

    /// Asks for `path`, as `user`.
    pub(crate) fn get(&self, user: &str, path: &str) -> reqwest::Result<Response> {
        self.client.get(format!("{}{path}", self.url)).header("X-CIGRI-USER", user).send()
    }

    /// The JSON at `path`, where the daemon is known to be alive.
    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get("alice", path).expect("the daemon answers");
        answer.json().expect("the daemon answers in JSON")
    }

    /// Sends JSON to `path`, as `user`.
    pub(crate) fn post(&self, user: &str, path: &str, body: &Value) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{}{path}", self.url));
        request.header("X-CIGRI-USER", user).json(body).send()
    }

    /// Deletes `path`, as `user`.
    pub(crate) fn delete(&self, user: &str, path: &str) -> reqwest::Result<Response> {
        self.client.delete(format!("{}{path}", self.url)).header("X-CIGRI-USER", user).send()
    }

    /// Hands a campaign in as alice and returns its id.
    pub(crate) fn submit(&self, jdl: &Value) -> u64 {
        let answer = self.post("alice", "/campaigns", jdl).expect("the daemon answers");
        let status = answer.status();
        let body: Value = answer.json().expect("the daemon answers in JSON");
        assert_eq!(status, 201, "{body}");
        body["id"].as_u64().expect("a campaign has an id")
    }

    /// Waits until a campaign of any user is in `state`. If it never is, what is known of it is told.
    pub(crate) fn wait_state(&self, campaign: u64, state: &str, limit: Duration) -> Value {
        let mut last = Value::Null;
        let arrived = found_within(limit, || {
            let answer = self.get("root", &format!("/campaigns/{campaign}")).ok()?;
            last = answer.json().ok()?;
            (last["state"] == state).then(|| last.clone())
        });
        arrived.unwrap_or_else(|| {
            let asked = |route: &str| self.get("root", route).and_then(|answer| answer.text());
            let events = asked(&format!("/campaigns/{campaign}/events"));
            let jobs = asked(&format!("/campaigns/{campaign}/jobs"));
            let log = self.log();
            panic!("not {state} within {limit:?}: {last}\n{events:?}\n{jobs:?}\n{log}")
        })
    }
}
