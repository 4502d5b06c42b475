//! What an answer of a cluster costs to understand: a list of a thousand jobs, which the daemon asks for
//! at every look, and a hundred jobs with details. Without HTTP.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::{Expect, decode};
use serde_json::Value;

/// A list as servers print it: one that was recorded, its first job repeated.
fn list(dialect: Dialect, exchange: usize, jobs: usize) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../oar/tests/data/transcripts");
    let dialect_name = match dialect {
        Dialect::Oar2 => "oar2",
        Dialect::Oar3 => "oar3",
    };
    let file = format!("{folder}/{dialect_name}/05-array-jobs.json");
    let text = std::fs::read_to_string(&file).expect("the recording is there");
    let recorded: Value = serde_json::from_str(&text).expect("a recording is JSON");
    let mut list = recorded["exchanges"][exchange]["response"]["json"].clone();
    let first = list["items"][0].clone();
    assert!(first["state"].is_string(), "a list of jobs, and not {list}");
    list["items"] = vec![first; jobs].into();
    list["total"] = jobs.into();
    // OAR 2 indents what it prints, OAR 3 does not.
    match dialect {
        Dialect::Oar2 => serde_json::to_vec_pretty(&list),
        Dialect::Oar3 => serde_json::to_vec(&list),
    }
    .expect("it is JSON")
}

fn lists(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("api_lists");
    for (name, dialect, expect, exchange, jobs) in [
        ("jobs/oar2", Dialect::Oar2, Expect::JobRows, 6, 1000),
        ("jobs/oar3", Dialect::Oar3, Expect::JobRows, 8, 1000),
        ("details/oar2", Dialect::Oar2, Expect::Jobs, 7, 100),
        ("details/oar3", Dialect::Oar3, Expect::Jobs, 9, 100),
    ] {
        let body = list(dialect, exchange, jobs);
        decode(dialect, expect, 200, &body).expect("it was recorded");
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(format!("{name}/{jobs}"), |b| {
            b.iter(|| decode(dialect, expect, 200, &body));
        });
    }
    group.finish();
}

criterion_group!(api, lists);
criterion_main!(api);
