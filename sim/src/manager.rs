//! The interface of a whole resource manager: it admits submissions, carries out orders and shows plans. A
//! cluster scheduler is one or is none. Must not know which resource manager it is.

use std::collections::BTreeMap;

use gleaner_oar::value::Value;
use thiserror::Error;

use crate::actions::Actions;
use crate::cores::Intervals;
use crate::job::{JobSlot, JobSpec, JobTable};
use crate::job_request::LocalId;
use crate::node::NodeState;
use crate::time::{SimSpan, SimTime};

/// An order to a resource manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Hold a waiting job back, or suspend a running one.
    Hold(LocalId),
    /// Let a held or suspended job go on.
    Resume(LocalId),
    /// Kill a job, or take it out of the queue.
    Delete(LocalId),
    /// Change the walltime of a running job.
    Walltime {
        /// The job.
        job: LocalId,
        /// How much longer, or shorter.
        change: SimSpan,
    },
    /// Put a node, counted from 0, into a state.
    Node(u32, NodeState),
}

/// The refusal of a resource manager.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Refused {
    /// Why, in the manager's words.
    pub reason: String,
    /// What to do about it, if more can be said.
    pub hint: Option<&'static str>,
}

/// Where and when a waiting job is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The job.
    pub job: JobSlot,
    /// Its start, as the last pass saw it.
    pub start: SimTime,
    /// Its cores.
    pub cores: Intervals,
}

/// A cluster scheduler that knows more than a number of cores, and takes orders.
pub trait Manager {
    /// The id by which it knows the live job in a slot.
    fn local_id(&self, slot: JobSlot) -> Option<LocalId>;

    /// Checks a submission without taking it.
    ///
    /// # Errors
    /// It asks for what could never be, or what the manager does not know.
    fn admit(&self, now: SimTime, spec: &JobSpec) -> Result<(), Refused>;

    /// Carries out an order now.
    ///
    /// # Errors
    /// A job or node that does not exist, or is in no state for it.
    fn order(
        &mut self,
        now: SimTime,
        order: Order,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> Result<(), Refused>;

    /// What the last pass has planned for those of the jobs that wait.
    fn planned(&self, slots: &[JobSlot]) -> Vec<Planned>;

    /// Whether walltimes of running jobs may be changed at all.
    fn changes_walltimes(&self) -> bool;

    /// Whether a change of the walltime of a live job is still to be granted.
    fn walltime_is_pending(&self, slot: JobSlot) -> bool;

    /// Returns the properties that the site has given each of its cores, in order.
    fn properties(&self) -> Vec<BTreeMap<String, Value>>;
}
