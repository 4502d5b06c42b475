//! The textbook schedulers of a flat cluster: an order of owners' jobs by counts of cores
//! ([`policy::Policy`]) with [`allocations::Allocations`] that know which core is whose.
//!
//! Must not know true run times.

pub mod allocations;
pub mod catalogue;
mod classes;
mod compression;
pub mod conservative;
pub mod easy;
pub mod fcfs;
pub mod harvest;
pub mod policy;
mod profile;

use crate::actions::Actions;
use crate::cause::{Cause, Obstacle, Room};
use crate::cores::Intervals;
use crate::job::{Job, JobKind, JobSlot, JobState, JobTable};
use crate::scheduler::ClusterScheduler;
use crate::snapshot::{ClusterState, Intents};
use crate::textbook::allocations::Allocations;
use crate::textbook::policy::{InTheWay, OwnerSide, Policy, Waiting};
use crate::time::SimTime;

/// How often a textbook scheduler looks at its queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rhythm {
    /// One pass for each event, also for those of one instant.
    #[default]
    Event,
    /// One pass an instant, when all its events have been applied.
    Instant,
}

/// A flat cluster under a textbook policy, with best-effort jobs in the holes.
///
/// The policy sees neither best-effort jobs nor their events, and those trigger none of its
/// passes: that harvesting costs the owners nothing holds by construction.
#[derive(Clone, Debug)]
pub struct Textbook<P> {
    policy: P,
    rhythm: Rhythm,
    allocations: Allocations,
    /// A pass of the policy is due at the end of this instant.
    pass_due: bool,
    /// When the policy wants to be called, apart from the wishes of the best-effort side.
    policy_wake: Option<SimTime>,
    arrivals: u32,
}

impl<P: Policy> Textbook<P> {
    /// Puts the cores of `allocations` under `policy`.
    pub(crate) fn new(policy: P, rhythm: Rhythm, allocations: Allocations) -> Textbook<P> {
        Textbook { policy, rhythm, allocations, pass_due: false, policy_wake: None, arrivals: 0 }
    }

    /// The policy, and the allocations as it may see them.
    fn owners<'a>(
        &'a mut self,
        now: SimTime,
        jobs: &'a JobTable,
        actions: &'a mut Actions,
    ) -> (&'a mut P, OwnerSide<'a>) {
        let Textbook { policy, allocations, policy_wake, .. } = self;
        (policy, OwnerSide { now, jobs, actions, allocations, wake: policy_wake })
    }

    /// Runs the policy on the owners' jobs, now or at the end of the instant.
    fn pass(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions) {
        if self.rhythm == Rhythm::Instant {
            self.pass_due = true;
            actions.wake_at(now);
            return;
        }
        let (policy, mut side) = self.owners(now, jobs, actions);
        policy.pass(&mut side);
        self.fill_later(now, actions);
    }

    /// Other cores are usable than before: each of `owners` has some of these.
    fn replan(
        &mut self,
        now: SimTime,
        owners: &[(JobSlot, &Job)],
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        for (slot, job) in owners {
            self.policy.gives_back(*slot, job, self.allocations.gives_back(&job.cores));
        }
        self.policy.capacity_changed(self.allocations.capacity(), now);
        self.pass(now, jobs, actions);
    }

    /// Best-effort jobs are started when the owners' events of this instant are over: one started
    /// earlier might be killed at once.
    fn fill_later(&self, now: SimTime, actions: &mut Actions) {
        if self.allocations.can_fill() {
            actions.wake_at(now);
        }
    }
}

impl<P: Policy> ClusterScheduler for Textbook<P> {
    fn duplicate(&self) -> Box<dyn ClusterScheduler> {
        Box::new(self.clone())
    }

    fn submitted(&mut self, now: SimTime, slot: JobSlot, jobs: &JobTable, actions: &mut Actions) {
        let job = jobs.job(slot);
        if job.spec.kind == JobKind::BestEffort {
            self.allocations.enqueue_besteffort(slot, job.spec.cores);
            self.fill_later(now, actions);
            return;
        }
        let waiting = Waiting::of(slot, job, self.arrivals);
        self.arrivals += 1;
        let (policy, mut side) = self.owners(now, jobs, actions);
        let may_start = policy.enqueue(waiting, &mut side);
        match self.rhythm {
            Rhythm::Instant => self.pass(now, jobs, actions),
            Rhythm::Event if may_start => {
                let (policy, mut side) = self.owners(now, jobs, actions);
                policy.arrival_pass(waiting, &mut side);
            }
            Rhythm::Event => {}
        }
    }

