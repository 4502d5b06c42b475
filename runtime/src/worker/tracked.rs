//! A job of ours that the worker tracks. Asks nobody.

use std::sync::Arc;

use gleaner_core::listing::ListedState;
use gleaner_core::time::Timestamp;

use crate::command::line::Named;
use crate::sites::job::Job;

/// A job that is tracked.
#[derive(Clone, Debug)]
pub(super) struct TrackedJob {
    /// The grid login that owns it.
    pub(super) user: Arc<str>,
    /// What was reported of it last.
    pub(super) reported: Option<ListedState>,
    /// Cores it asks for.
    pub(super) cores: u32,
    /// Whether it was ordered to be deleted at any time: then nobody wants it any more.
    pub(super) deleting: bool,
    /// When its lease ends, by the cluster's clock; none where only the cluster can tell.
    pub(super) lease: Option<Timestamp>,
    /// The index of the task it was taken for, where it was for one.
    pub(super) task: Option<u32>,
    /// Whether it was sent by this process, and so with the number of its task.
    pub(super) numbered: bool,
}

impl TrackedJob {
    /// Makes one of a job that this process has not sent.
    pub(super) fn found(
        user: Arc<str>,
        reported: Option<ListedState>,
        task: Option<u32>,
    ) -> TrackedJob {
        let (deleting, lease, numbered) = (false, None, false);
        TrackedJob { user, reported, cores: 1, deleting, lease, task, numbered }
    }

    /// Returns whether a job is that of the task it was taken for, as far as its command says.
    pub(super) fn is_its(&self, job: &Job) -> bool {
        let Some(task) = self.task else { return true };
        match job.named() {
            Named::Task(_, index) => index == task,
            Named::None => false,
            Named::Unnumbered => !self.numbered,
        }
    }
}
