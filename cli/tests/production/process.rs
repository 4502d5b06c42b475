//! A server of ours as a child process: started, read until it is ready, killed or stopped by pid.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The longest a server may take to be ready or to stop, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The kernel counts CPU time in these.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running `gleaner` command.
pub(crate) struct Server {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Server {
    /// Starts `gleaner ARGS` with more environment; what it says on standard error goes to the end of
    /// `log`.
    pub(crate) fn start(args: &[&str], env: &[(&str, &str)], log: &Path) -> Server {
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_gleaner"))
            .args(args)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the built command starts");
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Server { child, lines }
    }

    /// The next line on its standard output, as JSON; `None` when it ended instead.
    pub(crate) fn line(&mut self) -> Option<Value> {
        let line = self.lines.recv_timeout(PATIENCE).ok()?;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in `{line}`")))
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// User and system time of it and of its ended children so far, in seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it is alive");
        // The name in brackets may hold anything; the first field behind it is the third.
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        let ticks = fields.split_whitespace().skip(11).take(4);
        let ticks: f64 = ticks.map(|field| field.parse::<f64>().expect("a number")).sum();
        ticks / TICKS_PER_SECOND
    }

    /// The most memory that it has held, in MB.
    pub(crate) fn peak_mb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("it is alive");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib * 1024.0 / 1e6
    }

    /// Whether it has ended by itself.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Kills it where it stands (SIGKILL).
    pub(crate) fn kill(&mut self) {
        // It may have ended a moment ago.
        let _ = self.child.kill();
        self.child.wait().expect("a killed child ends");
    }

    /// Asks it to stop (SIGTERM) and returns how it ended.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("`kill` runs");
        assert!(asked.success(), "process {pid} cannot be asked to stop");
        let asked_at = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(asked_at.elapsed() < PATIENCE, "process {pid} does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends HUP to a process.
pub(crate) fn hang_up(pid: u32) {
    let sent = Command::new("kill").args(["-HUP", &pid.to_string()]).status().expect("`kill` runs");
    assert!(sent.success(), "process {pid} cannot be told");
}

/// Looks again and again until `done` gives something; the condition ends it, not the time.
///
/// # Panics
/// After `limit`, with what was waited for.
pub(crate) fn wait_for<T>(what: &str, limit: Duration, done: impl FnMut() -> Option<T>) -> T {
    found_within(limit, done).unwrap_or_else(|| panic!("{what}: not within {limit:?}"))
}

/// The same; nothing after `limit`.
pub(crate) fn found_within<T>(limit: Duration, mut done: impl FnMut() -> Option<T>) -> Option<T> {
    let since = Instant::now();
    loop {
        if let Some(value) = done() {
            return Some(value);
        }
        if since.elapsed() >= limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
