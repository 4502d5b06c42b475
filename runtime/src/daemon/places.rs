//! The configuration beside the core's list of clusters: who has which number is the core's to say, since numbers
//! are in the journal for ever. Reads and stores nothing.

use gleaner_core::config::{ClusterSpec, SchedulerConfig};

use crate::api::roster::Roster;
use crate::config::server::server;
use crate::config::{ClusterConfig, Config};
use crate::driver::Wanted;
use crate::request::Quota;

/// Returns the settings that the core is asked to take; it finds the clusters that it knows by their names.
pub fn scheduler_config(config: &Config) -> SchedulerConfig {
    let spec = |cluster: &ClusterConfig| ClusterSpec {
        name: cluster.name.as_str().into(),
        units: cluster.units,
        policy: cluster.policy.clone(),
        retired: !cluster.enabled,
        autofix_delay: cluster.autofix_after,
    };
    let grid = &config.grid;
    SchedulerConfig {
        min_cycle: grid.cycle,
        waiting_limit: grid.waiting_limit,
        walltime_margin: grid.walltime_margin,
        dealt_max: grid.dealt_max,
        on_failure: grid.on_failure,
        walltime_kills_max: grid.walltime_kills_max,
        unknown_max: grid.unknown_max,
        unknown_max_of_campaign: grid.unknown_max.saturating_sub(1).max(1),
        ..SchedulerConfig::new(config.clusters.iter().map(spec).collect())
    }
}

/// Returns the same, with where the clusters are.
pub fn wanted(config: &Config) -> Wanted {
    let clusters = config.clusters.iter();
    let servers = clusters.map(|cluster| (cluster.name.as_str().into(), server(&cluster.api_url)));
    Wanted { config: scheduler_config(config), servers: servers.collect() }
}

/// Returns the settings of each cluster that the core knows, by its number; none for one that is gone.
pub fn placed(known: &[ClusterSpec], config: &Config) -> Vec<Option<ClusterConfig>> {
    let find = |spec: &ClusterSpec| {
        config.clusters.iter().find(|cluster| cluster.name == *spec.name).cloned()
    };
    known.iter().map(find).collect()
}

/// Returns what the API answers by.
pub fn roster(known: &[ClusterSpec], config: &Config) -> Roster {
    Roster {
        api: config.api.clone(),
        default_resources: config.grid.default_resources.clone(),
        default_walltime: config.grid.default_walltime.clone(),
        quota: quota(config),
        clusters: placed(known, config),
        specs: known.to_vec(),
    }
}

/// Returns how much a user may have.
pub fn quota(config: &Config) -> Quota {
    let grid = &config.grid;
    Quota {
        campaign_tasks: grid.tasks_max,
        tasks: grid.user_tasks_max,
        campaigns: grid.user_campaigns_max,
    }
}
