//! The clusters' resources as workers saw them last, for whoever has to judge a campaign without asking a
//! cluster. Workers write, all others read; nothing here decides, and nothing is kept over a restart.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use gleaner_core::ids::ClusterId;

use crate::sites::resources::Resources;

/// What was seen of all clusters.
#[derive(Debug, Default)]
pub struct KnownResources {
    resources: RwLock<BTreeMap<ClusterId, Arc<dyn Resources>>>,
}

impl KnownResources {
    /// Notes a cluster's resources.
    pub fn put(&self, cluster: ClusterId, resources: Arc<dyn Resources>) {
        let mut known = self.resources.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(cluster, resources);
    }

    /// Forgets a cluster's resources: it may be another machine now.
    pub fn forget(&self, cluster: ClusterId) {
        self.resources.write().unwrap_or_else(PoisonError::into_inner).remove(&cluster);
    }

    /// Returns a cluster's resources; none before the first look.
    pub fn resources(&self, cluster: ClusterId) -> Option<Arc<dyn Resources>> {
        let known = self.resources.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&cluster).map(Arc::clone)
    }
}
