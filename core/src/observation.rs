//! All that a cycle may know: the time, the facts since the last cycle, and a snapshot of each
//! cluster. Knows nothing about where they come from.

use crate::fact::Fact;
use crate::snapshot::ClusterSnapshot;
use crate::time::Timestamp;

/// The input of one cycle. Its buffers are reused from cycle to cycle.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When this cycle runs. Never less than in the cycle before.
    pub now: Timestamp,
    /// What became known since the last cycle, in order. Emptied before the backend fills it.
    pub facts: Vec<Fact>,
    /// The latest known state of each cluster, at most one of each, in any order. Emptied before
    /// the backend fills it; a cluster without one keeps its last.
    pub clusters: Vec<ClusterSnapshot>,
}

impl Observation {
    /// Makes an empty observation.
    pub fn new() -> Observation {
        Observation { now: Timestamp::ZERO, facts: Vec::new(), clusters: Vec::new() }
    }
}

impl Default for Observation {
    fn default() -> Observation {
        Observation::new()
    }
}
