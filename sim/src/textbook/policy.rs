//! What a textbook policy is: an order of owners' jobs that knows counts of cores and estimates.
//! Must not know core numbers, best-effort jobs or true run times.

use crate::actions::Actions;
use crate::cause::Cause;
use crate::job::{Job, JobSlot, JobTable};
use crate::textbook::allocations::Allocations;
use crate::time::{SimSpan, SimTime};

/// An owner's job in a policy's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The job.
    pub slot: JobSlot,
    /// Cores it needs.
    pub cores: u32,
    /// How long it is believed to run.
    pub estimate: SimSpan,
    /// Its number in order of arrival.
    pub arrival: u32,
}

impl Waiting {
    /// What a policy may know of `job`.
    pub fn of(slot: JobSlot, job: &Job, arrival: u32) -> Waiting {
        Waiting { slot, cores: job.spec.cores, estimate: job.estimate, arrival }
    }
}

/// What a policy can tell of a job that waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InTheWay {
    /// The waiting job that has its place: the one that comes first, or to which the cores are promised.
    /// It counts only where enough cores are free.
    pub by: Option<JobSlot>,
    /// When the job itself is to start.
    pub planned: Option<SimTime>,
}

/// Decides which owners' jobs start.
pub trait Policy: Clone + Send + Sync + 'static {
    /// A job joins the queue. Returns whether an arrival pass could start anything.
    fn enqueue(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) -> bool;

    /// A pass because `waiting` has just joined. A policy that knows that nobody else can start
    /// looks at this job alone.
    fn arrival_pass(&mut self, _waiting: Waiting, side: &mut OwnerSide<'_>) {
        self.pass(side);
    }

    /// A job that held cores is over.
    fn ended(&mut self, slot: JobSlot, job: &Job, now: SimTime);

    /// A job leaves the queue unstarted.
    fn withdraw(&mut self, slot: JobSlot, now: SimTime);

    /// Starts what can start.
    fn pass(&mut self, side: &mut OwnerSide<'_>);

    /// All events of this instant are over: starts what was reserved for it.
    fn due(&mut self, _side: &mut OwnerSide<'_>) {}

    /// Starts that jobs which wait were promised.
    fn promises(&self) -> Vec<(JobSlot, SimTime)> {
        Vec::new()
    }

    /// What holds a waiting job for which enough cores are free; always the same.
    fn enough(&self) -> Cause {
        Cause::Order
    }

    /// The job that keeps the waiting job in `slot` from its cores, and when that one is to start, as far
    /// as this is known. `free` cores are held by no owner's job. It is asked rarely, and may look long.
    fn in_the_way(&self, _now: SimTime, _slot: JobSlot, _free: u32) -> InTheWay {
        InTheWay::default()
    }

    /// Takes up a cluster of `capacity` usable cores in the middle of its life: jobs that hold cores
    /// or were given some, and those that wait, by arrival, with their promises, if any are known.
    fn take_up(
        &mut self,
        capacity: u32,
        running: &[JobSlot],
        waiting: &[Waiting],
        promises: Option<&[(JobSlot, SimTime)]>,
        side: &mut OwnerSide<'_>,
    );

    /// Of the cores of a job that runs or was given some, so many can be used when it ends; others
    /// leave with their nodes. A change of capacity follows.
    fn gives_back(&mut self, _slot: JobSlot, _job: &Job, _cores: u32) {}

    /// The cluster now has `capacity` usable cores.
    fn capacity_changed(&mut self, capacity: u32, now: SimTime);
}

/// The owners' view of the allocations during a pass.
#[derive(Debug)]
pub struct OwnerSide<'a> {
    /// The present instant.
    pub now: SimTime,
    pub(crate) jobs: &'a JobTable,
    pub(crate) actions: &'a mut Actions,
    pub(crate) allocations: &'a mut Allocations,
    pub(crate) wake: &'a mut Option<SimTime>,
}

impl OwnerSide<'_> {
    /// Cores that no owner's job holds.
    pub fn free(&self) -> u32 {
        self.allocations.free_for_owners()
    }

    /// How many cores of a job that holds some can be used when it ends.
    pub fn gives_back(&self, slot: JobSlot) -> u32 {
        self.allocations.gives_back(&self.jobs.job(slot).cores)
    }

    /// Starts a job on the lowest free cores. Returns when it really begins: now, or when its
    /// victims have left.
    pub fn start(&mut self, waiting: &Waiting) -> SimTime {
        self.allocations.start_owner(self.now, waiting.slot, waiting.cores, self.jobs, self.actions)
    }

    /// Takes the cores of a running job whose planned end has come, although its end event of this
    /// same instant is still to come.
    pub fn release_due(&mut self, slot: JobSlot) {
        self.allocations.release_owner(&self.jobs.job(slot).cores);
        self.actions.released.push(slot);
    }

    /// Asks for [`Policy::due`] to be called at `time`.
    pub fn wake_at(&mut self, time: SimTime) {
        if self.wake.is_none_or(|asked| time < asked) {
            *self.wake = Some(time);
        }
        self.actions.wake_at(time);
    }
}
