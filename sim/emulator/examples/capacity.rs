//! Measures what an emulator can carry: four clusters at speed 60 with 100,000 live jobs on one of
//! them, lists of 10,000 jobs, and requests a second over HTTP with the lag they cause. Prints a
//! table; run it as `cargo run --profile bench -p gleaner-emulator --example capacity`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gleaner_emulator::behaviour::Behaviours;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::{Cluster, Dialect, Execute};
use gleaner_emulator::faults::FaultInjector;
use gleaner_emulator::identity::{TOKEN_LIFE_S, TokenKey};
use gleaner_emulator::pacing::Pace;
use gleaner_emulator::platform::Platform;
use gleaner_emulator::serve::{ServeOptions, Server, Stop};
use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::backend::{Behaviour, TaskBehaviour, TaskWork};
use gleaner_sim::faults::NodeFaults;
use gleaner_sim::job::{JobKind, JobSpec};
use gleaner_sim::oar::model::config::Config;
use gleaner_sim::oar::server::OarServer;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::sizes::Sizes;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{ClusterSetup, Estimates};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tokio::sync::watch;

/// Jobs that are submitted.
const JOBS: usize = 100_000;
/// Jobs of one submission.
const ARRAY: usize = 1000;
/// How long requests are sent.
const LOAD: Duration = Duration::from_secs(10);
/// Connections at once.
const CLIENTS: usize = 4;

struct NoTasks;

impl TaskBehaviour for NoTasks {
    fn attempt(&self, _: gleaner_core::ids::CampaignId, _: TaskWork, _: u32) -> Behaviour {
        Behaviour { run: SimSpan::from_s(60), exit_code: 0 }
    }
}

fn main() {
    let (ready, address) = std::sync::mpsc::channel();
    let (stop, stopped) = watch::channel(false);
    let server = std::thread::spawn(move || {
        let engine = engine();
        let folder = std::env::temp_dir().join("gleaner-capacity");
        let options = ServeOptions {
            listen: "127.0.0.1:0".parse().expect("an address"),
            allow_remote: false,
            pace: Pace::Speed(60.0),
            log: None,
            folder: folder.clone(),
            users: vec!["alice".to_owned()],
            processes_max: 1,
        };
        let secrets = vec!["secret".to_owned(); 4];
        let server = Server::bind(engine, &secrets, options).expect("a free port");
        let url = server.ready()[0].api_url.clone();
        ready.send(url).expect("somebody waits");
        server.run(Stop::Told(stopped)).expect("it ends when told");
        let _ = std::fs::remove_dir_all(folder);
    });
    let url = address.recv().expect("the server is ready");
    let host = url.trim_start_matches("http://").split('/').next().expect("a host").to_owned();
    let address: SocketAddr = host.parse().expect("an address");
    let token = TokenKey::new(b"secret", TOKEN_LIFE_S).token("alice", 1_000_000_000);
    let token = token.expect("a token");
    measure(address, &token);
    stop.send(true).expect("the server runs");
    server.join().expect("the server ended well");
}

/// Four clusters of 1024 cores with owners' jobs that keep them half busy.
fn engine() -> Engine {
    let clusters = (0..4u64).map(|number| {
        let dialect = if number % 2 == 0 { Dialect::Oar3 } else { Dialect::Oar2 };
        let (nodes, cores_per_node) = (128, 8);
        let server = OarServer::new(nodes, cores_per_node, Config::default(), OarRhythm::real());
        let setup = ClusterSetup {
            name: format!("c{number}"),
            nodes,
            cores_per_node,
            scheduler: Box::new(server.expect("packaged settings")),
            estimates: Estimates::Requested,
            arrivals: owners(number).into(),
            faults: NodeFaults::Never,
            sizes: Sizes::default(),
        };
        let cluster = Cluster {
            name: format!("c{number}"),
            dialect,
            platform: Platform::new(nodes, cores_per_node),
            execute: Execute::Simulated,
            usual: Box::new(|_| SimSpan::from_s(3600)),
            tokens: TokenKey::new(b"secret", TOKEN_LIFE_S),
            kill: SimSpan::ZERO,
            injector: FaultInjector::new(ApiFaults::default(), Pcg64Mcg::seed_from_u64(1)),
            rng: Pcg64Mcg::seed_from_u64(2),
            files: Default::default(),
            emptied: Default::default(),
            stress: 0.0,
            wedged: None,
        };
        (cluster, setup)
    });
    Engine::new(clusters.collect(), Behaviours::new([], Arc::new(NoTasks)))
}

