//! Whose a job is: what its command says of its task, against the task it was taken for. Jobs are matched to tasks
//! by their order when a submission is answered; that holds as long as a cluster makes one job of each line, and at the
//! end of each job its own word counts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use gleaner_core::fact::Outcome;
use gleaner_core::ids::RemoteJobId;

use crate::command::line::{Named, named};
use crate::order::{Batch, BatchWork};
use crate::sites::failure::Failure;
use crate::sites::job::{ArrayId, Job, JobState};
use crate::sites::port::Question;
use crate::worker::Worker;
use crate::worker::followed::Followed;

/// Where a job belongs in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To the task at this place.
    Of(usize),
    /// To none.
    Nowhere,
    /// It has no number: where its index in the array says.
    ByIndex,
}

/// Arrays of which a job was not its task's, as they were seen in this look: the job of each task, by its index;
/// none while one of them is not over, or not to be seen.
pub(super) type Arrays = BTreeMap<ArrayId, Option<BTreeMap<u32, Job>>>;

/// Which job tells how a task ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Witness {
    /// The one that was taken for it.
    Itself,
    /// Another of its submission, which names it.
    Other(Box<Job>),
    /// There was no job for it.
    Nobody,
    /// That is open while others of its submission live.
    Later,
}

impl Batch {
    /// Where a job belongs, as its command says. `numbered`: its line certainly has a number.
    pub(super) fn place_named(&self, job: &Job, numbered: bool) -> Place {
        let BatchWork::Tasks(tasks) = &self.work else { return Place::ByIndex };
        match job.command.as_deref().map_or(Named::Unnumbered, named) {
            Named::Task(campaign, index) if campaign == self.campaign => {
                let place = tasks.iter().position(|task| task.index == index);
                place.map_or(Place::Nowhere, Place::Of)
            }
            Named::Unnumbered if !numbered => Place::ByIndex,
            Named::Task(..) | Named::None | Named::Unnumbered => Place::Nowhere,
        }
    }
}

impl Worker {
    /// Which job tells how the task ended that this job, which is over, was taken for. A job that names another
    /// task, or none, never does; it is not said that there was no job while one of the array lives, for then
    /// the task could be sent beside it.
    pub(super) async fn witness(
        &mut self,
        followed: &Followed,
        job: &Job,
        ended: Outcome,
        arrays: &mut Arrays,
    ) -> Result<Witness, Failure> {
        // A server that shows no command proves no success, and is believed that there was none.
        let shown = job.command.is_some() || ended == Outcome::Exited(0);
        let task = match followed.task {
            Some(task) if shown && !followed.is_its(job) => task,
            _ => return Ok(Witness::Itself),
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
            None => Witness::Later,
            Some(members) => match members.get(&task) {
                Some(own) => Witness::Other(Box::new(own.clone())),
                None => Witness::Nobody,
            },
        })
    }

    /// The jobs of an array by the tasks they name, the first where several name one; none while one of them
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
            if let Some(Named::Task(_, index)) = job.command.as_deref().map(named) {
                members.entry(index).or_insert(job);
            }
        }
        Ok(Some(members))
    }
}
