//! Asks every cluster how it is, all at the same time: what is asked is its resource manager's affair. Changes
//! nothing, here or there.

pub mod held;

use gleaner_core::time::Timestamp;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::config::inspect::Finding;
use crate::sites::dialects::manager;
pub use crate::sites::visit::HeldToken;
use crate::sites::visit::Visit;

/// What a visit to all clusters found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// All findings, cluster by cluster in the order of the configuration.
    pub findings: Vec<Finding>,
    /// Clusters that could not be reached.
    pub away: usize,
}

/// Visits all clusters in use, at the same time. `now` tells what our clock says.
pub async fn visit(
    config: &Config,
    held: Vec<HeldToken>,
    now: impl Fn() -> Timestamp + Clone + Send + Sync + 'static,
) -> Diagnosis {
    let mut visits = JoinSet::new();
    let enabled = config.clusters.iter().filter(|cluster| cluster.enabled).cloned();
    for (place, cluster) in enabled.enumerate() {
        let tokens: Vec<HeldToken> =
            held.iter().filter(|held| held.cluster == cluster.name).cloned().collect();
        let now = now.clone();
        visits.spawn(async move {
            let manager = manager(cluster.dialect);
            let mut visit = Visit::new(cluster, tokens, now);
            manager.visit(&mut visit).await;
            (place, visit)
        });
    }
    let mut done = visits.join_all().await;
    done.sort_by_key(|(place, _)| *place);
    let away = done.iter().filter(|(_, visit)| visit.away).count();
    let findings = done.into_iter().flat_map(|(_, visit)| visit.findings).collect();
    Diagnosis { findings, away }
}
