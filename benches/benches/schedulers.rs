//! Each textbook scheduler on the generated year of the library: 19,200 jobs on 100 processors, with
//! placement and invariants, without reading and writing; jobs a second.

use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gleaner_core::policy::injection;
use gleaner_scenarios::build::build;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::{Scenario, SchedulerKind};
use gleaner_sim::observer::Unobserved;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::time::SimTime;
use gleaner_sim::world::{ClusterSetup, RunEnd, World};

fn year() -> Scenario {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library");
    read_scenario(&library.join("kth-like-year.toml"), None, &injection::standard())
        .expect("a scenario of the library")
}

fn setups(scenario: &Scenario) -> Vec<ClusterSetup> {
    let built = build(scenario).expect("the scenario can be built");
    built.into_iter().map(|cluster| cluster.setup).collect()
}

fn schedulers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("schedulers");
    let mut scenario = year();
    let jobs = setups(&scenario)[0].arrivals.len();
    group.throughput(Throughput::Elements(jobs as u64)).sample_size(20);
    for (name, scheduler, rhythm) in [
        ("fcfs", SchedulerKind::Fcfs, Rhythm::Event),
        ("easy", SchedulerKind::Easy, Rhythm::Event),
        ("easy_by_the_instant", SchedulerKind::Easy, Rhythm::Instant),
        ("easy-sjbf", SchedulerKind::EasySjbf, Rhythm::Event),
        ("conservative", SchedulerKind::Conservative, Rhythm::Event),
    ] {
        scenario.clusters[0].scheduler = scheduler;
        scenario.clusters[0].rhythm = rhythm;
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || World::new(setups(&scenario), Unobserved),
                |mut world| assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, schedulers);
criterion_main!(benches);
