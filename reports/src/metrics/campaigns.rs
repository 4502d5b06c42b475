//! Sums over the jobs of campaigns, whole: no horizon cuts them, only the stop of the run does. Must
//! not know clusters.

use crate::metrics::jobs::Seen;
use crate::metrics::span::{Span, seconds};
use crate::metrics::{CampaignMetrics, GridMetrics};
use crate::record::{CampaignInfo, CampaignOutcome, FinalState, JobRecord, Kind, RunEnd};

/// What the cores were held for, of a job that has started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Split {
    /// Until here it did something useful.
    pub(crate) useful: Span,
    /// From then on, nothing.
    pub(crate) wasted: Span,
    /// Killed, with owners' jobs before it.
    pub(crate) killed: bool,
}

impl Split {
    /// Splits the time of a job that started and ended.
    pub(crate) fn of(job: &JobRecord<'_>, start_ms: i64, end_ms: i64) -> Self {
        let best_effort = job.kind == Kind::BestEffort;
        let success = job.state == FinalState::CompletedSuccessfully;
        let useful = success && (best_effort || job.task.is_some());
        let split_ms =
            if useful { start_ms.saturating_add(job.useful_ms).min(end_ms) } else { start_ms };
        Self {
            useful: Span { start_ms, end_ms: split_ms },
            wasted: Span { start_ms: split_ms, end_ms },
            killed: job.state == FinalState::CompletedKilled,
        }
    }
}

/// Sums over the jobs of one campaign.
#[derive(Debug, Clone, Default)]
pub(crate) struct CampaignTally {
    done: u64,
    running: u64,
    attempts: u64,
    killed: u64,
    last_end_ms: Option<i64>,
    useful_core_ms: i128,
    wasted_core_ms: i128,
    /// Jobs that still run: since when, and on how many cores.
    open: Vec<(i64, u32)>,
}

impl CampaignTally {
    /// Takes a job; `split` is that of one that has ended.
    pub(crate) fn job(&mut self, job: &JobRecord<'_>, seen: Seen, split: Option<Split>) {
        let task = job.task.is_some();
        let Some(split) = split else {
            if let Some(start_ms) = seen.start_ms {
                self.running += u64::from(task);
                self.open.push((start_ms, job.cores()));
            }
            return;
        };
        self.last_end_ms = self.last_end_ms.max(seen.end_ms);
        if task {
            self.attempts += 1;
            self.done += u64::from(job.state == FinalState::CompletedSuccessfully);
            self.killed += u64::from(split.killed);
        }
        let cores = i128::from(job.cores());
        self.useful_core_ms += split.useful.length_ms() * cores;
        self.wasted_core_ms += split.wasted.length_ms() * cores;
    }

    /// Returns when the last of its jobs ended, so far.
    pub(crate) fn last_end_ms(&self) -> Option<i64> {
        self.last_end_ms
    }

    /// Returns whether all of its tasks are over, and no job of its is alive.
    pub(crate) fn is_over(&self, about: &CampaignInfo, outcome: &CampaignOutcome) -> bool {
        self.open.is_empty() && self.done + outcome.failed + outcome.cancelled >= about.tasks
    }

    /// Returns its figures; `last_ms` is the end of the run.
    pub(crate) fn figures(
        &self,
        about: &CampaignInfo,
        outcome: &CampaignOutcome,
        last_ms: i64,
    ) -> CampaignMetrics {
        let finished_ms =
            outcome.finished_ms.or(self.last_end_ms.filter(|_| self.done >= about.tasks));
        let CampaignOutcome { failed, cancelled, .. } = *outcome;
        let settled = self.done + failed + cancelled + self.running;
        let [useful_core_s, wasted_core_s, running_core_s] = self.core_ms(last_ms).map(seconds);
        CampaignMetrics {
            tasks: about.tasks,
            done: self.done,
            failed,
            cancelled,
            running: self.running,
            waiting: about.tasks.saturating_sub(settled),
            attempts: self.attempts,
            killed: self.killed,
            makespan_s: finished_ms.map(|f| seconds((f - about.submit_ms).into())),
            useful_core_s,
            wasted_core_s,
            running_core_s,
        }
    }

    /// Returns the core ms that were useful, that were wasted, and of jobs that still run at `last_ms`.
    pub(crate) fn core_ms(&self, last_ms: i64) -> [i128; 3] {
        let held = |&(start_ms, cores): &(i64, u32)| {
            Span { start_ms, end_ms: last_ms }.length_ms() * i128::from(cores)
        };
        [self.useful_core_ms, self.wasted_core_ms, self.open.iter().map(held).sum()]
    }
}

/// Returns what the caller knows of each campaign, in their order.
pub(crate) fn outcomes(end: &RunEnd, campaigns: usize) -> Vec<CampaignOutcome> {
    let mut outcomes = vec![CampaignOutcome::default(); campaigns];
    for outcome in &end.campaigns {
        if let Some(place) = outcomes.get_mut(outcome.campaign as usize) {
            *place = *outcome;
        }
    }
    outcomes
}

/// Adds the counts of a campaign to those of the grid.
pub(crate) fn count(grid: &mut GridMetrics, figures: &CampaignMetrics) {
    grid.campaigns += 1;
    grid.tasks += figures.tasks;
    grid.done += figures.done;
    grid.failed += figures.failed;
    grid.cancelled += figures.cancelled;
    grid.running += figures.running;
    grid.waiting += figures.waiting;
    grid.attempts += figures.attempts;
    grid.killed += figures.killed;
}
