//! Changing the settings while campaigns go on: clusters are added, changed, renamed and retired, and
//! keep their ids for ever. Knows no file.

use crate::config::{ClusterSpec, SchedulerConfig};
use crate::ids::{ClusterId, PairIndex};
use crate::ledger::cluster::Cluster;
use crate::policy::catalogue::Catalogue;
use crate::policy::error::PolicyError;
use crate::scheduler::{Scheduler, Scratch};
use crate::sharing::steps::Steps;

/// A cluster that is known under another name from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    /// Which one.
    pub cluster: ClusterId,
    /// Its new name.
    pub name: Box<str>,
}

/// Why settings cannot be changed to others. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum ReconfigureError {
    /// Two clusters have one name.
    #[error("two clusters are named `{name}`")]
    SameName {
        /// The name.
        name: Box<str>,
    },
    /// More clusters, retired ones included, than ids.
    #[error("{count} clusters are more than the {max} that a grid may have, retired ones included")]
    TooMany {
        /// How many there would be.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A policy cannot be made.
    #[error("cannot make the policy of cluster `{cluster}`")]
    NoPolicy {
        /// The cluster.
        cluster: Box<str>,
        /// Why.
        #[source]
        source: PolicyError,
    },
}

impl ReconfigureError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> String {
        match self {
            ReconfigureError::SameName { .. } => "a name stands for one cluster: rename one".into(),
            ReconfigureError::TooMany { .. } => "start a new grid with a fresh store".into(),
            ReconfigureError::NoPolicy { source, .. } => source.hint(),
        }
    }
}

impl Scheduler {
    /// Takes other settings from the next cycle on.
    ///
    /// Clusters are matched by name, in any order: a known one keeps its id, and its policy's memory
    /// unless the policy is another; a new one is appended; one that is not given any more is
    /// retired. What was queued for it goes back to the bags, and its jobs are followed to their ends.
    /// Given again, it is used again. [`Scheduler::config`] then returns the whole list.
    ///
    /// # Errors
    /// [`ReconfigureError`]; nothing was changed then.
    pub fn reconfigure(
        &mut self,
        config: SchedulerConfig,
        catalogue: &Catalogue,
    ) -> Result<(), ReconfigureError> {
        self.reconfigure_renamed(config, &[], catalogue)
    }

    /// The same, where known clusters have got other names: they keep their ids, their jobs, and what was
    /// queued for them.
    ///
    /// # Errors
    /// [`ReconfigureError`]; nothing was changed then.
    pub fn reconfigure_renamed(
        &mut self,
        config: SchedulerConfig,
        renames: &[Rename],
        catalogue: &Catalogue,
    ) -> Result<(), ReconfigureError> {
        let known = renamed(&self.config.clusters, renames)?;
        let clusters = merged(&known, &config.clusters)?;
        let mut fresh = Vec::with_capacity(clusters.len());
        for (position, spec) in clusters.iter().enumerate() {
            let known = self.config.clusters.get(position);
            fresh.push(if known.is_some_and(|known| known.policy == spec.policy) {
                None
            } else {
                let made = catalogue.build(&spec.policy);
                let cluster = || spec.name.clone();
                let made = made
                    .map_err(|source| ReconfigureError::NoPolicy { cluster: cluster(), source });
                Some(made?)
            });
        }
        self.ledger.clusters.resize_with(clusters.len(), Cluster::default);
        for (position, policy) in fresh.into_iter().enumerate() {
            let Some(mut policy) = policy else { continue };
            let bound = self.ledger.clusters[position].pair_index_bound();
            (0..).map(PairIndex).take(bound).for_each(|pair_index| policy.add_pair(pair_index));
            match self.policies.get_mut(position) {
                Some(known) => *known = policy,
                None => self.policies.push(policy),
            }
        }
        self.scratch = Scratch::new(clusters.len());
        if config.rules != self.config.rules {
            self.steps = Steps::of(config.rules);
            self.ledger.clusters.iter_mut().for_each(Cluster::disorder);
        }
        self.config = SchedulerConfig { clusters, ..config };
        self.put_in_order();
        for cluster in self.cluster_ids() {
            if self.config.clusters[cluster.index()].retired {
                self.flush_cluster(cluster);
            }
        }
        Ok(())
    }

    /// Puts what is queued for a cluster back into the bags.
    pub(super) fn flush_cluster(&mut self, cluster: ClusterId) {
        for pair_index in self.ledger.cluster(cluster).order().to_vec() {
            self.ledger.flush_queue(cluster, pair_index);
        }
    }
}

/// Returns the known clusters under their present names.
fn renamed(
    known: &[ClusterSpec],
    renames: &[Rename],
) -> Result<Vec<ClusterSpec>, ReconfigureError> {
    let mut known = known.to_vec();
    for Rename { cluster, name } in renames {
        if let Some(spec) = known.get_mut(cluster.index()) {
            spec.name = name.clone();
        }
    }
    for (position, spec) in known.iter().enumerate() {
        if known[..position].iter().any(|other| other.name == spec.name) {
            return Err(ReconfigureError::SameName { name: spec.name.clone() });
        }
    }
    Ok(known)
}

/// Returns the known clusters in their places, changed or retired, and the new ones behind them.
fn merged(
    known: &[ClusterSpec],
    given: &[ClusterSpec],
) -> Result<Vec<ClusterSpec>, ReconfigureError> {
    for (position, spec) in given.iter().enumerate() {
        if given[..position].iter().any(|other| other.name == spec.name) {
            return Err(ReconfigureError::SameName { name: spec.name.clone() });
        }
    }
    let find = |name: &str| given.iter().find(|spec| &*spec.name == name);
    let kept = known.iter().map(|spec| match find(&spec.name) {
        Some(given) => given.clone(),
        None => ClusterSpec { retired: true, ..spec.clone() },
    });
    let new = given.iter().filter(|spec| known.iter().all(|other| other.name != spec.name));
    let clusters: Vec<ClusterSpec> = kept.chain(new.cloned()).collect();
    let max = usize::from(u16::MAX);
    if clusters.len() > max {
        return Err(ReconfigureError::TooMany { count: clusters.len(), max });
    }
    Ok(clusters)
}
