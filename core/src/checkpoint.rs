//! All that a scheduler remembers at one instant, as a value to be kept: a daemon that starts takes
//! it up and goes on as if it had never stopped. Holds no parameters, and knows no file.

use serde::{Deserialize, Serialize};

use crate::config::SchedulerConfig;
use crate::ledger::saved::SavedLedger;
use crate::time::Timestamp;

/// The format that this release writes and reads.
pub const FORMAT: u32 = 1;

/// The memory of a scheduler between two cycles.
///
/// Its serialised form is the format: to be written as it is (JSON is exact, and compact enough:
/// tasks that are alike are one run), and read by a release that knows its [`FORMAT`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    pub(crate) format: u32,
    pub(crate) config: SchedulerConfig,
    pub(crate) now: Timestamp,
    pub(crate) ledger: SavedLedger,
    /// What each cluster's policy has saved.
    pub(crate) policies: Vec<serde_json::Value>,
}

impl Checkpoint {
    /// Returns the format it was written in; only [`FORMAT`] can be restored.
    pub fn format(&self) -> u32 {
        self.format
    }

    /// Returns the settings at that time. Restoring needs the same clusters and policies; to change
    /// them, change the restored scheduler's.
    pub fn config(&self) -> &SchedulerConfig {
        &self.config
    }

    /// Returns when the last cycle before it ran.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
