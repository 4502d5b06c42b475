//! Each textbook scheduler on the generated year of the library: 19,200 jobs on 100 processors, with
//! placement, invariants and figures, without reading and writing; jobs a second. And EASY once more, with what
//! each job waited for.

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_core::policy::injection;
use gleaner_experiments::built::Built;
use gleaner_experiments::observer::RunObserver;
use gleaner_experiments::result::Ending;
use gleaner_experiments::run::run;
use gleaner_scenarios::names::parse;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::cause::Room;
use gleaner_sim::job::{ClusterIndex, Job, JobSlot};
use gleaner_sim::observer::{Observer, Unobserved};
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::time::SimTime;
use gleaner_sim::waits::Waits;

fn year() -> Scenario {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library");
    read_scenario(&library.join("kth-like-year.toml"), None, &injection::standard())
        .expect("a scenario of the library")
}

fn built(scenario: &Scenario) -> Built {
    let catalogue = Arc::new(injection::standard());
    Built::new(scenario.clone(), &Traces::default(), catalogue).expect("it can be built")
}

fn schedulers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("schedulers");
    let mut scenario = year();
    let jobs = built(&scenario).clusters()[0].setup.arrivals.facts().count;
    group.throughput(Throughput::Elements(jobs)).sample_size(20);
    for (name, scheduler, rhythm) in [
        ("fcfs", "fcfs", Rhythm::Event),
        ("easy", "easy", Rhythm::Event),
        ("easy_by_the_instant", "easy", Rhythm::Instant),
        ("easy-sjbf", "easy-sjbf", Rhythm::Event),
        ("conservative", "conservative", Rhythm::Event),
    ] {
        scenario.clusters[0].scheduler = parse(scheduler).expect("a name of the catalogue");
        scenario.clusters[0].rhythm = rhythm;
        let built = built(&scenario);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let result = run(&built, &mut Unobserved).expect("a run");
                assert_eq!(result.ending, Ending::Finished);
                result.metrics
            });
        });
    }
    scenario.clusters[0].scheduler = parse("easy").expect("a name of the catalogue");
    scenario.clusters[0].rhythm = Rhythm::Event;
    let built = built(&scenario);
    group.bench_function("easy_and_causes_of_waiting", |bencher| {
        bencher.iter(|| {
            let cores = built.info().clusters.iter().map(|cluster| cluster.cores);
            let mut causes = Causes { waits: Waits::new(cores), waited: 0 };
            let result = run(&built, &mut causes).expect("a run");
            assert!(result.ending == Ending::Finished && causes.waited > 0);
            result.metrics
        });
    });
    group.finish();
}

/// What a run that writes files counts, too.
struct Causes {
    waits: Waits,
    waited: usize,
}

impl Observer for Causes {
    fn asks_why(&self) -> bool {
        true
    }

    fn room(&mut self, now: SimTime, cluster: ClusterIndex, room: &Room) {
        self.waits.room(now, cluster, room);
    }

    fn job_submitted(&mut self, _now: SimTime, slot: JobSlot, job: &Job) {
        self.waits.submitted(slot, job);
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.waits.started(now, slot, job);
        self.waited += usize::from(self.waits.waited(now, slot).cause.is_some());
    }
}

impl RunObserver for Causes {}

criterion_group!(benches, schedulers);
criterion_main!(benches);
