//! Requests about single jobs. Deletes none itself: the core is told, and commands it.

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{ClusterId, RemoteJobId, TaskId};

use crate::driver::requests::handler::{Denied, Grant, Handler, only_admins};
use crate::request::{Caller, Receipt, Refused};

impl Handler<'_> {
    /// Gives up the task of a job.
    pub(super) fn kill(
        self,
        caller: &Caller,
        cluster: ClusterId,
        job: RemoteJobId,
    ) -> Result<Grant, Denied> {
        let gone = || Refused::NotFound(format!("a living job of number {job} on its cluster"));
        let known = self.rows.living(cluster, job).ok_or_else(gone)?;
        self.own(caller, known.campaign)?;
        let Some(index) = known.task else {
            let row = known.row;
            let text = format!("job {row} is a prologue or an epilogue: cancel its campaign");
            return Err(Refused::WrongState(text).into());
        };
        let task = TaskId { campaign: known.campaign, index };
        Ok(Grant::of(Fact::TaskCancelled { task }, Receipt::Done))
    }

    /// The core is told that the job is over in a way that nobody can read: its task waits for a person. What lives on there is found by its name, and deleted as what was given up.
    pub(super) fn drop(
        self,
        caller: &Caller,
        cluster: ClusterId,
        job: RemoteJobId,
    ) -> Result<Grant, Denied> {
        only_admins(caller, "what is followed")?;
        if self.rows.living(cluster, job).is_none() {
            let text = format!("job {job} on cluster {cluster} among the living");
            return Err(Refused::NotFound(text).into());
        }
        let (at, outcome) = (self.now.date, Outcome::Unreadable);
        Ok(Grant::of(Fact::JobEnded { cluster, job, at, outcome }, Receipt::Done))
    }
}
