//! How work is shared out: the deciding steps of a cycle, each a rule that another can replace. Here is
//! what they see, plain data only: no ledger, no scheduler, no policy's inside.

pub mod order;
pub mod placement;
pub mod selection;
pub mod steps;

use crate::ids::{CampaignId, PairIndex, UserIndex};
use crate::job::StateCounts;
use crate::ledger::task_state::TaskCounts;

/// A campaign on a cluster, as it stands when a step looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its index there: small, dense, and used again after the campaign has left.
    pub pair_index: PairIndex,
    /// The campaign: the smaller was there first.
    pub campaign: CampaignId,
    /// Its user.
    pub user: UserIndex,
    /// One job at a time, before all others.
    pub test_mode: bool,
    /// Its user's rank there.
    pub priority: i32,
    /// Its jobs there, by state.
    pub jobs: StateCounts,
    /// Tasks in its queue there, by class.
    pub queued: [u32; 3],
    /// Its tasks, wherever they are.
    pub tasks: TaskCounts,
    /// Cores that each of its jobs asks for, at least 1.
    pub cores: u32,
    /// Jobs that it may have there in addition, queued ones included, by its own limit.
    pub room: u32,
    /// Whether it has tasks that could be sent there, and nothing keeps it from being served.
    pub ready: bool,
}