fn owners(seed: u64) -> Vec<JobSpec> {
    let mut rng = Pcg64Mcg::seed_from_u64(seed);
    let mut time_ms = 0;
    let job = |number: u64| {
        time_ms += rng.random_range(1_000..60_000);
        let run_ms = rng.random_range(60_000..3_600_000);
        JobSpec {
            number: number + 1,
            submit: SimTime::from_ms(time_ms),
            cores: 1 << rng.random_range(0..5),
            run: SimSpan::from_ms(run_ms),
            walltime: Some(SimSpan::from_ms(run_ms * 2)),
            user: rng.random_range(0..20),
            queue: 0,
            kind: JobKind::Local,
            exit_code: 0,
            origin: None,
            request: None,
        }
    };
    (0..20_000).map(job).collect()
}

fn measure(address: SocketAddr, token: &str) {
    let mut client = Client::new(address, token);
    let row = |what: &str, figure: String| {
        // A table is what this program is for.
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "| {what} | {figure} |");
    };
    let body = format!(
        "{{\"resource\":[\"/core=1,walltime=2\"],\"type\":[\"besteffort\"],\"command\":\"work\",\
         \"array\":{ARRAY}}}"
    );
    let began = Instant::now();
    for _ in 0..JOBS / ARRAY {
        assert!(client.send("POST", "/c0/jobs", &body).starts_with("{\"id\""));
    }
    let each_ms = began.elapsed().as_secs_f64() * 1000.0 / (JOBS / ARRAY) as f64;
    row("submission of an array of 1000", format!("{each_ms:.1} ms"));
    for (what, target) in [
        ("plain list of 10,000 of 100,000 live jobs, OAR 3", "/c0/jobs?limit=10000"),
        ("the same with details", "/c0/jobs?limit=10000&details=1"),
        ("details of 500 jobs by id", "/c0/jobs?limit=500&details=1&states=Waiting"),
        ("one job", "/c0/jobs/50000"),
    ] {
        let mut best_ms = f64::INFINITY;
        for _ in 0..5 {
            let began = Instant::now();
            assert!(client.send("GET", target, "").starts_with('{'));
            best_ms = best_ms.min(began.elapsed().as_secs_f64() * 1000.0);
        }
        row(what, format!("{best_ms:.1} ms"));
    }
    row("the clock before the load", client.send("GET", "/_clock", ""));
    let threads = (0..CLIENTS).map(|_| {
        let token = token.to_owned();
        std::thread::spawn(move || {
            let mut client = Client::new(address, &token);
            let (began, mut count) = (Instant::now(), 0u64);
            while began.elapsed() < LOAD {
                let target = format!("/c{}/jobs?limit=50", count % 4);
                assert!(client.send("GET", &target, "").starts_with('{'));
                count += 1;
            }
            count
        })
    });
    let threads: Vec<_> = threads.collect();
    let requests: u64 = threads.into_iter().map(|thread| thread.join().expect("answers")).sum();
    let rate = requests as f64 / LOAD.as_secs_f64();
    row("requests a second (lists of 50), four clusters at speed 60", format!("{rate:.0}"));
    row("the clock after the load", client.send("GET", "/_clock", ""));
}

/// One connection that is kept.
struct Client {
    stream: TcpStream,
    token: String,
}

impl Client {
    fn new(address: SocketAddr, token: &str) -> Client {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Client { stream, token: token.to_owned() }
    }

    fn send(&mut self, method: &str, target: &str, body: &str) -> String {
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\
             Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.stream.write_all((head + body).as_bytes()).expect("it is sent");
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = self.stream.read(&mut buffer).expect("an answer");
            assert!(read > 0, "the connection was closed");
            bytes.extend_from_slice(&buffer[..read]);
            let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).expect("a length");
            let length: usize =
                length.split("\r\n").next().and_then(|n| n.parse().ok()).expect("a length");
            if bytes.len() >= end + 4 + length {
                return String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
            }
        }
    }
}
