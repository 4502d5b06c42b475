//! What is known of a cluster at one moment. Knows nothing about where it comes from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::ClusterId;
use crate::time::Timestamp;

/// What is known of a cluster, possibly stale: small and of fixed size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterSnapshot {
    /// Which cluster.
    pub cluster: ClusterId,
    /// When the cluster was in this state.
    pub observed_at: Timestamp,
    /// Cores that exist and are not broken or switched off.
    pub capacity_cores: u32,
    /// Our jobs there.
    pub ours: JobCounts,
    /// Everybody's jobs there, ours included.
    pub everybody: JobCounts,
    /// The cluster's stress factor, from 0 (at ease) upwards; none when it has no such sensor.
    pub stress: Option<f64>,
    /// The load average of the cluster's file server; none when it has no such sensor.
    pub file_server_load: Option<f64>,
    /// Commands sent there and not yet answered.
    pub commands_in_flight: u32,
    /// The cores that the cluster's own plan leaves free, where a policy asked for it.
    pub free_plan: Option<Arc<FreePlan>>,
}

impl ClusterSnapshot {
    /// Makes the snapshot of an empty cluster of `capacity_cores` cores.
    pub fn empty(cluster: ClusterId, observed_at: Timestamp, capacity_cores: u32) -> Self {
        ClusterSnapshot {
            cluster,
            observed_at,
            capacity_cores,
            ours: JobCounts::default(),
            everybody: JobCounts::default(),
            stress: None,
            file_server_load: None,
            commands_in_flight: 0,
            free_plan: None,
        }
    }

    /// Returns the cores on which nobody's job runs.
    pub fn free_cores(&self) -> u32 {
        self.capacity_cores.saturating_sub(self.everybody.running_cores)
    }
}

/// Jobs by state. A job that starts or cleans up counts as running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCounts {
    /// Jobs that wait.
    pub waiting: u32,
    /// Cores that the waiting jobs ask for.
    pub waiting_cores: u32,
    /// Jobs that hold cores.
    pub running: u32,
    /// Cores that the running jobs hold.
    pub running_cores: u32,
}

/// The cores that a cluster's plan leaves free over time: a step function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreePlan {
    /// (from this time on, free cores), in ascending order of time; the last step has no end.
    pub steps: Vec<(Timestamp, u32)>,
}
