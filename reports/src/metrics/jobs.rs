//! Sums over owners' jobs: how they ended, how long they waited, how slow they were. Must not know
//! cores or clusters.

use crate::metrics::JobCounts;
use crate::metrics::span::Sum;
use crate::record::{FinalState, JobRecord, KillCause};

/// Run times below this count as this in bounded slowdowns.
const BOUND_MS: i64 = 10_000;

/// How far a job had come by the stop, if there was one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) start_ms: Option<i64>,
    pub(crate) end_ms: Option<i64>,
}

impl Seen {
    /// What was to be seen of `job` by `until_ms`.
    pub(crate) fn by(job: &JobRecord<'_>, until_ms: i64) -> Self {
        let by_then = |time_ms: Option<i64>| time_ms.filter(|time_ms| *time_ms <= until_ms);
        Self { start_ms: by_then(job.start_ms), end_ms: by_then(job.end_ms) }
    }
}

/// Sums over owners' jobs.
#[derive(Debug, Clone, Default)]
pub(crate) struct JobSums {
    pub(crate) counts: JobCounts,
    /// Jobs that ended after they had started.
    pub(crate) ended: u64,
    started: u64,
    wait_ms: i128,
    wait_max_ms: i64,
    bounded: Sum,
    slowdown: Sum,
    slowdown_jobs: u64,
    per_core: Sum,
    delay_ms: i128,
    delay_jobs: u64,
    delay_max_ms: Option<i64>,
}

impl JobSums {
    /// Counts a job by how it stood at the end of the run.
    pub(crate) fn count(&mut self, job: &JobRecord<'_>, seen: Seen) {
        let counts = &mut self.counts;
        counts.submitted_jobs += 1;
        let count = match (seen.start_ms, seen.end_ms) {
            _ if job.state == FinalState::Rejected => &mut counts.rejected_jobs,
            (None, _) if job.start_ms.is_none() && job.state == FinalState::CompletedKilled => {
                &mut counts.withdrawn_jobs
            }
            (None, _) => &mut counts.waiting_jobs,
            (Some(_), None) => &mut counts.running_jobs,
            (Some(_), Some(_)) => match (job.state, job.cause) {
                (FinalState::CompletedSuccessfully, _) => &mut counts.completed_jobs,
                (FinalState::CompletedFailed, _) => &mut counts.failed_jobs,
                (FinalState::CompletedWalltimeReached, _) => &mut counts.walltime_jobs,
                (_, Some(KillCause::NodeLost)) => &mut counts.lost_jobs,
                (_, Some(KillCause::Preempted)) => &mut counts.preempted_jobs,
                (_, Some(KillCause::Deleted) | None) => &mut counts.deleted_jobs,
            },
        };
        *count += 1;
    }

    /// Takes the wait, and the delay against a run without campaigns, of a job that has started.
    pub(crate) fn started(&mut self, wait_ms: i64, delay_ms: Option<i64>) {
        self.started += 1;
        self.wait_ms += i128::from(wait_ms);
        self.wait_max_ms = self.wait_max_ms.max(wait_ms);
        if let Some(delay_ms) = delay_ms {
            self.delay_ms += i128::from(delay_ms);
            self.delay_jobs += 1;
            self.delay_max_ms = Some(self.delay_max_ms.map_or(delay_ms, |max| max.max(delay_ms)));
        }
    }

    /// Takes the slowdowns of a job that has ended.
    pub(crate) fn ended(&mut self, wait_ms: i64, run_ms: i64, cores: u32) {
        self.ended += 1;
        let turnaround = (wait_ms + run_ms) as f64;
        let bounded_run = run_ms.max(BOUND_MS) as f64;
        self.bounded.add((turnaround / bounded_run).max(1.0));
        let cores = f64::from(cores.max(1));
        self.per_core.add((turnaround / (cores * bounded_run)).max(1.0));
        if run_ms > 0 {
            self.slowdown.add(turnaround / run_ms as f64);
            self.slowdown_jobs += 1;
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.ended += other.ended;
        self.started += other.started;
        self.wait_ms += other.wait_ms;
        self.wait_max_ms = self.wait_max_ms.max(other.wait_max_ms);
        self.bounded.merge(other.bounded);
        self.slowdown.merge(other.slowdown);
        self.slowdown_jobs += other.slowdown_jobs;
        self.per_core.merge(other.per_core);
        self.delay_ms += other.delay_ms;
        self.delay_jobs += other.delay_jobs;
        self.delay_max_ms = self.delay_max_ms.max(other.delay_max_ms);
    }

    pub(crate) fn mean_wait_s(&self) -> Option<f64> {
        mean_s(self.wait_ms, self.started)
    }

    pub(crate) fn max_wait_s(&self) -> Option<f64> {
        (self.started > 0).then(|| self.wait_max_ms as f64 / 1000.0)
    }

    pub(crate) fn avebsld(&self) -> Option<f64> {
        mean(self.bounded, self.ended)
    }

    pub(crate) fn mean_slowdown(&self) -> Option<f64> {
        mean(self.slowdown, self.slowdown_jobs)
    }

    pub(crate) fn pp_bsld(&self) -> Option<f64> {
        mean(self.per_core, self.ended)
    }

    pub(crate) fn delay_mean_s(&self) -> Option<f64> {
        mean_s(self.delay_ms, self.delay_jobs)
    }

    pub(crate) fn delay_max_s(&self) -> Option<f64> {
        self.delay_max_ms.map(|delay_ms| delay_ms as f64 / 1000.0)
    }
}

fn mean_s(sum_ms: i128, count: u64) -> Option<f64> {
    (count > 0).then(|| sum_ms as f64 / (count as f64 * 1000.0))
}

fn mean(sum: Sum, count: u64) -> Option<f64> {
    (count > 0).then(|| sum.value() / count as f64)
}
