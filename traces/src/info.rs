//! What a trace is like: its size, period, users, load and the shape of its jobs, for people and
//! for programs. Must not know how it is printed.

use std::collections::BTreeSet;
use std::path::Path;

use crate::batsim::model::Platform;
use crate::error::TraceError;
use crate::open::{Trace, read_trace};
use crate::swf::header::{HeaderEntry, SwfHeader};
use crate::workload::{Dropped, ReadOptions, Workload, WorkloadJob};

const HOUR_S: i64 = 3600;
const HOURS_OF_WEEK: i64 = 168;

/// Hours from Monday, 0 o'clock, to the start of 1970, a Thursday.
const EPOCH_HOUR_OF_WEEK: i64 = 72;

/// The figures of a trace; times in seconds.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TraceInfo {
    /// File name.
    pub name: String,
    /// Jobs kept by the reading rules; the figures below speak of these.
    pub jobs: usize,
    /// What the reading rules did.
    pub dropped: Dropped,
    /// Machine size of the header.
    pub max_procs: Option<u32>,
    /// Nodes of the header.
    pub max_nodes: Option<u32>,
    /// Time zero, seconds since 1970.
    pub unix_start_s: Option<i64>,
    /// First submission, seconds of the trace.
    pub first_submit_s: f64,
    /// Last submission, seconds of the trace.
    pub last_submit_s: f64,
    /// Different users, -1 (unknown) not counted; so for the following three.
    pub users: usize,
    /// Different groups.
    pub groups: usize,
    /// Different executables.
    pub executables: usize,
    /// Different queues.
    pub queues: usize,
    /// Processors of the jobs.
    pub sizes: Option<Quantiles>,
    /// Share of jobs of one processor.
    pub serial_share: f64,
    /// Share of jobs whose size is a power of two, serial ones included.
    pub power_of_two_share: f64,
    /// Run times, as logged.
    pub runtimes_s: Option<Quantiles>,
    /// Requested times of the jobs that have one.
    pub requested_s: Option<Quantiles>,
    /// Share of jobs without a requested time.
    pub without_estimate_share: f64,
    /// Mean of run time / requested time, the former cut at the latter, over the jobs with both.
    pub mean_accuracy: Option<f64>,
    /// Processor seconds of all jobs, cut at their requested times.
    pub core_s: f64,
    /// `core_s` over those of a machine of `max_procs` between first and last submission.
    pub load: Option<f64>,
    /// Submissions by hour of the week, 168 of them, from Monday 0 o'clock in the time zone of
    /// the header (else UTC); from the start of the trace when its date is unknown.
    pub arrivals_by_hour_of_week: Vec<u64>,
    /// The header's fields.
    pub header: Vec<HeaderEntry>,
}

/// Quantiles of a figure over jobs: the smallest value that at least the share reaches.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Quantiles {
    /// Smallest.
    pub min: f64,
    /// 5 %.
    pub p05: f64,
    /// 25 %.
    pub p25: f64,
    /// 50 %.
    pub p50: f64,
    /// 75 %.
    pub p75: f64,
    /// 95 %.
    pub p95: f64,
    /// 99 %.
    pub p99: f64,
    /// Largest.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
}

impl Quantiles {
    /// Quantiles of `values`, or `None` without any.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Option<Quantiles> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let count = values.len();
        let at = |percent: usize| values[(count * percent).div_ceil(100).max(1) - 1];
        let mean = values.iter().sum::<f64>() / count as f64;
        let (p05, p25, p50, p75) = (at(5), at(25), at(50), at(75));
        Some(Quantiles { min, p05, p25, p50, p75, p95: at(95), p99: at(99), max, mean })
    }
}

impl TraceInfo {
    /// Reads the trace at `path` and describes it.
    pub fn read(
        path: &Path,
        options: &ReadOptions,
        platform: &Platform,
    ) -> Result<TraceInfo, TraceError> {
        let Trace { workload, header, .. } = read_trace(path, options, platform)?;
        Ok(TraceInfo::of(&workload, &header))
    }

    /// Describes a workload, with the header it came with (empty if none).
    #[must_use]
    pub fn of(workload: &Workload, header: &SwfHeader) -> TraceInfo {
        let jobs = &workload.jobs;
        let different = |of: fn(&WorkloadJob) -> i32| {
            jobs.iter().map(of).filter(|number| *number != -1).collect::<BTreeSet<_>>().len()
        };
        let share = |of: fn(&WorkloadJob) -> bool| {
            let count = jobs.iter().filter(|job| of(job)).count();
            count as f64 / (jobs.len() as f64).max(1.0)
        };
        let quantiles = |of: fn(&WorkloadJob) -> Option<f64>| {
            Quantiles::of(jobs.iter().filter_map(of).collect())
        };
        let at = |job: Option<&WorkloadJob>| job.map_or(0.0, |job| seconds(job.submit_ms));
        TraceInfo {
            name: workload.name.clone(),
            jobs: jobs.len(),
            dropped: workload.dropped.clone(),
            max_procs: workload.max_procs,
            max_nodes: workload.max_nodes,
            unix_start_s: workload.unix_start_s,
            first_submit_s: at(jobs.first()),
            last_submit_s: at(jobs.last()),
            users: different(|job| job.user),
            groups: different(|job| job.group),
            executables: different(|job| job.executable),
            queues: different(|job| job.queue),
            sizes: quantiles(|job| Some(f64::from(job.procs))),
            serial_share: share(|job| job.procs == 1),
            power_of_two_share: share(|job| job.procs.is_power_of_two()),
            runtimes_s: quantiles(|job| Some(seconds(job.run_ms))),
            requested_s: quantiles(|job| job.walltime_ms.map(seconds)),
            without_estimate_share: share(|job| job.walltime_ms.is_none()),
            mean_accuracy: mean_accuracy(jobs),
            core_s: core_s(jobs),
            load: workload.max_procs.and_then(|procs| load_on(workload, procs)),
            arrivals_by_hour_of_week: arrivals_by_hour_of_week(workload, header.time_zone_s()),
            header: header.entries.clone(),
        }
    }
}

