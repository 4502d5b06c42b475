//! SWF's parts of checkpointed jobs (status 2 to 4): not beside their summary, nor for nothing.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure")]

use std::path::Path;

use gleaner_traces::swf::workload::read;
use gleaner_traces::workload::{Clean, Dropped, ReadOptions, Workload};
use proptest::prelude::*;

fn workload(text: &str, clean: Clean) -> Workload {
    let options = ReadOptions { clean, ..ReadOptions::default() };
    read(text.as_bytes(), Path::new("a.swf"), &options).unwrap().0
}

/// Number, submission, run time and status of the jobs.
fn jobs(workload: &Workload) -> Vec<(u64, i64, i64, i8)> {
    workload.jobs.iter().map(|j| (j.id, j.submit_ms / 1000, j.run_ms / 1000, j.status)).collect()
}

fn row(number: i64, submit_s: i64, run_s: i64, status: i64) -> String {
    format!("{number} {submit_s} 0 {run_s} 4 -1 -1 4 400 -1 {status} 1 1 -1 1 1 -1 -1\n")
}

fn counts(dropped: &Dropped) -> [u64; 4] {
    [dropped.parts, dropped.parts_joined, dropped.without_summary, dropped.parts_kept]
}

#[test]
fn parts_of_a_job_are_left_out_beside_their_summary() {
    let text = std::fs::read_to_string("tests/data/partial-executions.swf").unwrap();
    for clean in [Clean::Archive, Clean::Sc15] {
        let read = workload(&text, clean);
        assert_eq!(jobs(&read), [(1, 0, 300, 1), (2, 10, 60, 1)], "{clean:?}");
        assert_eq!(counts(&read.dropped), [3, 0, 0, 0]);
        assert_eq!(read.dropped.total(), 3);
    }
    let as_they_are = workload(&text, Clean::None);
    assert_eq!(as_they_are.jobs.len(), 5);
    assert_eq!(counts(&as_they_are.dropped), [0, 0, 0, 3]);
}

#[test]
fn parts_without_a_summary_are_one_job() {
    let text = [
        row(7, 0, 5, 1),
        row(8, 20, 100, 2),
        row(8, -1, 50, 2),
        row(9, 20, 1, 0),
        row(8, -1, 30, 3),
        row(10, 30, 40, 4),
    ];
    let read = workload(&text.concat(), Clean::Archive);
    assert_eq!(jobs(&read), [(7, 0, 5, 1), (8, 20, 180, 1), (9, 20, 1, 0), (10, 30, 40, 0)]);
    assert_eq!(counts(&read.dropped), [0, 2, 2, 0]);
}

#[test]
fn parts_of_a_job_that_the_rules_drop_are_dropped_with_it() {
    let text = [row(1, 0, 10, 2), row(1, 0, -1, 1), row(1, -1, 10, 3), row(2, 0, 1, 1)].concat();
    let read = workload(&text, Clean::Archive);
    assert_eq!(jobs(&read), [(2, 0, 1, 1)]);
    assert_eq!((read.dropped.runtime, read.dropped.parts), (1, 2));
}

proptest! {
    /// Wherever the rows stand, a job is simulated once, and each row is told of.
    #[test]
    fn each_job_is_there_once_and_each_row_is_counted(
        rows in prop::collection::vec((1i64..6, -1i64..50, -1i64..50, -1i64..6), 1..40)
    ) {
        let mut whole_before = std::collections::BTreeSet::new();
        // One summary a job at most: numbers that repeat without parts are another question.
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|r| (2..=4).contains(&r.3) || whole_before.insert(r.0))
            .collect();
        let text: String = rows.iter().map(|r| row(r.0, r.1, r.2, r.3)).collect();
        let Ok(read) = read(text.as_bytes(), Path::new("a"), &ReadOptions::default()) else {
            prop_assert!(rows.is_empty());
            return Ok(());
        };
        let read = read.0;
        let mut numbers: Vec<u64> = read.jobs.iter().map(|job| job.id).collect();
        numbers.sort_unstable();
        let kept = numbers.len();
        numbers.dedup();
        prop_assert_eq!(numbers.len(), kept);
        prop_assert_eq!(read.dropped.rows, read.dropped.total() + kept as u64);
        for job in &read.jobs {
            let own = || rows.iter().filter(|r| r.0 as u64 == job.id);
            let summary = own().find(|r| !(2..=4).contains(&r.3));
            let run_s = match summary {
                Some(summary) => summary.2,
                None => own().map(|r| r.2.max(0)).sum(),
            };
            prop_assert_eq!(job.run_ms, run_s * 1000);
        }
    }
}
