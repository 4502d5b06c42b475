//! Changes of the walltimes of running jobs, where the OAR server of a cluster allows them. Must not
//! know how a dialect writes them.

use gleaner_oar::states::JobState;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::oar::model::job::WalltimeChange;
use gleaner_sim::time::SimSpan;
use gleaner_sim::world::orders::OarOrder;

use crate::engine::Engine;
use crate::engine::orders::OrderRefusal;
use crate::table::row::Row;
use crate::table::watcher::JobRef;

impl Engine {
    /// Whether a cluster changes walltimes at all: packaged servers do not.
    pub fn changes_walltimes(&self, cluster: ClusterIndex) -> bool {
        self.world.oar(cluster).is_some_and(|server| server.config().walltime_changes.is_some())
    }

    /// Asks to change the walltime of a running job by `change_s` seconds. Answers whether that
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
        let server = self.world.oar(job.cluster).ok_or(OrderRefusal::NotAllowed)?;
        let id = server.job_id(slot).ok_or(OrderRefusal::WrongState)?;
        let pending = server.state().job(id).is_some_and(|j| j.walltime_change.pending_s != 0);
        let order = OarOrder::Walltime {
            job: id,
            change: SimSpan::from_s(change_s),
            options: WalltimeChange::default(),
        };
        let done = self.world.order_oar(job.cluster, order);
        self.settle();
        done.map(|()| pending).map_err(|_| OrderRefusal::NotAllowed)
    }

    /// The walltime that a job has now, seconds: what it asked for, and what it was granted since.
    pub fn walltime_s(&self, row: &Row) -> i64 {
        let granted = || {
            let job = self.world.jobs().job(row.slot.filter(|_| row.start.is_some())?);
            Some(job.spec.walltime?.ms() / 1000)
        };
        row.walltime_s.or_else(granted).unwrap_or(row.order.walltime_s)
    }
}
