//! A year of ten thousand cores with a million tasks in its holes: the library's scenario, grid
//! scheduler and simulated cluster together, with figures, without reading and writing; attempts of tasks
//! a second. Also three days of it, for quick comparisons.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_core::policy::injection;
use gleaner_experiments::built::Built;
use gleaner_experiments::result::Ending;
use gleaner_experiments::run::run;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::observer::Unobserved;
use gleaner_sim::time::SimTime;

fn built(days: i64) -> Built {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library");
    let read = read_scenario(&library.join("a-million-tasks.toml"), None, &injection::standard());
    let mut scenario = read.expect("a scenario of the library");
    scenario.until = Some(SimTime::from_s(days * 86_400));
    let catalogue = Arc::new(injection::standard());
    Built::new(scenario, &Traces::default(), catalogue).expect("the scenario can be built")
}

/// Runs to the end; answers how many attempts of tasks there were.
fn attempts(built: &Built) -> u64 {
    let result = run(built, &mut Unobserved).expect("a run");
    assert!(matches!(result.ending, Ending::Finished | Ending::Limit), "it ran through");
    result.scheduler.campaigns().map(|campaign| campaign.attempts).sum()
}

fn year_of_tasks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("year_of_tasks");
    group.sample_size(10).measurement_time(Duration::from_secs(60));
    for (name, days) in [("three_days", 3), ("year", 365)] {
        let built = built(days);
        group.throughput(Throughput::Elements(attempts(&built)));
        group.bench_function(name, |bencher| bencher.iter(|| attempts(&built)));
    }
    group.finish();
}

criterion_group!(benches, year_of_tasks);
criterion_main!(benches);
