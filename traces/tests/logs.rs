//! The archive's logs, read with the rules the reference figures were made with.
//!
//! The logs are not part of the project: `GLEANER_TRACES` names their folder (default
//! `../shared/traces` beside the workspace). Without them these tests say so and do nothing.

use std::io::Write;
use std::path::PathBuf;

use gleaner_traces::batsim::model::Platform;
use gleaner_traces::info::TraceInfo;
use gleaner_traces::open::read_workload;
use gleaner_traces::workload::{Clean, ReadOptions, Workload};

fn log(name: &str) -> Option<PathBuf> {
    let root = env!("CARGO_MANIFEST_DIR");
    let folder = std::env::var_os("GLEANER_TRACES")
        .map_or_else(|| PathBuf::from(root).join("../../shared/traces"), PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        // Not `eprintln!`: the test harness would keep it to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no log `{}`: set GLEANER_TRACES to the folder of logs",
            path.display()
        );
        return None;
    }
    Some(path)
}

fn read(name: &str, clean: Clean) -> Option<Workload> {
    let options = ReadOptions { clean, ..ReadOptions::default() };
    Some(read_workload(&log(name)?, &options).expect("the log reads"))
}

#[test]
fn kth_cleaned_keeps_every_job() {
    let Some(kth) = read("KTH-SP2-1996-2.1-cln.swf.gz", Clean::Archive) else {
        return;
    };
    assert_eq!(kth.name, "KTH-SP2-1996-2.1-cln.swf.gz");
    assert_eq!((kth.jobs.len(), kth.dropped.rows, kth.dropped.total()), (27_992, 27_992, 0));
    assert_eq!((kth.dropped.cut, kth.dropped.without_estimate), (0, 0));
    assert_eq!((kth.max_procs, kth.max_nodes), (Some(100), Some(100)));
    assert_eq!(kth.unix_start_s, Some(843_480_031));
    let first = kth.jobs[0];
    assert_eq!((first.id, first.submit_ms, first.run_ms), (15, 599_850_000, 3_477_000));
    assert_eq!((first.walltime_ms, first.procs, first.user), (Some(53_940_000), 4, 12));
}

#[test]
fn thunder_drops_and_counts_as_published() {
    let Some(thunder) = read("LLNL-Thunder-2007-1.1-cln.swf.gz", Clean::Archive) else {
        return;
    };
    let dropped = &thunder.dropped;
    assert_eq!((thunder.jobs.len(), dropped.rows, dropped.total()), (113_613, 121_039, 7_426));
    assert_eq!((dropped.runtime, dropped.submit), (6_236, 1_190));
    assert_eq!((dropped.processors, dropped.too_large, dropped.requested_time), (0, 0, 0));
    assert_eq!((dropped.cut, dropped.without_estimate), (1_101, 80_197));
    assert_eq!((thunder.max_procs, thunder.max_nodes), (Some(4008), Some(1002)));
    assert!(thunder.jobs.is_sorted_by_key(|job| job.submit_ms));
}

#[test]
fn kth_original_under_the_strong_filter() {
    let Some(kth) = read("KTH-SP2-1996-2.swf.gz", Clean::Sc15) else {
        return;
    };
    assert_eq!((kth.jobs.len(), kth.dropped.runtime, kth.dropped.cut), (28_481, 8, 475));
    assert!(kth.jobs.iter().all(|job| job.walltime_ms.is_some_and(|limit| job.run_ms <= limit)));
}

#[test]
fn rows_as_they_are_cannot_all_be_simulated() {
    let Some(path) = log("LLNL-Thunder-2007-1.1-cln.swf.gz") else {
        return;
    };
    let options = ReadOptions { clean: Clean::None, ..ReadOptions::default() };
    let error = read_workload(&path, &options).unwrap_err();
    let text = error.to_string();
    assert!(
        text.ends_with(
            ":325: field 2 (submit time) is -1, which is negative, so the job cannot be simulated"
        ),
        "{text}"
    );
    assert_eq!(error.hint(), Some("drop such jobs with `--clean archive`"));
}

#[test]
fn kth_is_described() {
    let Some(path) = log("KTH-SP2-1996-2.1-cln.swf.gz") else {
        return;
    };
    let info = TraceInfo::read(&path, &ReadOptions::default(), &Platform::default()).unwrap();
    assert_eq!((info.jobs, info.users), (27_992, 212));
    // The published utilisation, 0.68409, is over the makespan; the load over the arrivals.
    assert!(info.load.is_some_and(|load| (0.684..0.70).contains(&load)), "{:?}", info.load);
    assert_eq!(info.arrivals_by_hour_of_week.iter().sum::<u64>(), 27_992);
    let day = |from: usize| info.arrivals_by_hour_of_week[from..from + 24].iter().sum::<u64>();
    assert!(day(24) > 2 * day(144), "Tuesdays are busier than Sundays");
    assert_eq!(info.header[0].value, "2.2");
}
