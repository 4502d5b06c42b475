//! The port between the World and whoever decides on a cluster: textbook schedulers and OAR alike.
//! Must not know how any of them decides.

use std::any::Any;

use crate::cores::Intervals;
use crate::job::{EndReason, JobSlot, JobSpec, JobTable};
use crate::time::{SimSpan, SimTime};

/// Decides who runs where on one cluster. The World tells it what happens and carries out what it
/// asks for; it must decide from what users tell (cores, walltime, estimate), never from the true
/// run time.
pub trait ClusterScheduler: Any + Send + Sync {
    /// Another one like it, as it is now: many runs may begin with one scheduler.
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

    /// Whether the scheduler kills jobs beyond their walltime itself; else the World does, at the
    /// very end of it.
    fn enforces_walltimes(&self) -> bool {
        false
    }

    /// Whether it keeps ended jobs until it is asked for them.
    fn keeps_records(&self) -> bool {
        false
    }

    /// A copy that the scheduler asked for as `key` has become the job in `slot`.
    fn copied(&mut self, _now: SimTime, _key: u64, _slot: JobSlot) {}

    /// `cores` can be used again.
    fn cores_up(&mut self, now: SimTime, cores: &Intervals, jobs: &JobTable, actions: &mut Actions);
}

impl Clone for Box<dyn ClusterScheduler> {
    fn clone(&self) -> Box<dyn ClusterScheduler> {
        (**self).duplicate()
    }
}

/// What a scheduler wants done now. The World empties it after each call, in the order of the
/// fields.
#[derive(Debug, Default)]
pub struct Actions {
    /// Jobs that end at this very instant and whose cores are given away before their end event.
    pub released: Vec<JobSlot>,
    /// Jobs to kill.
    pub kills: Vec<Kill>,
    /// Jobs that leave the queue without having started.
    pub withdrawn: Vec<JobSlot>,
    /// Running jobs that stop for a while and give their cores back.
    pub suspended: Vec<JobSlot>,
    /// Jobs to start.
    pub launches: Vec<Launch>,
    /// Suspended jobs that take their cores again.
    pub resumed: Vec<JobSlot>,
    /// New walltimes of running jobs, for those who watch.
    pub walltimes: Vec<(JobSlot, SimSpan)>,
    /// Jobs that nobody submitted, each with a key for [`ClusterScheduler::copied`].
    pub copies: Vec<(u64, JobSpec)>,
    /// Nodes switched on (`true`) or off.
    pub switched: Vec<(u32, bool)>,
    /// When to be woken; a later wish does not undo an earlier one.
    pub wake: Option<SimTime>,
}

/// An order to kill a running best-effort job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// The victim.
    pub job: JobSlot,
    /// When it is dead.
    pub dead: SimTime,
    /// When its cores are clean. If that is now, the scheduler has taken them back already and is
    /// not told of the end.
    pub clean: SimTime,
    /// Why.
    pub reason: EndReason,
}

/// An order to start a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Who starts.
    pub job: JobSlot,
    /// Where.
    pub cores: Intervals,
    /// When the cores are there: now, or once their dying users have left.
    pub begin: SimTime,
    /// Some of the cores are still being left, if only at this very instant.
    pub after_victims: bool,
    /// From then to the start of the command.
    pub latency: SimSpan,
    /// From the end of the command until the cores are clean.
    pub cleanup: SimSpan,
    /// What is only known now of a job that asked for more than cores.
    pub chosen: Option<Chosen>,
}

/// The alternative that a job runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its walltime.
    pub walltime: SimSpan,
    /// How long the job runs with it if nothing stops it.
    pub run: SimSpan,
}

impl Actions {
    /// Asks to be woken at `time`, or earlier if that was asked for before.
    pub fn wake_at(&mut self, time: SimTime) {
        self.wake = Some(self.wake.map_or(time, |asked| asked.min(time)));
    }
}
