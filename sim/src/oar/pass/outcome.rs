//! What a pass decided. Plain data: carried out by others.

use crate::cause::Cause;
use crate::oar::model::ids::JobId;
use crate::oar::pass::energy::NodePower;

/// What a pass decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassOutcome {
    /// 0: done; 1: run again at once; 2: kills are pending, nothing was launched.
    pub exit_code: i32,
    /// Jobs put into `toLaunch`, by id.
    pub launched: Vec<JobId>,
    /// Best-effort jobs that must leave.
    pub victims: Vec<JobId>,
    /// Best-effort jobs to be sent their checkpoint signal before they must leave.
    pub checkpointed: Vec<JobId>,
    /// Reservations accepted.
    pub accepted: Vec<JobId>,
    /// Reservations refused or expired.
    pub refused: Vec<JobId>,
    /// Nodes to halt and to wake.
    pub power: NodePower,
    /// Waiting jobs that were tried.
    pub examined: usize,
    /// Whether the last plan was kept, at least its beginning. What earlier passes noted of waiting jobs
    /// then holds on, and `waits` adds to it.
    pub reused: bool,
    /// What jobs wait for, where somebody asks.
    pub waits: WaitNotes,
}

/// What a pass has found out of the jobs that it did not start, beyond that the resources are taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WaitNotes {
    /// What holds a job; of two notes of a job the last one counts.
    pub held: Vec<(JobId, Cause)>,
    /// Jobs none of whose alternatives can be met by what is free after the pass, and how many resources
    /// that is. Of those that quotas refused, it is then no matter of quotas.
    pub unmet: Vec<(JobId, u32)>,
}
