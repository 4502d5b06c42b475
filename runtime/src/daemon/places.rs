//! Which cluster has which number. A number, once given, is in the journal for ever: a cluster keeps it through
//! restarts, and nobody else gets it. Reads and stores nothing.

use gleaner_core::config::{ClusterSpec, SchedulerConfig};
use gleaner_core::jdl::resources::CoreUnits;
use gleaner_core::policy::spec::PolicySpec;

use crate::api::roster::Roster;
use crate::config::{ClusterConfig, Config};

/// Clusters by number: as configured, or gone.
#[derive(Clone, Debug)]
pub struct Places {
    /// Names, in the order of the numbers; grows, never shrinks.
    pub names: Vec<String>,
    /// Settings of those that are configured now.
    pub clusters: Vec<Option<ClusterConfig>>,
    /// As the core has to know them; for one that is gone, as it was last or with defaults.
    pub specs: Vec<ClusterSpec>,
}

/// Why there is no number left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} clusters have been known, more than can be numbered\n  hint: begin with a new store")]
pub struct NoPlace(usize);

impl Places {
    /// Gives numbers: to the clusters known before in their order, then to new ones in the order of the
    /// configuration.
    ///
    /// # Errors
    /// [`NoPlace`] above 65,535 clusters.
    pub fn new(known: &[String], config: &Config) -> Result<Places, NoPlace> {
        let mut names = known.to_vec();
        for cluster in &config.clusters {
            if !names.contains(&cluster.name) {
                names.push(cluster.name.clone());
            }
        }
        if names.len() > usize::from(u16::MAX) {
            return Err(NoPlace(names.len()));
        }
        let find = |name: &String| config.clusters.iter().find(|cluster| cluster.name == *name);
        let clusters: Vec<Option<ClusterConfig>> =
            names.iter().map(|name| find(name).cloned()).collect();
        let specs = names.iter().zip(&clusters).map(|(name, cluster)| spec(name, cluster.as_ref()));
        Ok(Places { specs: specs.collect(), clusters, names })
    }

    /// Returns the settings of the core's scheduler.
    pub fn scheduler_config(&self, config: &Config) -> SchedulerConfig {
        let grid = &config.grid;
        SchedulerConfig {
            min_cycle: grid.cycle,
            waiting_limit: grid.waiting_limit,
            walltime_margin: grid.walltime_margin,
            dealt_max: grid.dealt_max,
            on_failure: grid.on_failure,
            walltime_kills_max: grid.walltime_kills_max,
            unknown_max: grid.unknown_max,
            ..SchedulerConfig::new(self.specs.clone())
        }
    }

    /// Returns what the API answers by.
    pub fn roster(&self, config: &Config) -> Roster {
        Roster {
            api: config.api.clone(),
            default_resources: config.grid.default_resources.clone(),
            default_walltime: config.grid.default_walltime.clone(),
            clusters: self.clusters.clone(),
            specs: self.specs.clone(),
        }
    }
}

fn spec(name: &str, cluster: Option<&ClusterConfig>) -> ClusterSpec {
    ClusterSpec {
        name: name.into(),
        units: cluster.map_or(CoreUnits::flat(1), |cluster| cluster.units),
        policy: cluster.map_or(PolicySpec::named("tap"), |cluster| cluster.policy.clone()),
        retired: cluster.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Places;
    use crate::config::read::parse_config;

    #[test]
    fn a_cluster_keeps_its_number() {
        let cluster = |name: &str| {
            format!("[[cluster]]\nname = '{name}'\napi_url = 'http://h/'\ndialect = 'oar2'\n")
        };
        let config = |names: &[&str]| {
            let text: String = names.iter().map(|name| cluster(name)).collect();
            parse_config(Path::new("g.toml"), &text, &|_| None).unwrap()
        };
        let first = Places::new(&[], &config(&["lune", "terre"])).unwrap();
        assert_eq!(first.names, ["lune", "terre"]);
        // Reordered, one gone, one new.
        let second = Places::new(&first.names, &config(&["mars", "terre"])).unwrap();
        assert_eq!(second.names, ["lune", "terre", "mars"]);
        let there: Vec<bool> = second.clusters.iter().map(Option::is_some).collect();
        assert_eq!(there, [false, true, true]);
        // Back again, under its old number.
        let third = Places::new(&second.names, &config(&["lune"])).unwrap();
        assert_eq!(third.names, second.names);
        assert!(third.clusters[0].is_some());
        assert_eq!(third.specs.len(), 3);
    }
}
