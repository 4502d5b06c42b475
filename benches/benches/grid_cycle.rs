//! One grid cycle: 100 campaigns on 10 clusters, 10 changed facts, with 10,000 to 10,000,000 tasks pending.
//! The time must not depend on the number of pending tasks.

use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gleaner_core::config::CoreUnits;
use gleaner_core::config::{ClusterSpec, SchedulerConfig};
use gleaner_core::decision::{Action, Decision};
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId};
use gleaner_core::jdl::{self, JdlContext};
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Duration;
use gleaner_sim::backend::request::LANGUAGE;

const CLUSTERS: u16 = 10;
const CAMPAIGNS: u32 = 100;
const FACTS: usize = 10;

/// A grid whose clusters answer, start and end jobs, ten facts a cycle.
struct Grid {
    scheduler: Scheduler,
    observation: Observation,
    decision: Decision,
    coming: VecDeque<Fact>,
    next_job: u64,
}

impl Grid {
    fn new(pending: u32) -> Grid {
        let clusters = (0..CLUSTERS).map(|number| {
            ClusterSpec::new(format!("c{number}"), CoreUnits::flat(16), PolicySpec::named("tap"))
        });
        let config = SchedulerConfig::new(clusters.collect());
        let mut scheduler =
            Scheduler::new(config, &injection::standard()).expect("`tap` is in the catalogue");
        let names =
            scheduler.config().clusters.iter().map(|spec| format!("\"{}\": {{}}", spec.name));
        let names = names.collect::<Vec<_>>().join(", ");
        let tasks = pending / CAMPAIGNS;
        let jdl = format!(
            r#"{{"name": "n", "exec_file": "run", "nb_jobs": {tasks}, "clusters": {{{names}}}}}"#
        );
        let context = JdlContext::new(&scheduler.config().clusters, &LANGUAGE);
        let spec = jdl::parse(jdl.as_bytes(), &context).and_then(|jdl| jdl.into_spec());
        let spec = Arc::new(spec.expect("the text above is a JDL"));
        let mut observation = Observation::new();
        for campaign in (1..=CAMPAIGNS).map(CampaignId) {
            let (user, spec) = (Arc::from("alice"), Arc::clone(&spec));
            observation.facts.push(Fact::CampaignSubmitted { campaign, user, spec });
        }
        let mut decision = Decision::new();
        scheduler.step(&observation, &mut decision);
        let mut grid =
            Grid { scheduler, observation, decision, coming: VecDeque::new(), next_job: 0 };
        grid.react();
        for _ in 0..1_000 {
            grid.cycle();
        }
        grid
    }

    /// Runs one cycle with the next ten facts and a fresh snapshot of each cluster.
    fn cycle(&mut self) {
        let facts = self.coming.len().min(FACTS);
        self.observation.facts.clear();
        self.observation.facts.extend(self.coming.drain(..facts));
        self.observation.clusters.clear();
        self.observation.now = self.observation.now + Duration::from_seconds(15);
        for cluster in (0..CLUSTERS).map(ClusterId) {
            let snapshot = ClusterSnapshot::empty(cluster, self.observation.now, 1000);
            self.observation.clusters.push(snapshot);
        }
        self.scheduler.step(&self.observation, &mut self.decision);
        self.react();
    }

    /// Answers the submissions of the last cycle, starts their jobs, and ends them.
    fn react(&mut self) {
        let at = self.observation.now;
        for command in &self.decision.commands {
            let Action::Submit(submission) = &command.action else { continue };
            let jobs: Vec<_> = (self.next_job..).take(submission.len()).map(RemoteJobId).collect();
            self.next_job += jobs.len() as u64;
            let cluster = command.cluster;
            let started = jobs.iter().map(|&job| Fact::JobStarted { cluster, job, at });
            let outcome = Outcome::Exited(0);
            let ended = jobs.iter().map(|&job| Fact::JobEnded { cluster, job, at, outcome });
            let later: Vec<Fact> = started.chain(ended).collect();
            self.coming.push_back(Fact::CommandAccepted { command: command.id, jobs });
            self.coming.extend(later);
        }
    }
}

fn grid_cycle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("grid_cycle");
    for pending in [100_000, 1_000_000, 10_000_000] {
        let mut grid = Grid::new(pending);
        group.bench_function(BenchmarkId::new("pending", pending), |bencher| {
            bencher.iter(|| grid.cycle());
        });
        grid.scheduler.check_invariants_fully().expect("the ledger adds up");
        black_box(&grid.decision);
    }
    group.finish();
}

criterion_group!(benches, grid_cycle);
criterion_main!(benches);
