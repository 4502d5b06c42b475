//! What harvesting cost the owners: each local job's start beside its start in a run without
//! campaigns. Must not know how either run was made.

use std::collections::BTreeMap;

use crate::record::{JobRecord, Kind};

/// The start of every local job in the run without campaigns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    starts_ms: BTreeMap<(u16, u64), i64>,
}

impl Baseline {
    /// Notes when a local job of a cluster started in the run without campaigns.
    pub fn started(&mut self, cluster: u16, job_id: u64, start_ms: i64) {
        self.starts_ms.insert((cluster, job_id), start_ms);
    }

    /// Returns how much later, in ms, a job started than in the baseline (less than 0: earlier);
    /// `None` for what is not local, never started, or is not in the baseline.
    #[must_use]
    pub fn delay_ms(&self, job: &JobRecord<'_>) -> Option<i64> {
        if job.kind != Kind::Local {
            return None;
        }
        Some(job.start_ms? - self.starts_ms.get(&(job.cluster, job.job_id))?)
    }
}
