//! What a cluster scheduler wants done. The World carries it out. Must not know who wants it.

use crate::cause::Cause;
use crate::cores::Intervals;
use crate::job::{EndReason, JobSlot, JobSpec};
use crate::node::NodeState;
use crate::time::{SimSpan, SimTime};

/// What a scheduler wants done now. The World empties it after each call, in the order of the
/// fields.
#[derive(Debug, Default)]
pub struct Actions {
    /// Whether anybody wants to hear of [`Actions::held`]. The World says so, and does not empty it.
    pub tell_held: bool,
    /// Waiting jobs that something else than a lack of free cores holds from now on, and those for which
    /// this is over (`None`): what [`crate::cause::Room::cause`] says holds for them again.
    pub held: Vec<(JobSlot, Option<Cause>)>,
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
    /// Jobs that nobody submitted, each with a key for [`crate::scheduler::ClusterScheduler::copied`].
    pub copies: Vec<(u64, JobSpec)>,
    /// Nodes switched on and off, woken, or put into a state by order.
    pub switched: Vec<(u32, NodeState)>,
    /// When to be woken; a later time does not replace an earlier one.
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
    /// The job.
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
