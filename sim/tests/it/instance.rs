//! Random instances by seed, and how to run them.

use gleaner_sim::faults::{FaultRates, NodeFaults};
use gleaner_sim::job::{ClusterIndex, Job, JobKind, JobSlot, JobSpec};
use gleaner_sim::oar::model::config::Config;
use gleaner_sim::oar::server::OarServer;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::observer::Observer;
use gleaner_sim::scheduler::ClusterScheduler;
use gleaner_sim::sizes::{Leave, SizeChange, Sizes};
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::catalogue::{FlatCluster, TEXTBOOK, TextbookEntry};
use gleaner_sim::textbook::harvest::{HarvestConfig, Latencies, Victims};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{ClusterSetup, Estimates, RunEnd, World};
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::lifo::LIFO;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Textbook(&'static TextbookEntry),
    OarIdeal,
    OarReal,
}

impl Kind {
    /// The textbook scheduler of this name.
    pub(crate) fn named(name: &str) -> Kind {
        Kind::Textbook(textbook().find(|entry| entry.name == name).expect("one of the catalogue"))
    }
}

/// The schedulers of the catalogue, and one that is added from outside.
pub(crate) fn textbook() -> impl Iterator<Item = &'static TextbookEntry> {
    TEXTBOOK.iter().chain([&LIFO])
}

/// All schedulers.
pub(crate) fn kinds() -> Vec<Kind> {
    textbook().map(Kind::Textbook).chain([Kind::OarIdeal, Kind::OarReal]).collect()
}

/// A cluster with its owners' jobs and what comes from outside.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) nodes: u32,
    pub(crate) cores_per_node: u32,
    pub(crate) owners: Vec<JobSpec>,
    pub(crate) besteffort: Vec<JobSpec>,
    pub(crate) estimates: Estimates,
    pub(crate) rhythm: Rhythm,
    pub(crate) harvest: HarvestConfig,
    /// Nodes fail, with this seed.
    pub(crate) faults: Option<u64>,
    /// Nodes come and leave; in the end all are there.
    pub(crate) sizes: Sizes,
}

impl Instance {
    /// A small cluster, crowded enough for queues, with many ties.
    pub(crate) fn random(seed: u64) -> Instance {
        let rng = &mut Pcg64Mcg::seed_from_u64(seed);
        let nodes = rng.random_range(1..=8);
        let cores_per_node = rng.random_range(1..=4);
        let cores = nodes * cores_per_node;
        let jobs = rng.random_range(1..=120);
        let owners = jobs_of(JobKind::Local, jobs, cores, rng);
        let visitors = rng.random_range(0..=80);
        let besteffort = jobs_of(JobKind::BestEffort, visitors, cores.div_ceil(3), rng);
        let latency = |rng: &mut Pcg64Mcg| SimSpan::from_ms(rng.random_range(0..3) * 1_500);
        Instance {
            nodes,
            cores_per_node,
            owners,
            besteffort,
            estimates: [Estimates::Requested, Estimates::Exact, Estimates::Factor(2000)]
                [rng.random_range(0..3)],
            rhythm: [Rhythm::Event, Rhythm::Instant][rng.random_range(0..2)],
            harvest: HarvestConfig {
                victims: [Victims::ResourceOrder, Victims::Youngest, Victims::LeastWaste]
                    [rng.random_range(0..3)],
                latencies: Latencies {
                    start: latency(rng),
                    cleanup: latency(rng),
                    kill: latency(rng),
                },
            },
            faults: rng.random_bool(0.4).then(|| rng.next_u64()),
            sizes: sizes_of(nodes, &mut Pcg64Mcg::seed_from_u64(seed ^ 0x517e5)),
        }
    }

    /// A small cluster whose users submit rows of jobs that ask for the same, others among them: a queue in
    /// which one early end moves many. Each runs for less than it asks for.
    pub(crate) fn in_rows(seed: u64) -> Instance {
        let rng = &mut Pcg64Mcg::seed_from_u64(seed);
        let mut instance = Instance::random(seed);
        let cores = instance.cores();
        let kinds: Vec<(u32, i64)> = (0..rng.random_range(1..=4))
            .map(|_| (rng.random_range(1..=cores.div_ceil(2)), rng.random_range(2..=80)))
            .collect();
        let mut submit_s = 0;
        instance.owners.clear();
        while instance.owners.len() < 150 {
            let row = kinds[rng.random_range(0..kinds.len())];
            let others = rng.random_range(0.0..0.5);
            submit_s += rng.random_range(0..40);
            for _ in 0..rng.random_range(1..=50) {
                let other = kinds[rng.random_range(0..kinds.len())];
                let (cores, asked_s) = if rng.random_bool(others) { other } else { row };
                submit_s += i64::from(rng.random_bool(0.2));
                let run = SimSpan::from_s(rng.random_range(0..=asked_s));
                let job = job(instance.owners.len() as u64, submit_s, cores, asked_s);
                instance.owners.push(JobSpec { run, ..job });
            }
        }
        instance
    }

    pub(crate) fn cores(&self) -> u32 {
        self.nodes * self.cores_per_node
    }

    fn scheduler(&self, kind: Kind) -> Box<dyn ClusterScheduler> {
        match kind {
            Kind::Textbook(entry) => {
                let Instance { rhythm, harvest, .. } = *self;
                entry.scheduler(FlatCluster { cores: self.cores(), rhythm, harvest })
            }
            Kind::OarIdeal => self.oar(OarRhythm::ideal()),
            Kind::OarReal => self.oar(OarRhythm::real()),
        }
    }

