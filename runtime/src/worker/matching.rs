//! Which task a job belongs to: what its command says of its task, against the task it was taken for. Jobs are matched to tasks
//! by their order when a submission is answered; that holds as long as a cluster makes one job of each line, and at the
//! end of each job its own word counts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use gleaner_core::fact::Outcome;
use gleaner_core::ids::RemoteJobId;

use crate::command::line::Named;
use crate::order::{Batch, BatchWork};
use crate::sites::failure::Failure;
use crate::sites::job::{ArrayId, Job, JobState};
use crate::sites::port::Question;
use crate::worker::Worker;
use crate::worker::tracked::TrackedJob;

/// Which task of a batch a job belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskMatch {
    /// The task at this position.
    Task(usize),
    /// No task.
    NoTask,
    /// Its command has no number: the task that its index in the array says.
    ByIndex,
}

/// Arrays of which a job was not its task's, as they were seen in this look: the job of each task, by its index;
/// none while one of them is not over, or not to be seen.
pub(super) type Arrays = BTreeMap<ArrayId, Option<BTreeMap<u32, Job>>>;

/// Which job decides how a task ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OutcomeSource {
    /// The one that was taken for it.
    OwnJob,
    /// Another of its submission, which names it.
    OtherJob(Box<Job>),
    /// There was no job for it.
    NoJob,
    /// That is open while others of its submission live.
    Later,
}

impl Batch {
    /// Returns which task a job belongs to, as its command says. `numbered`: its line certainly has a number.
    pub(super) fn match_named(&self, job: &Job, numbered: bool) -> TaskMatch {
        let BatchWork::Tasks(tasks) = &self.work else { return TaskMatch::ByIndex };
        match job.named() {
            Named::Task(campaign, index) if campaign == self.campaign => {
                let position = tasks.iter().position(|task| task.index == index);
                position.map_or(TaskMatch::NoTask, TaskMatch::Task)
            }
            Named::Unnumbered if !numbered => TaskMatch::ByIndex,
            Named::Task(..) | Named::None | Named::Unnumbered => TaskMatch::NoTask,
        }
    }
}

impl Worker {
    /// Returns which job decides how the task ended that this job, which is over, was taken for. A job that names another
    /// task, or none, never does; it is not said that there was no job while one of the array lives, for then
    /// the task could be sent beside it.
    pub(super) async fn outcome_source(
        &mut self,
        tracked: &TrackedJob,
        job: &Job,
        ended: Outcome,
        arrays: &mut Arrays,
    ) -> Result<OutcomeSource, Failure> {
        // A server that shows no command proves no success, and is believed that there was none.
        let shown = job.command.is_some() || ended == Outcome::Exited(0);
        let task = match tracked.task {
            Some(task) if shown && !tracked.is_its(job) => task,
            _ => return Ok(OutcomeSource::OwnJob),
        };
        if let Entry::Vacant(unseen) = arrays.entry(job.array) {
            let cluster = &self.config.name;
            let (id, array) = (job.job.0, job.array.0);
            tracing::warn!(
                cluster,
                job = id,
                array,
                task = task + 1,
                "a job is not for the task it was taken for: the jobs of its array are matched by what they say"
            );
            unseen.insert(self.members(job.array).await?);
        }
        Ok(match arrays.get(&job.array).and_then(Option::as_ref) {
            None => OutcomeSource::Later,
            Some(members) => match members.get(&task) {
                Some(own) => OutcomeSource::OtherJob(Box::new(own.clone())),
                None => OutcomeSource::NoJob,
            },
        })
    }

    /// Returns the jobs of an array by the tasks they name, the first where several name one; none while one of them
    /// lives.
    async fn members(&mut self, array: ArrayId) -> Result<Option<BTreeMap<u32, Job>>, Failure> {
        let Some(rows) = self.all_rows(Question::Array(array)).await? else { return Ok(None) };
        if rows.is_empty() || rows.iter().any(|row| row.state != JobState::Over) {
            return Ok(None);
        }
        let ids: Vec<RemoteJobId> = rows.iter().map(|row| row.job).collect();
        let details = self.details(&ids).await?;
        if ids.iter().any(|id| !details.jobs.contains_key(id)) {
            return Ok(None);
        }
        let mut members = BTreeMap::new();
        for job in details.jobs.into_values() {
            if let Named::Task(_, index) = job.named() {
                members.entry(index).or_insert(job);
            }
        }
        Ok(Some(members))
    }
}
