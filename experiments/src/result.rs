//! What a run leaves. Must not know how it went.

use gleaner_core::ids::TaskId;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::explain::{ExplainError, Explanation};
use gleaner_reports::metrics::Metrics;
use gleaner_reports::record::CampaignOutcome;
use gleaner_sim::time::SimTime;

use crate::stuck::Stuck;

/// What a run leaves.
#[derive(Debug)]
pub struct RunResult {
    /// The figures, as in `metrics.json`.
    pub metrics: Metrics,
    /// How it ended.
    pub ending: Ending,
    /// Until when it lasted.
    pub end: SimTime,
    /// How the campaigns stood, in order of submission; none that were not submitted by then.
    pub campaigns: Vec<CampaignOutcome>,
    /// The grid scheduler as it was at the end: it knows every task, and the events that nobody fixed.
    pub scheduler: Scheduler,
}

impl RunResult {
    /// Returns where a task is, and why.
    ///
    /// # Errors
    /// No such task, or its campaign was not submitted before the end.
    pub fn explain(&self, task: TaskId) -> Result<Explanation, ExplainError> {
        self.scheduler.explain(task)
    }

    /// Returns the number of events that kept campaigns from going on to the end, since nobody fixed them.
    pub fn open_events(&self) -> usize {
        self.scheduler.open_events().count()
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing was left to do.
    Finished,
    /// The scenario's time limit was reached.
    Limit,
    /// The observer asked to stop; the figures are those of the time until then.
    Interrupted,
    /// Something was left to do, but nothing could happen any more; the figures are those of the time
    /// until then.
    Stuck(Stuck),
}
