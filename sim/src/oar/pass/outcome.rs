//! What a pass decided. Plain data: carried out by others.

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
    /// Whether the last plan was kept, at least its beginning.
    pub reused: bool,
}
