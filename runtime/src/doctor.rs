//! Asks every cluster how it is, all at the same time: what is asked is its resource manager's affair. Changes
//! nothing, here or there.

pub mod stored_tokens;

use gleaner_core::time::Timestamp;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::config::inspect::Finding;
use crate::sites::cluster_check::ClusterCheck;
pub use crate::sites::cluster_check::StoredToken;
use crate::sites::dialects::manager;

/// What the checks of all clusters found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// All findings, cluster by cluster in the order of the configuration.
    pub findings: Vec<Finding>,
    /// Clusters that could not be reached.
    pub away: usize,
}

/// Checks all clusters in use, at the same time. `now` returns what our clock shows.
pub async fn check_clusters(
    config: &Config,
    held: Vec<StoredToken>,
    now: impl Fn() -> Timestamp + Clone + Send + Sync + 'static,
) -> Diagnosis {
    let mut checks = JoinSet::new();
    let enabled = config.clusters.iter().filter(|cluster| cluster.enabled).cloned();
    for (place, cluster) in enabled.enumerate() {
        let tokens: Vec<StoredToken> =
            held.iter().filter(|held| held.cluster == cluster.name).cloned().collect();
        let now = now.clone();
        checks.spawn(async move {
            let manager = manager(cluster.dialect);
            let mut check = ClusterCheck::new(cluster, tokens, now);
            manager.check_cluster(&mut check).await;
            (place, check)
        });
    }
    let mut done = checks.join_all().await;
    done.sort_by_key(|(place, _)| *place);
    let away = done.iter().filter(|(_, check)| check.away).count();
    let findings = done.into_iter().flat_map(|(_, check)| check.findings).collect();
    Diagnosis { findings, away }
}
