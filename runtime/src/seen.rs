//! The clusters' resources as workers saw them last, for whoever has to judge a campaign without asking a
//! cluster. Workers write, all others read; nothing here decides, and nothing is kept over a restart.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use gleaner_core::ids::ClusterId;
use gleaner_oar::inventory::Inventory;

/// What was seen of all clusters.
#[derive(Debug, Default)]
pub struct Seen {
    inventories: RwLock<BTreeMap<ClusterId, Arc<Inventory>>>,
}

impl Seen {
    /// Notes a cluster's resources.
    pub fn put(&self, cluster: ClusterId, inventory: Arc<Inventory>) {
        let mut known = self.inventories.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(cluster, inventory);
    }

    /// Forgets a cluster's resources: it may be another machine now.
    pub fn forget(&self, cluster: ClusterId) {
        self.inventories.write().unwrap_or_else(PoisonError::into_inner).remove(&cluster);
    }

    /// Returns a cluster's resources; none before the first look.
    pub fn inventory(&self, cluster: ClusterId) -> Option<Arc<Inventory>> {
        let known = self.inventories.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&cluster).map(Arc::clone)
    }
}
