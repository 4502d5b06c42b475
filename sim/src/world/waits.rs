//! What waiting jobs of the World wait for, for observers that want to know. Must not know how schedulers
//! decide.

use crate::cause::{Cause, Obstacle, Room};
use crate::job::{ClusterIndex, JobSlot, JobState};
use crate::observer::Observer;
use crate::world::World;

impl<O: Observer> World<O> {
    /// How many cores of a cluster jobs could be put on now.
    fn room(&self, cluster: ClusterIndex) -> Room {
        let cluster = &self.clusters[cluster.index()];
        let counts = &cluster.counts;
        let owners = cluster.cores() - counts.local_cores - counts.down_cores;
        cluster.scheduler.room(Room {
            owners,
            best_effort: owners - counts.besteffort_cores,
            away: counts.down_cores,
            enough: Cause::Reservation,
            enough_besteffort: Cause::Reservation,
            promised: Cause::Preemption,
        })
    }

    /// What is in the way of a job of a cluster with so much room; `None` if it has its cores.
    fn why(&self, slot: JobSlot, room: &Room) -> Option<Obstacle> {
        let job = self.jobs.job(slot);
        match job.state {
            JobState::Waiting => {
                let scheduler = &self.clusters[job.cluster.index()].scheduler;
                Some(scheduler.why(self.now, slot, &self.jobs, room))
            }
            JobState::Promised => {
                Some(Obstacle { planned: Some(job.start), ..Obstacle::of(room.promised) })
            }
            JobState::Running | JobState::Suspended | JobState::CleaningUp => None,
        }
    }

    /// Tells the observer what it asks for, after an event of a cluster.
    pub(super) fn tell_why(&mut self, index: ClusterIndex) {
        let room = self.room(index);
        self.observer.room(self.now, index, &room);
        let mut number = 0;
        while let Some(slot) = self.observer.follows(number) {
            if self.jobs.job(slot).cluster == index
                && let Some(obstacle) = self.why(slot, &room)
            {
                self.observer.job_waits(self.now, slot, &obstacle, &self.jobs);
            }
            number += 1;
        }
    }
}