    fn ended(&mut self, now: SimTime, slot: JobSlot, jobs: &JobTable, actions: &mut Actions) {
        let job = jobs.job(slot);
        if job.spec.kind == JobKind::BestEffort {
            if !job.released {
                self.allocations.release_besteffort(slot, job);
            }
            self.fill_later(now, actions);
            return;
        }
        if !job.released {
            self.allocations.release_owner(&job.cores);
            self.policy.ended(slot, job, now);
        }
        self.pass(now, jobs, actions);
    }

    fn withdrawn(&mut self, now: SimTime, slot: JobSlot, jobs: &JobTable, actions: &mut Actions) {
        if jobs.job(slot).spec.kind == JobKind::BestEffort {
            self.allocations.withdraw_besteffort(slot);
        } else {
            self.policy.withdraw(slot, now);
            self.pass(now, jobs, actions);
        }
    }

    fn woken(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions) {
        let pass_due = std::mem::take(&mut self.pass_due);
        let policy_due = self.policy_wake.is_some_and(|time| time <= now);
        self.policy_wake = self.policy_wake.filter(|_| !policy_due);
        let (policy, mut side) = self.owners(now, jobs, actions);
        if pass_due {
            policy.pass(&mut side);
        }
        if policy_due {
            policy.due(&mut side);
        }
        if let Some(time) = self.policy_wake {
            actions.wake_at(time);
        }
        self.allocations.fill(now, jobs, actions);
    }

    fn room(&self, seen: Room) -> Room {
        Room {
            owners: self.allocations.free_for_owners(),
            best_effort: self.allocations.free_for_besteffort(),
            enough: self.policy.enough(),
            // Whoever fits starts when the queue is looked at.
            enough_besteffort: Cause::Pass,
            ..seen
        }
    }

    fn why(&self, now: SimTime, slot: JobSlot, jobs: &JobTable, room: &Room) -> Obstacle {
        let job = jobs.job(slot);
        let cause = room.cause(job.spec.kind, job.asked_cores);
        if job.spec.kind == JobKind::BestEffort {
            return Obstacle::of(cause);
        }
        let InTheWay { by, planned } = self.policy.in_the_way(now, slot, room.owners);
        // Where it does not fit, nobody but those who have the cores is in its way.
        Obstacle { cause, by: by.filter(|_| job.asked_cores <= room.owners), planned }
    }

    fn intents(&self) -> Intents {
        Intents { promises: self.policy.promises(), ..Intents::default() }
    }

    fn take_up(
        &mut self,
        now: SimTime,
        cluster: &ClusterState,
        live: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        for cores in cluster.closed() {
            self.allocations.take_down(&cores);
        }
        let is_besteffort = |slot: &JobSlot| jobs.job(*slot).spec.kind == JobKind::BestEffort;
        let (besteffort, owners): (Vec<_>, Vec<_>) =
            live.iter().partition(|slot| is_besteffort(slot));
        let waits = |slot: &JobSlot| jobs.job(*slot).state == JobState::Waiting;
        let (waiting, running): (Vec<JobSlot>, Vec<JobSlot>) = owners.into_iter().partition(waits);
        for slot in &running {
            self.allocations.take_up_owner(&jobs.job(*slot).cores);
        }
        for slot in besteffort {
            self.allocations.take_up_besteffort(slot, jobs.job(slot));
        }
        let queue: Vec<Waiting> =
            (0..).zip(waiting).map(|(at, slot)| Waiting::of(slot, jobs.job(slot), at)).collect();
        self.arrivals = queue.len() as u32;
        let promises = cluster.intents.as_ref().map(|intents| &intents.promises[..]);
        let capacity = self.allocations.capacity();
        let (policy, mut side) = self.owners(now, jobs, actions);
        policy.take_up(capacity, &running, &queue, promises, &mut side);
        if promises.is_none() {
            self.pass(now, jobs, actions);
        }
        self.fill_later(now, actions);
    }

    fn cores_down(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        self.allocations.take_down(cores);
        self.replan(now, &[], jobs, actions);
    }

    fn cores_up(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        holders: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        let owners = owners_among(holders, jobs);
        self.allocations.bring_up(cores, &owners);
        self.replan(now, &owners, jobs, actions);
    }

    fn cores_closed(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        holders: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        self.allocations.take_down(cores);
        self.replan(now, &owners_among(holders, jobs), jobs, actions);
    }

    fn cores_gone(&mut self, now: SimTime, cores: &Intervals) {
        // What was closed before is planned without already.
        if self.allocations.take_down(cores) {
            self.policy.capacity_changed(self.allocations.capacity(), now);
        }
    }
}

/// The owners' jobs among those that hold cores, or were promised some.
fn owners_among<'a>(holders: &[JobSlot], jobs: &'a JobTable) -> Vec<(JobSlot, &'a Job)> {
    let all = holders.iter().map(|slot| (*slot, jobs.job(*slot)));
    all.filter(|(_, job)| job.spec.kind != JobKind::BestEffort && !job.released).collect()
}
