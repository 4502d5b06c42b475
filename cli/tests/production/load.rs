//! Many callers at once: who is idle, who brings a body slowly, who reads slowly or much, and somebody in between who
//! wants to submit. Measured, so it is asked for by `GLEANER_LOAD`, with a release build for figures:
//! `GLEANER_LOAD=1 cargo test --release -p gleaner --test production under_load -- --nocapture`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::daemon::{Daemon, SECRET, SECRET_HEADER};
use crate::process::wait_for;

const IDLE: usize = 500;
const SLOW_BODIES: usize = 20;
const SLOW_READERS: usize = 60;
const FAST_READERS: usize = 64;
const CAMPAIGNS: usize = 4;
const SUBMISSIONS: usize = 40;
/// What a submission may take, and the daemon may hold.
const WITHIN_S: f64 = 1.0;
const MEMORY_MB: f64 = 500.0;

/// A cluster that nobody answers for: only the API is tried.
const CONFIG: &str =
    "[[cluster]]\nname = \"far\"\napi_url = \"http://127.0.0.1:9/\"\ndialect = \"oar2\"\n";

/// Callers who go on until they are told to stop.
struct Crowd {
    stop: Arc<AtomicBool>,
    /// Bytes that they have got.
    got: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    fn new() -> Crowd {
        Crowd { stop: Arc::default(), got: Arc::default(), threads: Vec::new() }
    }

    fn join(&mut self, one: impl FnOnce(&AtomicBool, &AtomicU64) + Send + 'static) {
        let (stop, got) = (Arc::clone(&self.stop), Arc::clone(&self.got));
        self.threads.push(std::thread::spawn(move || one(&stop, &got)));
    }

    /// Sends all home. Returns how many bytes they have got.
    fn leave(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("no caller panics"));
        self.got.load(Ordering::Relaxed)
    }
}

fn connected(address: &str, sends: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the daemon listens");
    let patience = Some(Duration::from_millis(200));
    stream.set_read_timeout(patience).expect("a socket");
    stream.write_all(sends.as_bytes()).expect("the daemon takes it");
    stream
}

fn get(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: grid\r\n{SECRET_HEADER}: {SECRET}\r\nX-CIGRI-USER: alice\r\n\r\n"
    )
}

