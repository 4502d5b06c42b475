//! The port between the World and whoever decides on a cluster, textbook schedulers and whole resource
//! managers alike.
//! Must not know how any of them decides.

use crate::actions::Actions;
use crate::cause::{Obstacle, Room};
use crate::cores::Intervals;
use crate::job::{JobSlot, JobTable};
use crate::manager::Manager;
use crate::snapshot::{ClusterState, Intents};
use crate::time::SimTime;

/// Decides who runs where on one cluster. The World tells it what happens and carries out what it
/// asks for; it must decide from what users tell (cores, walltime, estimate), never from the true
/// run time.
pub trait ClusterScheduler: Send + Sync {
    /// Returns a copy of it, as it is now: many runs may begin with one scheduler.
    fn duplicate(&self) -> Box<dyn ClusterScheduler>;

    /// `job` joined the queue.
    fn submitted(&mut self, now: SimTime, job: JobSlot, jobs: &JobTable, actions: &mut Actions);

    /// `job` is over and its cores are free again, unless they were released before.
    fn ended(&mut self, now: SimTime, job: JobSlot, jobs: &JobTable, actions: &mut Actions);

    /// `job` leaves the queue without having started.
    fn withdrawn(&mut self, now: SimTime, job: JobSlot, jobs: &JobTable, actions: &mut Actions);

    /// The instant asked for through [`Actions::wake`] has come; everything else of this instant
    /// has happened.
    fn woken(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions);

    /// `cores` cannot be used until they are reported up again. The jobs that ran there are
    /// reported as ended next.
    fn cores_down(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        jobs: &JobTable,
        actions: &mut Actions,
    );

    /// The nodes of `cores` are about to leave: no job may start there until the cores are reported up
    /// again. `holders`, the jobs that are there or were promised some of the cores, go on; the cores do
    /// not come back when they end.
    fn cores_closed(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        holders: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    );

    /// The nodes of `cores` are absent until the cores are reported up: they have left, or were never
    /// there. No job is on them. Nothing can be asked for now.
    fn cores_gone(&mut self, now: SimTime, cores: &Intervals);

    /// Whether the scheduler kills jobs beyond their walltime itself; else the World does, at the
    /// very end of it.
    fn enforces_walltimes(&self) -> bool {
        false
    }

    /// Returns it as a whole resource manager; `None` if it knows cores only and takes no orders.
    fn manager(&self) -> Option<&dyn Manager> {
        None
    }

    /// The same, to be given orders.
    fn manager_mut(&mut self) -> Option<&mut dyn Manager> {
        None
    }

    /// A copy that the scheduler asked for as `key` has become the job in `slot`.
    fn copied(&mut self, _now: SimTime, _key: u64, _slot: JobSlot) {}

    /// What it has in mind now, beside what the jobs show.
    fn intents(&self) -> Intents;

    /// How many cores jobs could be put on now: `seen` is what jobs that hold cores leave. It must be told
    /// exactly what this scheduler counts on, promises to others included.
    fn room(&self, seen: Room) -> Room {
        seen
    }

    /// What keeps the waiting `job` from starting now, in a cluster with so much `room`. It is asked
    /// rarely, and may look long.
    fn why(&self, _now: SimTime, job: JobSlot, jobs: &JobTable, room: &Room) -> Obstacle {
        let job = jobs.job(job);
        Obstacle::of(room.cause(job.spec.kind, job.asked_cores))
    }

    /// Takes up a cluster in the middle of its life, before anything else: `live` are its jobs in order
    /// of submission.
    fn take_up(
        &mut self,
        now: SimTime,
        cluster: &ClusterState,
        live: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    );

    /// `cores` can be used again; those of `holders`, who have gone on there, when they end.
    fn cores_up(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        holders: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    );
}

impl Clone for Box<dyn ClusterScheduler> {
    fn clone(&self) -> Box<dyn ClusterScheduler> {
        (**self).duplicate()
    }
}
