//! How loaded the cluster is, as far as is known, from one look to the next.

use std::collections::BTreeMap;

use gleaner_core::ids::RemoteJobId;

/// How loaded the cluster is, as far as is known.
#[derive(Debug, Default)]
pub(super) struct ClusterLoad {
    pub(super) stress: Option<f64>,
    pub(super) capacity_cores: Option<u32>,
    /// Looks since the resources were last counted.
    pub(super) looks: u32,
    /// Cores of others' jobs that run.
    pub(super) sizes: BTreeMap<RemoteJobId, u32>,
}