/// Brings a byte of a body now and then, and begins anew when it is sent away.
fn slow_body(address: &str, stop: &AtomicBool) {
    let head = format!(
        "POST /campaigns HTTP/1.1\r\nHost: grid\r\n{SECRET_HEADER}: {SECRET}\r\nX-CIGRI-USER: bob\r\n\
         Content-Length: 9000000\r\n\r\n"
    );
    while !stop.load(Ordering::Relaxed) {
        let mut stream = connected(address, &head);
        // Most of what is free for everybody.
        let _ = stream.write_all(&[b' '; 60_000]);
        while !stop.load(Ordering::Relaxed) && stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// Takes some bytes of a long answer now and then.
fn slow_reader(address: &str, path: &str, stop: &AtomicBool, got: &AtomicU64) {
    while !stop.load(Ordering::Relaxed) {
        let mut stream = connected(address, &get(path));
        let mut some = [0; 2048];
        while !stop.load(Ordering::Relaxed) {
            match stream.read(&mut some) {
                Ok(0) | Err(_) => break,
                Ok(bytes) => drop(got.fetch_add(bytes as u64, Ordering::Relaxed)),
            }
            std::thread::sleep(Duration::from_millis(250));
        }
    }
}

/// Takes a long answer as fast as it comes, again and again.
fn fast_reader(address: &str, path: &str, stop: &AtomicBool, got: &AtomicU64) {
    let mut some = vec![0; 256 * 1024];
    while !stop.load(Ordering::Relaxed) {
        let mut stream =
            connected(address, &get(path).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
        while !stop.load(Ordering::Relaxed) {
            match stream.read(&mut some) {
                Ok(0) | Err(_) => break,
                Ok(bytes) => drop(got.fetch_add(bytes as u64, Ordering::Relaxed)),
            }
        }
    }
}

/// Submits again and again. Returns the times in seconds, the longest last.
fn submissions(daemon: &Daemon) -> Vec<f64> {
    let jdl =
        json!({ "name": "small", "nb_jobs": 10, "clusters": { "far": { "exec_file": "true" } } });
    let mut times = Vec::new();
    for _ in 0..SUBMISSIONS {
        let begun = Instant::now();
        daemon.submit(&jdl);
        times.push(begun.elapsed().as_secs_f64());
        std::thread::sleep(Duration::from_millis(100));
    }
    times.sort_by(f64::total_cmp);
    times
}

fn told(what: &str, daemon: &mut Daemon, times: &[f64], got: u64) {
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    let peak_mb = daemon.server().peak_mb();
    let got_mb = got as f64 / 1e6;
    println!(
        "{what}: submission {median:.3} s, {longest:.3} s at most; readers got {got_mb:.0} MB; peak {peak_mb:.0} MB"
    );
    assert!(longest < WITHIN_S, "{what}: a submission took {longest} s\n{}", daemon.log());
    assert!(peak_mb < MEMORY_MB, "{what}: the daemon has held {peak_mb} MB");
}

#[test]
fn a_submission_is_served_under_load() {
    if std::env::var_os("GLEANER_LOAD").is_none() {
        return println!("SKIPPED: a measurement, asked for by GLEANER_LOAD=1");
    }
    let folder = tempdir().expect("a folder");
    let mut daemon = Daemon::start(folder.path(), CONFIG, &[]);
    let address = daemon.url().strip_prefix("http://").expect("an address").to_owned();
    let parameters: Vec<Value> = (0..1_000_000).map(|n| json!(format!("{n} input-{n}"))).collect();
    let many = json!({ "name": "many", "params": parameters, "clusters": { "far": { "exec_file": "true" } } });
    let paths: Vec<String> =
        (0..CAMPAIGNS).map(|_| format!("/campaigns/{}/jdl", daemon.submit(&many))).collect();
    drop((many, parameters));
    let alone = submissions(&daemon);
    told("alone", &mut daemon, &alone, 0);

    let idle: Vec<TcpStream> = (0..IDLE)
        .map(|number| connected(&address, if number % 2 == 0 { "" } else { "GET /campa" }))
        .collect();
    let mut crowd = Crowd::new();
    for _ in 0..SLOW_BODIES {
        let address = address.clone();
        crowd.join(move |stop, _| slow_body(&address, stop));
    }
    for number in 0..SLOW_READERS {
        let (address, path) = (address.clone(), paths[number % CAMPAIGNS].clone());
        crowd.join(move |stop, got| slow_reader(&address, &path, stop, got));
    }
    std::thread::sleep(Duration::from_secs(2));
    let slow = submissions(&daemon);
    let got = crowd.leave();
    told("500 idle, 20 slow bodies, 60 slow readers", &mut daemon, &slow, got);
    drop(idle);

    let mut crowd = Crowd::new();
    for number in 0..FAST_READERS {
        let (address, path) = (address.clone(), paths[number % CAMPAIGNS].clone());
        crowd.join(move |stop, got| fast_reader(&address, &path, stop, got));
    }
    std::thread::sleep(Duration::from_secs(2));
    let fast = submissions(&daemon);
    let got = crowd.leave();
    told("64 readers of four campaigns of a million", &mut daemon, &fast, got);
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}

#[test]
fn a_daemon_without_descriptors_says_so_and_goes_on() {
    let folder = tempdir().expect("a folder");
    let mut daemon = Daemon::start(folder.path(), CONFIG, &[]);
    let address = daemon.url().strip_prefix("http://").expect("an address").to_owned();
    let pid = daemon.server().pid();
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it is alive").count();
    let few = format!("--nofile={0}:{0}", open + 8);
    let bounded = Command::new("prlimit").args(["--pid", &pid.to_string(), &few]).status();
    if !bounded.is_ok_and(|status| status.success()) {
        return println!("SKIPPED: no `prlimit` here");
    }
    let idle: Vec<TcpStream> = (0..30).map(|_| connected(&address, "GET /campa")).collect();
    wait_for("the log tells it", Duration::from_secs(60), || {
        daemon.log().contains("callers cannot be taken").then_some(())
    });
    drop(idle);
    wait_for("it answers again", Duration::from_secs(60), || {
        daemon.get("alice", "/healthz").ok().filter(|answer| answer.status() == 200)
    });
    assert!(daemon.server().stop().success(), "{}", daemon.log());
}