    fn oar(&self, rhythm: OarRhythm) -> Box<dyn ClusterScheduler> {
        let config = Config::default();
        Box::new(OarServer::new(self.nodes, self.cores_per_node, config, rhythm).unwrap())
    }

    /// What a World takes.
    pub(crate) fn setup(&self, kind: Kind) -> ClusterSetup {
        let faults = match self.faults {
            None => NodeFaults::Never,
            Some(seed) => NodeFaults::Rates(FaultRates {
                mean_up: SimSpan::from_s(400),
                mean_down: SimSpan::from_s(30),
                rng: Pcg64Mcg::seed_from_u64(seed),
            }),
        };
        ClusterSetup {
            name: "test".to_owned(),
            nodes: self.nodes,
            cores_per_node: self.cores_per_node,
            scheduler: self.scheduler(kind),
            estimates: self.estimates,
            arrivals: self.owners.clone().into(),
            faults,
            sizes: self.sizes.clone(),
        }
    }

    /// Runs to the end; best-effort jobs are submitted from outside at their time.
    pub(crate) fn run(&self, kind: Kind) -> Log {
        let mut world = World::new(vec![self.setup(kind)], Log::default());
        for visitor in &self.besteffort {
            world.advance(visitor.submit);
            world.submit(ClusterIndex(0), visitor.clone());
        }
        let end = world.run(SimTime::NEVER);
        assert_eq!(end, RunEnd::Finished);
        let log = world.into_observer();
        assert_eq!(log.submitted, self.owners.len() + self.besteffort.len(), "submitted");
        assert_eq!(log.ended.len() + log.withdrawn, log.submitted, "every job is accounted for");
        log
    }
}

/// Changes of a cluster's size, if there are any.
pub(crate) fn sizes_of(nodes: u32, rng: &mut Pcg64Mcg) -> Sizes {
    let mut time = SimTime::ZERO;
    let mut change = |nodes: u32, rng: &mut Pcg64Mcg| {
        time = time + SimSpan::from_s([0, 7, 30, 200][rng.random_range(0..4)]);
        let leave = [Leave::Drain, Leave::Drain, Leave::Kill][rng.random_range(0..3)];
        SizeChange { time, nodes, leave }
    };
    if rng.random_bool(0.6) {
        return Sizes::default();
    }
    let count = rng.random_range(1..=8);
    let mut changes: Vec<SizeChange> =
        (0..count).map(|_| change(rng.random_range(0..=nodes), rng)).collect();
    changes.push(change(nodes, rng));
    Sizes { at_start: rng.random_bool(0.5).then(|| rng.random_range(0..=nodes)), changes }
}

/// An owner's job that runs for as long as it asks for.
pub(crate) fn job(number: u64, submit_s: i64, cores: u32, run_s: i64) -> JobSpec {
    JobSpec {
        number,
        submit: SimTime::from_s(submit_s),
        cores,
        run: SimSpan::from_s(run_s),
        walltime: Some(SimSpan::from_s(run_s)),
        user: 0,
        queue: 0,
        kind: JobKind::Local,
        exit_code: 0,
        origin: None,
        request: None,
    }
}

fn jobs_of(kind: JobKind, count: usize, cores: u32, rng: &mut Pcg64Mcg) -> Vec<JobSpec> {
    let mut submit = SimTime::ZERO;
    (0..count)
        .map(|number| {
            submit = submit + SimSpan::from_s([0, 0, 1, 7, 20][rng.random_range(0..5)]);
            let run = SimSpan::from_s(rng.random_range(0..60));
            let asked = SimSpan::from_s([10, 30, 60, 90][rng.random_range(0..4)]);
            JobSpec {
                number: number as u64,
                submit,
                cores: rng.random_range(1..=cores),
                run,
                walltime: rng.random_bool(0.8).then_some(asked),
                user: 0,
                queue: 0,
                kind,
                exit_code: 0,
                origin: None,
                request: None,
            }
        })
        .collect()
}

/// What happened to the jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) submitted: usize,
    pub(crate) withdrawn: usize,
    /// (kind is local, number, start, end), sorted by the caller.
    pub(crate) ended: Vec<(bool, u64, SimTime, SimTime)>,
}

impl Log {
    /// Start times of the owners' jobs by number.
    pub(crate) fn owner_starts(&self) -> Vec<(u64, SimTime)> {
        let mut starts: Vec<_> = self
            .ended
            .iter()
            .filter(|(local, ..)| *local)
            .map(|&(_, number, start, _)| (number, start))
            .collect();
        starts.sort_unstable();
        starts
    }
}

impl Observer for Log {
    fn job_submitted(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {
        self.submitted += 1;
    }

    fn job_ended(&mut self, _slot: JobSlot, job: &Job) {
        self.ended.push((job.spec.kind == JobKind::Local, job.spec.number, job.start, job.end));
    }

    fn job_withdrawn(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {
        self.withdrawn += 1;
    }
}

/// Runs `check` on the seeds of this run: `GLEANER_SEED` alone if it is set, else `count` of them.
/// A failure prints the one command that repeats it.
pub(crate) fn for_seeds(test: &str, count: u64, check: impl Fn(u64) + std::panic::RefUnwindSafe) {
    if let Ok(seed) = std::env::var("GLEANER_SEED") {
        return check(seed.parse().expect("GLEANER_SEED is a number"));
    }
    for seed in 0..count {
        if let Err(panic) = std::panic::catch_unwind(|| check(seed)) {
            eprintln!(
                "repeat with: GLEANER_SEED={seed} cargo test -p gleaner-sim --test it {test}"
            );
            std::panic::resume_unwind(panic);
        }
    }
}
