//! Emulated clusters of a scenario, behind `gleaner emulate`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::Server;

/// What emulated clusters show as the date at the scenario's time zero.
pub(crate) const EPOCH_S: i64 = 1_000_000_000;

/// A running emulator.
pub(crate) struct Emulator {
    /// The process, which ends with this.
    pub(crate) server: Server,
    /// Its clusters, in the order of the scenario.
    pub(crate) clusters: Vec<EmulatedCluster>,
    /// Where every execution of a job is written.
    pub(crate) executions: PathBuf,
}

/// How a cluster is reached.
#[derive(Clone, Debug)]
pub(crate) struct EmulatedCluster {
    /// Its name.
    pub(crate) name: String,
    /// `oar2` or `oar3`.
    pub(crate) dialect: String,
    /// Its base address.
    pub(crate) api_url: String,
    /// Tokens of its users, as JSON.
    pub(crate) token_file: Option<PathBuf>,
}

impl Emulator {
    /// Emulates `scenario` (TOML) of `clusters` clusters at `speed`, with its files in `folder`.
    pub(crate) fn start(folder: &Path, scenario: &str, clusters: usize, speed: &str) -> Emulator {
        let file = folder.join("grid.toml");
        fs::write(&file, scenario).expect("the scenario is written");
        let executions = folder.join("executions.csv");
        let text = |path: &Path| path.to_str().expect("a path of a test is text").to_owned();
        let (file, log) = (text(&file), text(&executions));
        let files = text(&folder.join("emulator"));
        let args = ["emulate", &file, "--speed", speed, "--listen", "127.0.0.1:0", "--log", &log];
        let args = [&args[..], &["--user", "alice", "--user", "bob", "--dir", &files]].concat();
        let mut server = Server::start(&args, &[], &folder.join("emulator.log"));
        let ready = (0..clusters).map(|_| {
            let line = server.line().unwrap_or_else(|| {
                let said = fs::read_to_string(folder.join("emulator.log")).unwrap_or_default();
                panic!("the emulator does not start:\n{said}")
            });
            let text = |key: &str| line[key].as_str().map(str::to_owned);
            EmulatedCluster {
                name: text("cluster").expect("a name"),
                dialect: text("dialect").expect("a dialect"),
                api_url: text("api_url").expect("an address"),
                token_file: text("token_file").map(PathBuf::from),
            }
        });
        let clusters = ready.collect();
        Emulator { server, clusters, executions }
    }

    /// What its clock shows, in seconds.
    pub(crate) fn now_s(&self) -> f64 {
        let shown = reqwest::blocking::get(self.clock()).expect("the clock answers");
        let face: serde_json::Value = shown.json().expect("the clock answers in JSON");
        face["now"].as_f64().expect("the clock shows a time")
    }

    /// The address of its clock.
    pub(crate) fn clock(&self) -> String {
        let (base, _) = self.clusters[0].api_url.rsplit_once('/').expect("an address has a path");
        format!("{base}/_clock")
    }
}
