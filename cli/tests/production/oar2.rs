//! A real OAR 2.5, brought up where it may be: root on Debian 12, with the bring-up script named by
//! `GLEANER_OAR2_UP` (by default `../shared/oar2/up` beside the workspace). Elsewhere the tests that
//! need it are skipped, and say so. One machine holds one such cluster: a lock keeps others out.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

/// Where its database listens: beside its API, below the ports that the system gives away.
const DATABASE_PORT: &str = "6670";

/// A real OAR 2.5 on loopback: 4 nodes of 4 cores.
pub(crate) struct Oar2 {
    up: PathBuf,
    state: PathBuf,
    env: Vec<(&'static str, &'static str)>,
    /// Whoever holds this lock has the machine's cluster; it is free again when the process ends.
    _lock: File,
}

impl Oar2 {
    /// Brings one up that has never had a job, or says why not.
    pub(crate) fn up(env: &[(&'static str, &'static str)]) -> Option<Oar2> {
        let up = std::env::var_os("GLEANER_OAR2_UP").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oar2/up"),
            PathBuf::from,
        );
        let skip = |why: &str| {
            // Not `println!`: the test harness would keep it to itself.
            let _ = writeln!(std::io::stderr(), "SKIPPED: no real OAR 2.5 here: {why}");
            None
        };
        if !up.is_file() {
            return skip(&format!("`{}` is not there", up.display()));
        }
        let id = Command::new("id").arg("-u").output().expect("`id` runs");
        if id.stdout != b"0\n" {
            return skip("it needs root");
        }
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        if !release.contains("VERSION_CODENAME=bookworm") {
            return skip("this is not Debian 12");
        }
        let lock = std::env::temp_dir().join("gleaner-oar2.lock");
        let lock = File::create(&lock).expect("the lock of the machine's cluster can be made");
        lock.lock().expect("the lock of the machine's cluster can be waited for");
        let state = PathBuf::from("/tmp/oar2");
        let oar2 = Oar2 { up, state, env: env.to_vec(), _lock: lock };
        // Jobs that a run left behind when it was killed would hold its cores until their walltime.
        oar2.run("down", &["--purge"]);
        oar2.run("up", &[]);
        Some(oar2)
    }

    /// Runs `up` or `down`.
    pub(crate) fn run(&self, script: &str, args: &[&str]) {
        let script = self.up.with_file_name(script);
        let mut command = Command::new("bash");
        // The usual port is one of those that any outgoing connection may have at the moment.
        command.env("OAR2_DB_PORT", DATABASE_PORT).envs(self.env.iter().copied());
        let done = command.arg(&script).args(args).output().expect("`bash` runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{}: {said}", script.display());
    }

    /// The folder of its state: process ids, the stress it tells.
    pub(crate) fn state_folder(&self) -> &Path {
        &self.state
    }

    /// The address of its API over HTTP.
    pub(crate) fn api_url(&self) -> &'static str {
        "http://127.0.0.1:6668/oarapi"
    }

    /// The address of its API over mutual TLS.
    pub(crate) fn tls_url(&self) -> &'static str {
        "https://127.0.0.1:6669/oarapi-cigri"
    }

    /// Answers of its web server so far with a status of 500.
    pub(crate) fn answers_500(&self) -> usize {
        let log = fs::read_to_string(self.state.join("log/apache-access.log")).unwrap_or_default();
        log.lines().filter(|line| line.contains("\" 500 ")).count()
    }

    /// Asks its API, as `login`.
    pub(crate) fn ask(&self, login: &str, method: &str, path: &str, body: Option<&Value>) -> Value {
        let client = reqwest::blocking::Client::new();
        let method = method.parse().expect("a method of HTTP");
        let mut request = client
            .request(method, format!("{}{path}", self.api_url()))
            .header("X_REMOTE_IDENT", login)
            .header("Accept", "application/json");
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().expect("OAR's API answers");
        answer.json().expect("OAR's API answers in JSON")
    }

    /// An owner's job of `cores` cores for `seconds`. Returns its id.
    pub(crate) fn owner(&self, cores: u32, seconds: u32) -> u64 {
        let body = json!({
            "resource": format!("/core={cores},walltime=00:10:00"),
            "command": format!("/bin/sleep {seconds}"),
        });
        let answer = self.ask("bob", "POST", "/jobs.json", Some(&body));
        answer["id"].as_u64().unwrap_or_else(|| panic!("an id in {answer}"))
    }

    /// The state of a job.
    pub(crate) fn job_state(&self, job: u64) -> String {
        let answer = self.ask("bob", "GET", &format!("/jobs/{job}.json"), None);
        answer["state"].as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Oar2 {
    fn drop(&mut self) {
        self.run("down", &[]);
    }
}
