//! What is known of the cluster as a whole, from one look to the next.

use std::collections::BTreeMap;

use gleaner_core::ids::RemoteJobId;

/// What is known of the cluster as a whole.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub(super) stress: Option<f64>,
    pub(super) capacity_cores: Option<u32>,
    /// Looks since the resources were last counted.
    pub(super) looks: u32,
    /// Cores of others' jobs that run.
    pub(super) sizes: BTreeMap<RemoteJobId, u32>,
}
