//! One pass of OAR's scheduler on the two loads of its specification: growth with waiting jobs and
//! with resources, a pass in which nothing changed, and one in which only launches are asked for; and
//! on a load with filters, moldable jobs, queues and quotas.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use gleaner_sim::oar::model::config::{Config, Predictions};
use gleaner_sim::oar::model::ids::Date;
use gleaner_sim::oar::model::state::State;
use gleaner_sim::oar::pass::load::{Load, Mix};
use gleaner_sim::oar::pass::pass;
use std::hint::black_box;

const NOW: Date = Date(1_700_000_000);

/// A server with the load waiting, as it stands before its pass.
fn waiting(load: Load) -> (State, Config) {
    let (mut state, config) = load.server(NOW).expect("the load has nodes and cores");
    load.submit(&mut state, NOW, &config).expect("the load fits its server");
    state.forget_plan();
    (state, config)
}

fn whole_pass(c: &mut Criterion, group: &str, parameter: u32, load: Load) {
    let (state, config) = waiting(load);
    c.benchmark_group(group).sample_size(10).bench_function(
        BenchmarkId::from_parameter(parameter),
        |bencher| {
            let run = |mut state: State| {
                black_box(pass(&mut state, NOW, &config));
                state
            };
            bencher.iter_batched(|| state.clone(), run, BatchSize::PerIteration);
        },
    );
}

fn growth(c: &mut Criterion) {
    for (mix, name) in [(Mix::Diverse, "diverse"), (Mix::Campaign, "campaign")] {
        for jobs in [100, 200, 500, 1000, 2000, 5000] {
            whole_pass(c, &format!("oar/{name}/jobs"), jobs, Load::standard(mix, jobs));
        }
        for resources in [100, 1000, 10_000, 100_000] {
            let load = Load { nodes: resources / 10, cores: 10, ..Load::standard(mix, 1000) };
            whole_pass(c, &format!("oar/{name}/resources"), resources, load);
        }
    }
}

fn everything_asked(c: &mut Criterion) {
    for (quotas, name) in [(true, "mixed"), (false, "unlimited")] {
        for jobs in [1000, 5000] {
            let mix = Mix::Mixed { quotas };
            let load = Load { nodes: 1250, cores: 8, ..Load::standard(mix, jobs) };
            whole_pass(c, &format!("oar/{name}/jobs"), jobs, load);
        }
    }
}

fn little_to_do(c: &mut Criterion) {
    let (mut state, config) = waiting(Load::standard(Mix::Diverse, 1000));
    pass(&mut state, NOW, &config);
    let later = Date(NOW.0 + 1);
    c.bench_function("oar/diverse/nothing_changed", |bencher| {
        bencher.iter(|| black_box(pass(&mut state, later, &config)));
    });
    let config = Config { predictions: Predictions::Needed, ..config };
    c.bench_function("oar/diverse/needed", |bencher| {
        bencher.iter(|| {
            state.forget_plan();
            black_box(pass(&mut state, later, &config))
        });
    });
}

criterion_group!(benches, growth, everything_asked, little_to_do);
criterion_main!(benches);
