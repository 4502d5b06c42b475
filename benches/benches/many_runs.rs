//! Two hours of a small cluster as a library call, in memory: made ready and run, run again from what was
//! made ready, and in batches of sixteen on all cores.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_benches::two_hours;
use gleaner_core::policy::injection;
use gleaner_experiments::batch::{BatchOptions, batch};
use gleaner_experiments::built::Built;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::run::run;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::observer::Unobserved;

/// Runs of a batch.
const BATCH: usize = 16;

fn built(seed: u64) -> Built {
    let catalogue = Arc::new(injection::standard());
    let scenario = two_hours::scenario(seed, &catalogue).expect("it is understood");
    Built::new(scenario, &Traces::default(), catalogue).expect("it can be built")
}

fn done(built: &Built) -> u64 {
    run(built, &mut Unobserved).expect("a run").metrics.grid.done
}

fn many_runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("many_runs");
    let ready = built(1);
    assert!(done(&ready) > 0, "no task was done");
    group.throughput(Throughput::Elements(1));
    group.bench_function("build_and_run", |bencher| bencher.iter(|| done(&built(black_box(1)))));
    group.bench_function("run", |bencher| bencher.iter(|| done(&ready)));
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("batch", |bencher| {
        bencher.iter(|| {
            let work = |_| run(&ready, &mut Unobserved).map(|result| result.metrics.grid.done);
            batch(BATCH, BatchOptions::default(), &Cancel::default(), work, |event| {
                black_box(event);
            })
        });
    });
    group.finish();
}

criterion_group!(benches, many_runs);
criterion_main!(benches);
