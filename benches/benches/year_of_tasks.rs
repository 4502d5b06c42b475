//! A year of ten thousand cores with a million tasks in its holes: the library's scenario, grid
//! scheduler and simulated cluster together, without reading and writing; attempts of tasks a
//! second. Also three days of it, for quick comparisons.

use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gleaner_core::backend::{CycleBuffers, cycle};
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_scenarios::build::build;
use gleaner_scenarios::build::grid::build_grid;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_sim::backend::{GridEnd, SimBackend};
use gleaner_sim::observer::Unobserved;
use gleaner_sim::time::SimTime;

fn scenario(days: i64) -> Scenario {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/library");
    let read = read_scenario(&library.join("a-million-tasks.toml"), None, &injection::standard());
    let mut scenario = read.expect("a scenario of the library");
    scenario.until = Some(SimTime::from_s(days * 86_400));
    scenario
}

/// A grid at its beginning.
fn grid(scenario: &Scenario) -> (Scheduler, SimBackend<Unobserved>) {
    let built = build(scenario).expect("the scenario can be built");
    let grid = build_grid(scenario, &built).expect("the grid can be built");
    let setups = built.into_iter().map(|cluster| cluster.setup).collect();
    let scheduler = Scheduler::new(grid.config, &injection::standard()).expect("known policies");
    (scheduler, SimBackend::new(setups, grid.setup, Unobserved))
}

/// Runs to the end; answers how many attempts of tasks there were.
fn run((mut scheduler, mut backend): (Scheduler, SimBackend<Unobserved>)) -> u64 {
    let mut buffers = CycleBuffers::default();
    while cycle(&mut scheduler, &mut backend, &mut buffers).is_ok() {}
    assert!(matches!(backend.end(), Some(GridEnd::Finished | GridEnd::Limit)), "it ran through");
    scheduler.campaigns().map(|campaign| campaign.attempts).sum()
}

fn year_of_tasks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("year_of_tasks");
    group.sample_size(10).measurement_time(Duration::from_secs(60));
    for (name, days) in [("three_days", 3), ("year", 365)] {
        let scenario = scenario(days);
        group.throughput(Throughput::Elements(run(grid(&scenario))));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| grid(&scenario), run, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, year_of_tasks);
criterion_main!(benches);
