//! Reading workload logs: the samples, and a generated log of 100,000 jobs; bytes a second.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_benches::logs::deep;
use gleaner_traces::open::read_workload;
use gleaner_traces::swf::header::SwfHeader;
use gleaner_traces::swf::workload::{read, write};
use gleaner_traces::workload::ReadOptions;

const JOBS: usize = 100_000;

fn read_swf(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read_swf");
    let mut text = Vec::new();
    write(&mut text, &deep::LOG.generate(JOBS), &SwfHeader::default(), &[])
        .expect("memory takes all");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let options = ReadOptions::default();
    group.bench_function("100000_jobs_in_memory", |bencher| {
        bencher.iter(|| {
            read(black_box(&text[..]), Path::new("log.swf"), &options).expect("it is SWF")
        });
    });
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../traces/samples");
    for name in ["quickstart.swf", "month-128.swf.gz"] {
        let path = samples.join(name);
        let bytes = path.metadata().expect("a sample").len();
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(name, |bencher| {
            bencher.iter(|| read_workload(black_box(&path), &options).expect("the sample reads"));
        });
    }
    group.finish();
}

criterion_group!(benches, read_swf);
criterion_main!(benches);
