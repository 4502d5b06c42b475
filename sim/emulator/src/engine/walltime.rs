//! Changes of the walltimes of running jobs, where the resource manager of a cluster allows them. Must not
//! know how a dialect writes them.

use gleaner_oar::states::JobState;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::manager::Order;
use gleaner_sim::time::SimSpan;

use crate::engine::Engine;
use crate::engine::orders::OrderRefusal;
use crate::table::row::Row;
use crate::table::watcher::JobRef;

impl Engine {
    /// Whether a cluster changes walltimes at all: packaged servers do not.
    pub fn changes_walltimes(&self, cluster: ClusterIndex) -> bool {
        self.world.manager(cluster).is_some_and(|manager| manager.changes_walltimes())
    }

    /// Asks to change the walltime of a running job by `change_s` seconds. Returns whether that
    /// replaces a change that was still to be granted.
    ///
    /// # Errors
    /// It is unknown, another's, does not run, or may not have so much.
    pub fn change_walltime(
        &mut self,
        job: JobRef,
        user: &str,
        change_s: i64,
    ) -> Result<bool, OrderRefusal> {
        let row = self.owned(job, user)?;
        let slot = row.slot.filter(|_| row.state == JobState::Running && !row.fragged);
        let slot = slot.ok_or(OrderRefusal::WrongState)?;
        let now = self.now();
        self.world.advance(now);
        let manager = self.world.manager(job.cluster).ok_or(OrderRefusal::NotAllowed)?;
        let id = manager.local_id(slot).ok_or(OrderRefusal::WrongState)?;
        let pending = manager.walltime_is_pending(slot);
        let order = Order::Walltime { job: id, change: SimSpan::from_s(change_s) };
        let done = self.world.order(job.cluster, order);
        self.settle();
        match done {
            Some(Ok(())) => Ok(pending),
            Some(Err(_)) | None => Err(OrderRefusal::NotAllowed),
        }
    }

    /// The walltime that a job has now, seconds: what it asked for, and what it was granted since.
    pub fn walltime_s(&self, row: &Row) -> i64 {
        let granted = || {
            let job = self.world.jobs().job(row.slot.filter(|_| row.start.is_some())?);
            Some(job.spec.walltime?.ms() / 1000)
        };
        row.walltime_s.or_else(granted).unwrap_or(row.description.walltime_s)
    }
}
