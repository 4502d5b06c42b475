//! A Gantt chart of 100,000 jobs: from the records to the text of the SVG, and to what answers in the page.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gleaner_reports::plots::gantt::Gantt;
use gleaner_reports::plots::live::Live;
use gleaner_reports::record::{ClusterInfo, FinalState, JobRecord, Kind, RunInfo, UserRef};

const JOBS: u64 = 100_000;
const CORES: u32 = 4_096;
const YEAR_MS: i64 = 365 * 86_400_000;

fn info() -> RunInfo {
    let cluster = ClusterInfo {
        name: "large".to_owned(),
        cores: CORES,
        nodes: CORES / 4,
        cores_per_node: 4,
        scheduler: "easy".to_owned(),
        resizes: false,
    };
    RunInfo { title: "benchmark".to_owned(), clusters: vec![cluster], ..RunInfo::default() }
}

/// Jobs spread over a year and the cores, every tenth on two intervals.
fn spans() -> Vec<(i64, Vec<(u32, u32)>)> {
    let job = |number: u64| {
        let start_ms = number as i64 * (YEAR_MS / JOBS as i64);
        let first = (number * 2_654_435_761 % u64::from(CORES / 2)) as u32;
        let mut cores = vec![(first, first + 1 + (number % 64) as u32)];
        if number.is_multiple_of(10) {
            cores.push((first + 100, first + 131));
        }
        (start_ms, cores)
    };
    (0..JOBS).map(job).collect()
}

fn record<'a>(number: u64, start_ms: i64, allocated: &'a [(u32, u32)]) -> JobRecord<'a> {
    let run_ms = 600_000 + (number % 500) as i64 * 60_000;
    JobRecord {
        job_id: number,
        job_name: None,
        workload: "benchmark",
        profile: "delay",
        cluster: 0,
        submit_ms: start_ms,
        requested_cores: allocated.iter().map(|(first, last)| last - first + 1).sum(),
        requested_time_ms: None,
        start_ms: Some(start_ms),
        end_ms: Some(start_ms + run_ms),
        useful_ms: run_ms,
        state: FinalState::CompletedSuccessfully,
        cause: None,
        container: false,
        kind: Kind::Local,
        allocated,
        user: UserRef::Unknown,
        queue: "",
        campaign: None,
        task: None,
        attempt: None,
        exit_code: Some(0),
        wait_cause: "",
        overtook: 0,
    }
}

fn gantt(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("gantt");
    group.throughput(Throughput::Elements(JOBS)).sample_size(10);
    let (info, spans) = (info(), spans());
    group.bench_function("100000_jobs", |bencher| {
        bencher.iter(|| {
            let mut chart = Gantt::new(&info);
            for (number, (start_ms, cores)) in spans.iter().enumerate() {
                chart.job(&record(number as u64, *start_ms, cores));
            }
            black_box(chart.svg(&info, 0, YEAR_MS).expect("the chart can be drawn"))
        });
    });
    group.bench_function("100000_jobs_that_answer", |bencher| {
        bencher.iter(|| {
            let mut chart = Live::new(1);
            for (number, (start_ms, cores)) in spans.iter().enumerate() {
                chart.job(&record(number as u64, *start_ms, cores));
            }
            black_box(chart.html(&info, [0, YEAR_MS], &[]).expect("the data can be written"))
        });
    });
    group.finish();
}

criterion_group!(benches, gantt);
criterion_main!(benches);
