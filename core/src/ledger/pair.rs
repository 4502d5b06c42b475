//! A campaign on a cluster: its queue, its jobs by state, its prologue and epilogue, what blocks it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, EventId};
use crate::jdl::spec::ClusterSettings;
use crate::job::StateCounts;
use crate::ledger::bag::ClusterPosition;
use crate::ledger::queue::Queue;
use crate::report::Reason;
use crate::time::Timestamp;

/// How far a prologue or epilogue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScriptState {
    /// There is none.
    None,
    /// To be run when its time has come.
    Due,
    /// Its job is or may be alive.
    UnderWay,
    /// It ended well, or was fixed by hand.
    Done,
    /// It was left out.
    Skipped,
    /// It failed; an event is open.
    Failed,
}

/// The cluster cannot serve the campaign for the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BackOff {
    /// The event that tells so.
    pub(crate) event: EventId,
    /// Refusals in a row.
    pub(crate) times: u8,
    /// Nothing is sent before this time.
    pub(crate) until: Timestamp,
}

/// A campaign on a cluster.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Slot of the campaign.
    pub(crate) slot: u32,
    pub(crate) campaign: CampaignId,
    /// The cluster's position among those of the campaign.
    pub(crate) cluster_position: ClusterPosition,
    pub(crate) settings: Arc<ClusterSettings>,
    pub(crate) queue: Queue,
    pub(crate) jobs: StateCounts,
    pub(crate) prologue: ScriptState,
    pub(crate) epilogue: ScriptState,
    /// Tries that a failed script has had, for `OnFailure::Retry`.
    pub(crate) script_retries: u16,
    /// Open events that block the campaign here.
    pub(crate) events: u32,
    /// Why it waits, though no event blocks it.
    pub(crate) back_off: Option<BackOff>,
    /// The user's rank here.
    pub(crate) priority: i32,
    /// What the last cycle said about it.
    pub(crate) reason: Option<Reason>,
}

impl Pair {
    /// Returns how many jobs it may have at most, queued tasks included.
    pub(crate) fn max_jobs(&self) -> Option<u32> {
        if self.settings.test_mode { Some(1) } else { self.settings.max_jobs }
    }

    /// Returns how many jobs it may have in addition, queued tasks included.
    pub(crate) fn room(&self) -> u32 {
        let used = self.jobs.total() + self.queue.len();
        self.max_jobs().map_or(u32::MAX, |max| max.saturating_sub(used))
    }

    /// Returns whether tasks may run here as far as the prologue is concerned.
    pub(crate) fn prologue_passed(&self) -> bool {
        matches!(self.prologue, ScriptState::None | ScriptState::Done)
    }
}
