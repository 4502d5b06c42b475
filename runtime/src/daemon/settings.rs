//! What of the configuration each part of the daemon goes by: the core, the driver, the API, the workers. Who has
//! which number is the core's to say, since numbers of clusters are in the journal for ever. Reads and stores nothing.

use gleaner_core::config::{ClusterSpec, SchedulerConfig};
use gleaner_core::time::Duration;

use crate::api::settings::ApiSettings;
use crate::config::server::server;
use crate::config::{ClusterConfig, Config};
use crate::driver::{DriverSettings, GridSettings};
use crate::request::Quota;
use crate::secrets::{Secret, first_line};

/// What people see of clusters while nothing happens is no older than that and a look.
const SHOW_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);
/// A cycle waits for the clusters' answers for this part of its least length, at most.
const LOOK_PART: u32 = 5;

/// Returns the settings that the core is asked to take; it finds the clusters that it knows by their names.
fn scheduler_config(config: &Config) -> SchedulerConfig {
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
        placed_max: grid.dealt_max,
        on_failure: grid.on_failure,
        walltime_kills_max: grid.walltime_kills_max,
        unknown_max: grid.unknown_max,
        unknown_max_of_campaign: grid.unknown_max.saturating_sub(1).max(1),
        ..SchedulerConfig::new(config.clusters.iter().map(spec).collect())
    }
}

/// Returns the same, with where the clusters are.
pub(crate) fn wanted(config: &Config) -> GridSettings {
    let clusters = config.clusters.iter();
    let servers = clusters.map(|cluster| (cluster.name.as_str().into(), server(&cluster.api_url)));
    GridSettings { config: scheduler_config(config), servers: servers.collect() }
}

/// Returns the settings of each cluster that the core knows, by its number; none for one that is gone.
fn cluster_settings(known: &[ClusterSpec], config: &Config) -> Vec<Option<ClusterConfig>> {
    let find = |spec: &ClusterSpec| {
        config.clusters.iter().find(|cluster| cluster.name == *spec.name).cloned()
    };
    known.iter().map(find).collect()
}

/// Returns what the API answers by.
pub(crate) fn api_settings(known: &[ClusterSpec], config: &Config) -> ApiSettings {
    ApiSettings {
        api: config.api.clone(),
        proxy_secret: proxy_secret(config),
        default_resources: config.grid.default_resources.clone(),
        default_walltime: config.grid.default_walltime.clone(),
        notifications: config.notifications.clone(),
        quota: quota(config),
        clusters: cluster_settings(known, config),
        specs: known.to_vec(),
    }
}

/// Reads what proxies of this machine prove themselves by. It was looked at when the settings were checked; if it is gone
/// since then, no proxy can.
fn proxy_secret(config: &Config) -> Option<Secret> {
    let path = config.api.proxy.secret_file.as_ref()?;
    let read = first_line(path).inspect_err(|error| {
        tracing::error!(path = %path.display(), %error, "the proxy's secret cannot be read: no proxy is believed");
    });
    read.ok().filter(|secret| !secret.reveal().is_empty())
}

/// Returns how much a user may have.
fn quota(config: &Config) -> Quota {
    let grid = &config.grid;
    Quota {
        campaign_tasks: grid.tasks_max,
        tasks: grid.user_tasks_max,
        campaigns: grid.user_campaigns_max,
    }
}

/// Returns what the driver goes by.
pub(crate) fn driver_settings(config: &Config) -> DriverSettings {
    let seconds = |span: std::time::Duration| Duration::from_seconds(span.as_secs().max(1));
    let longest = config.clusters.iter().map(|cluster| cluster.send_within.to_std()).max();
    DriverSettings {
        send_within: seconds(longest.unwrap_or(std::time::Duration::from_secs(60))),
        lease: config.grid.waiting_limit + config.grid.lease_margin,
        look_within: std::time::Duration::from_secs(config.grid.cycle.seconds().unsigned_abs())
            / LOOK_PART,
        show_within: SHOW_WITHIN,
        checkpoint_cycles: config.store.checkpoint_cycles,
        keep_journal: seconds(config.store.keep_journal.to_std()),
        keep_campaigns: seconds(config.store.keep_campaigns.to_std()),
    }
}
