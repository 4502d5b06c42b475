//! A small emulated grid for tests: one or two clusters of four nodes with four cores.

use std::sync::Arc;

use gleaner_emulator::behaviour::Behaviours;
use gleaner_emulator::calendar::unix_s;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::engine::cluster::{Cluster, Dialect, Execute};
use gleaner_emulator::faults::FaultInjector;
use gleaner_emulator::front::answer::Answer;
use gleaner_emulator::front::entry::{Reply, reply};
use gleaner_emulator::front::request::{Method, Request};
use gleaner_emulator::identity::{TOKEN_LIFE_S, TokenKey};
use gleaner_emulator::platform::Platform;
use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::backend::{Behaviour, TaskBehaviour, TaskWork};
use gleaner_sim::faults::NodeFaults;
use gleaner_sim::job::{ClusterIndex, JobSpec};
use gleaner_sim::oar::model::config::Config;
use gleaner_sim::oar::server::OarServer;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::sizes::Sizes;
use gleaner_sim::time::SimSpan;
use gleaner_sim::world::{ClusterSetup, Estimates};
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// The secret of every test's tokens.
pub(crate) const SECRET: &[u8] = b"a secret for tests";

/// Tasks of no campaign.
pub(crate) struct NoTasks;

impl TaskBehaviour for NoTasks {
    fn attempt(&self, _: gleaner_core::ids::CampaignId, _: TaskWork, _: u32) -> Behaviour {
        Behaviour { run: SimSpan::from_s(60), exit_code: 0 }
    }
}

/// A cluster `terre` or `lune` without owners' jobs, under OAR in its own rhythm.
pub(crate) fn cluster(
    dialect: Dialect,
    faults: ApiFaults,
    arrivals: Vec<JobSpec>,
) -> (Cluster, ClusterSetup) {
    let name = match dialect {
        Dialect::Oar3 => "terre",
        Dialect::Oar2 => "lune",
    };
    let mut rhythm = OarRhythm::real();
    // The recorded OAR 2 had been set to be fast.
    if dialect == Dialect::Oar2 {
        rhythm.floor = SimSpan::from_ms(500);
        rhythm.duration = SimSpan::from_ms(200);
        rhythm.poll = SimSpan::from_s(1);
        rhythm.launch = SimSpan::from_ms(800);
        rhythm.kill = SimSpan::from_s(1);
        rhythm.cleanup = SimSpan::from_ms(300);
    }
    let server = OarServer::new(4, 4, Config::default(), rhythm).unwrap();
    let setup = ClusterSetup {
        name: name.to_owned(),
        nodes: 4,
        cores_per_node: 4,
        scheduler: Box::new(server),
        estimates: Estimates::Requested,
        arrivals: arrivals.into(),
        faults: NodeFaults::Never,
        sizes: Sizes::default(),
    };
    let cluster = Cluster {
        name: name.to_owned(),
        dialect,
        platform: Platform::new(4, 4),
        execute: Execute::Simulated,
        usual: Box::new(|_| SimSpan::from_s(20)),
        tokens: TokenKey::new(SECRET, TOKEN_LIFE_S),
        kill: SimSpan::ZERO,
        injector: FaultInjector::new(faults, Pcg64Mcg::seed_from_u64(1)),
        rng: Pcg64Mcg::seed_from_u64(2),
        files: Default::default(),
        emptied: Default::default(),
        stress: 0.0,
        wedged: None,
    };
    (cluster, setup)
}

/// An emulation of one perfect cluster.
pub(crate) fn engine(dialect: Dialect) -> Engine {
    engine_with(dialect, ApiFaults::default())
}

/// An emulation of one cluster.
pub(crate) fn engine_with(dialect: Dialect, faults: ApiFaults) -> Engine {
    let behaviours = Behaviours::new([], Arc::new(NoTasks));
    Engine::new(vec![cluster(dialect, faults, Vec::new())], behaviours)
}

/// The answer of the first cluster, which must answer.
pub(crate) fn ask(engine: &mut Engine, request: &Request) -> Answer {
    match reply(engine, ClusterIndex(0), request, 0) {
        Reply::Answer { answer, .. } => answer,
        other => panic!("no answer but {other:?}"),
    }
}

/// A request of alice with a JSON body.
pub(crate) fn alice(engine: &Engine, method: Method, target: &str, body: &str) -> Request {
    of(engine, "alice", method, target, body)
}

/// A request of somebody with a JSON body.
pub(crate) fn of(engine: &Engine, user: &str, method: Method, target: &str, body: &str) -> Request {
    let mut request = Request::new(method, target);
    let tokens = &engine.cluster(ClusterIndex(0)).tokens;
    request.authorization =
        Some(format!("Bearer {}", tokens.token(user, unix_s(engine.now())).unwrap()));
    request.ident = Some(user.to_owned());
    request.accept = Some("application/json".to_owned());
    request.content_type = Some("application/json".to_owned());
    request.body = body.as_bytes().to_vec();
    request
}
