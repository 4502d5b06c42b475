//! Each textbook scheduler on the generated year of the library: 19,200 jobs on 100 processors, with
//! placement, invariants and figures, without reading and writing; jobs a second.

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_core::policy::injection;
use gleaner_experiments::built::Built;
use gleaner_experiments::result::Ending;
use gleaner_experiments::run::run;
use gleaner_scenarios::names::parse;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::observer::Unobserved;
use gleaner_sim::textbook::Rhythm;

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
    let jobs = built(&scenario).clusters()[0].setup.arrivals.len();
    group.throughput(Throughput::Elements(jobs as u64)).sample_size(20);
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
    group.finish();
}

criterion_group!(benches, schedulers);
criterion_main!(benches);
