//! Observers of a World: writers of files, progress bars, the simulated backend. The World reports to
//! them, and does not know what they do with it.

use crate::cause::{Cause, Obstacle, Room};
use crate::job::{ClusterIndex, Job, JobSlot, JobTable};
use crate::node::NodeState;
use crate::time::SimTime;

/// Cores and jobs of one cluster at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cores that owners' jobs hold: from taking them, before the command is launched, until they are
    /// clean. A core counts once, however many hold it.
    pub local_cores: u32,
    /// Of these, cores that are only being cleaned up: all owners' jobs on them are over.
    pub cleaning_cores: u32,
    /// Cores that campaigns' jobs of any kind hold, and no owner's job; from taking them until they
    /// are clean.
    pub besteffort_cores: u32,
    /// Cores of nodes that are failed, off, draining or absent, and that no job holds.
    pub down_cores: u32,
    /// Of these, cores of nodes that the cluster does not have now.
    pub absent_cores: u32,
    /// Owners' jobs that have not begun.
    pub local_waiting: u32,
    /// Campaigns' jobs of any kind that have not begun.
    pub besteffort_waiting: u32,
    /// Jobs submitted from outside so far: all but the owners'.
    pub submitted: u64,
}

/// Is told of everything that happens. Every method has a default that does nothing.
pub trait Observer {
    /// A job joined its queue.
    fn job_submitted(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {}

    /// A job was promised its cores, from `job.start` on.
    fn job_promised(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {}

    /// A job took its cores.
    fn job_started(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {}

    /// A running job stopped for a while.
    fn job_suspended(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {}

    /// A suspended job took its cores again.
    fn job_resumed(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {}

    /// A job that had started is over: `job.end` and `job.reason` tell when and why.
    fn job_ended(&mut self, _slot: JobSlot, _job: &Job) {}

    /// A job was withdrawn before it started.
    fn job_withdrawn(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {}

    /// A node of a cluster, counted from 0, is in another state than before.
    fn node_changed(
        &mut self,
        _now: SimTime,
        _cluster: ClusterIndex,
        _node: u32,
        _state: NodeState,
    ) {
    }

    /// An event has changed a cluster; several may come for one instant, the last one counts.
    fn changed(&mut self, _now: SimTime, _cluster: ClusterIndex, _counts: &Counts) {}

    /// Whether it wants to know what jobs wait for. Asked once, in the beginning; only then is it told by
    /// [`Observer::room`], [`Observer::job_held`] and [`Observer::job_waits`].
    fn asks_why(&self) -> bool {
        false
    }

    /// After each event of a cluster that leaves jobs waiting: how many cores jobs could be put on.
    fn room(&mut self, _now: SimTime, _cluster: ClusterIndex, _room: &Room) {}

    /// Something else than a lack of free cores holds a waiting job from now on; with `None`, this is
    /// over, and what [`Room::cause`] says holds for it again.
    fn job_held(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job, _cause: Option<Cause>) {}

    /// The jobs of which it wants to hear after each event what is in their way, by its own count from 0.
    fn follows(&self, _number: usize) -> Option<JobSlot> {
        None
    }

    /// What is in the way of a job that it follows, if this waits.
    fn job_waits(&mut self, _now: SimTime, _slot: JobSlot, _obstacle: &Obstacle, _jobs: &JobTable) {
    }

    /// Called every few hundred events; the simulation stops when it returns `false`.
    fn go_on(&mut self, _now: SimTime) -> bool {
        true
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {}
