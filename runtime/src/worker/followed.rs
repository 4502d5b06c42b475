//! A job that is followed, as the worker has it in mind. Asks nobody.

use std::sync::Arc;

use gleaner_core::listing::ListedState;
use gleaner_core::time::Timestamp;

use crate::command::line::{Named, named};
use crate::sites::job::Job;

/// A job that is followed.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    /// The grid login that owns it.
    pub(super) user: Arc<str>,
    /// What was told of it last.
    pub(super) told: Option<ListedState>,
    /// Cores it asks for.
    pub(super) cores: u32,
    /// Whether it was to be deleted once: then nobody wants it any more.
    pub(super) going: bool,
    /// When its lease ends, by the cluster's clock; none where only the cluster can tell.
    pub(super) lease: Option<Timestamp>,
    /// The index of the task it was taken for, where it was for one.
    pub(super) task: Option<u32>,
    /// Whether it was sent by this process, and so with the number of its task.
    pub(super) numbered: bool,
}

impl Followed {
    /// Whether a job is that of the task it was taken for, as far as it says.
    pub(super) fn is_its(&self, job: &Job) -> bool {
        let Some(task) = self.task else { return true };
        match job.command.as_deref().map_or(Named::Unnumbered, named) {
            Named::Task(_, index) => index == task,
            Named::None => false,
            Named::Unnumbered => !self.numbered,
        }
    }
}
