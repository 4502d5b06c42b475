//! What the daemon's store costs: a cycle with a thousand changes of jobs made durable, and a campaign
//! of a million parameters taken. With core and journal, without HTTP.

use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use gleaner_benches::stage::{Stage, campaign};

/// Tasks of a big campaign.
const MILLION: u32 = 1_000_000;

fn a_cycle(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::begin(&folder.path().join("gleaner.db"));
    let spec = campaign(MILLION);
    stage.submit(Arc::clone(&spec));
    for _ in 0..4 {
        stage.tell();
        stage.cycle();
    }
    // In each cycle 500 jobs end, 500 get their names, and 500 more are asked for.
    criterion.benchmark_group("store").sample_size(20).bench_function(
        "cycle/500_ended_500_named_500_asked",
        |b| {
            b.iter_batched(
                || (),
                |()| {
                    stage.tell();
                    stage.cycle();
                    if stage.scheduler.is_idle() {
                        stage.submit(Arc::clone(&spec));
                    }
                },
                BatchSize::PerIteration,
            );
        },
    );
}

fn a_campaign(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::begin(&folder.path().join("gleaner.db"));
    let spec = campaign(MILLION);
    criterion.benchmark_group("store").sample_size(10).bench_function("campaign/1000000", |b| {
        b.iter(|| {
            stage.submit(Arc::clone(&spec));
            stage.cycle();
        });
    });
}

criterion_group!(store, a_cycle, a_campaign);
criterion_main!(store);