/// Offered load of a workload on a machine of `procs` processors: the processor seconds of its
/// jobs, cut at their requested times, over those of the machine from the first to the last
/// submission. `None` when all jobs are submitted at one instant.
#[must_use]
pub fn load_on(workload: &Workload, procs: u32) -> Option<f64> {
    let (first, last) = (workload.jobs.first()?, workload.jobs.last()?);
    let span_s = seconds(last.submit_ms) - seconds(first.submit_ms);
    (span_s > 0.0 && procs > 0).then(|| core_s(&workload.jobs) / (span_s * f64::from(procs)))
}

fn core_s(jobs: &[WorkloadJob]) -> f64 {
    jobs.iter().map(|job| seconds(cut_ms(job)) * f64::from(job.procs)).sum()
}

fn mean_accuracy(jobs: &[WorkloadJob]) -> Option<f64> {
    let accuracies: Vec<f64> =
        jobs.iter().filter_map(|job| Some(cut_ms(job) as f64 / job.walltime_ms? as f64)).collect();
    let sum: f64 = accuracies.iter().sum();
    (!accuracies.is_empty()).then(|| sum / accuracies.len() as f64)
}

fn cut_ms(job: &WorkloadJob) -> i64 {
    job.walltime_ms.map_or(job.run_ms, |walltime_ms| job.run_ms.min(walltime_ms))
}

fn arrivals_by_hour_of_week(workload: &Workload, time_zone_s: i64) -> Vec<u64> {
    let mut counts = vec![0; HOURS_OF_WEEK as usize];
    let (start_s, shift) = match workload.unix_start_s {
        Some(start_s) => (start_s.saturating_add(time_zone_s), EPOCH_HOUR_OF_WEEK),
        None => (0, 0),
    };
    for job in &workload.jobs {
        let hours = start_s.saturating_add(job.submit_ms.div_euclid(1000)).div_euclid(HOUR_S);
        let hour = hours.saturating_add(shift).rem_euclid(HOURS_OF_WEEK);
        counts[hour as usize] += 1;
    }
    counts
}

fn seconds(time_ms: i64) -> f64 {
    time_ms as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(text: &str) -> TraceInfo {
        let path = Path::new("a.swf");
        let platform = Platform::default();
        let file = tempfile::tempdir().unwrap();
        std::fs::write(file.path().join(path), text).unwrap();
        TraceInfo::read(&file.path().join(path), &ReadOptions::default(), &platform).unwrap()
    }

    #[test]
    fn a_small_trace_is_described() {
        // 1996-09-23 (a Monday) 14:00:31 in Stockholm.
        let info = describe(
            "; MaxProcs: 10\n; UnixStartTime: 843480031\n; TimeZone: 7200\n\
             1 0 -1 10 1 -1 -1 1 20 -1 1 7 1 9 1 2 -1 -1\n\
             2 3600 -1 40 3 -1 -1 3 20 -1 1 7 1 9 2 2 -1 -1\n\
             3 3610 -1 50 4 -1 -1 4 -1 -1 1 8 1 -1 2 2 -1 -1\n",
        );
        assert_eq!(
            (info.jobs, info.users, info.groups, info.executables, info.queues),
            (3, 2, 1, 1, 2)
        );
        assert_eq!((info.first_submit_s, info.last_submit_s), (0.0, 3610.0));
        assert_eq!(info.core_s, 10.0 + 20.0 * 3.0 + 50.0 * 4.0);
        assert_eq!(info.load, Some(270.0 / 36_100.0));
        assert_eq!(info.mean_accuracy, Some(0.75));
        assert_eq!(info.without_estimate_share, 1.0 / 3.0);
        assert_eq!((info.serial_share, info.power_of_two_share), (1.0 / 3.0, 2.0 / 3.0));
        let busy: Vec<_> = info
            .arrivals_by_hour_of_week
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .collect();
        assert_eq!(busy, [(14, &1), (15, &2)]);
        assert_eq!(info.header.len(), 3);
    }

    #[test]
    fn quantiles_are_values_of_the_sample() {
        let values = (1..=200).rev().map(f64::from).collect();
        let q = Quantiles::of(values).unwrap();
        assert_eq!([q.min, q.p05, q.p25, q.p50], [1.0, 10.0, 50.0, 100.0]);
        assert_eq!([q.p75, q.p95, q.p99, q.max, q.mean], [150.0, 190.0, 198.0, 200.0, 100.5]);
        assert_eq!(Quantiles::of(vec![3.0]).unwrap().p99, 3.0);
        assert_eq!(Quantiles::of(Vec::new()), None);
    }
}
