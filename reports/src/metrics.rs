//! The figures of a run: `metrics.json`. Must not know files, nor who made the records.
//!
//! A job waits `w` = start - submission and runs `r` = end - start. Definitions (Feitelson's bounded
//! slowdown with a threshold of 10 s; Zotkin and Keleher's form per processor):
//!
//! - slowdown = (w + r) / r, over jobs with r > 0
//! - bounded slowdown = max(1, (w + r) / max(r, 10 s))
//! - per-processor bounded slowdown = max(1, (w + r) / (p max(r, 10 s)))
//! - utilisation = core seconds of local jobs / (cores x length of the horizon)
//!
//! **Horizon** of a cluster: from the first submission to the last end of its local jobs; a run that
//! was stopped early ends its horizon at the stop. A cluster without local jobs takes the span of
//! the others' horizons, and where there is none at all, the whole run. All core seconds are clipped to it.
//! Jobs that were refused at submission are no part of it.
//!
//! **Which jobs count**: `jobs`, waits and slowdowns speak of local jobs that started and ended by
//! the end of the horizon.

mod span;
mod tally;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use tally::Tally;

/// Name and version of the format, the first key of `metrics.json`.
pub const FORMAT: &str = "gleaner-metrics-1";

/// All figures of a run. `null` in the file stands for what is not defined, as a mean of nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Always [`FORMAT`].
    pub format: String,
    /// Figures of each cluster, by its name.
    pub clusters: BTreeMap<String, ClusterMetrics>,
    /// Figures of each campaign, by its key (`RunInfo::campaign_keys`).
    pub campaigns: BTreeMap<String, CampaignMetrics>,
    /// Figures of all clusters and campaigns together.
    pub grid: GridMetrics,
}

/// The figures of one cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClusterMetrics {
    /// Local jobs that ran to an end.
    pub jobs: u64,
    /// Mean wait of local jobs, seconds.
    pub mean_wait_s: Option<f64>,
    /// Longest wait of a local job, seconds.
    pub max_wait_s: Option<f64>,
    /// Mean bounded slowdown of local jobs (AVEbsld), at least 1.
    pub avebsld: Option<f64>,
    /// Mean slowdown of local jobs that ran for longer than nothing, at least 1.
    pub mean_slowdown: Option<f64>,
    /// Mean per-processor bounded slowdown of local jobs, at least 1.
    pub pp_bsld: Option<f64>,
    /// Last end - first submission of local jobs, seconds.
    pub makespan_s: Option<f64>,
    /// Share of all core seconds of the horizon that local jobs used, 0 to 1.
    pub utilisation: Option<f64>,
    /// Best-effort jobs that were killed.
    pub killed_jobs: u64,
    /// Core seconds that killed best-effort jobs had held.
    pub killed_core_s: f64,
    /// Core seconds of available cores that local jobs left idle.
    pub idle_core_s: f64,
    /// Core seconds of useful run time of best-effort jobs that succeeded.
    pub harvested_core_s: f64,
    /// `harvested_core_s / idle_core_s`.
    pub harvest_ratio: Option<f64>,
    /// Mean delay of local jobs' starts against a run without campaigns, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners_delay_mean_s: Option<f64>,
    /// Largest delay of a local job's start against a run without campaigns, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners_delay_max_s: Option<f64>,
}

/// The figures of one campaign.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CampaignMetrics {
    /// Tasks it has.
    pub tasks: u64,
    /// Tasks that succeeded.
    pub done: u64,
    /// Attempts of tasks that started and ended.
    pub attempts: u64,
    /// Attempts that were killed.
    pub killed: u64,
    /// From its submission until nothing was left to do, seconds; `null` if that never came.
    pub makespan_s: Option<f64>,
    /// Core seconds of useful run time of attempts that succeeded.
    pub useful_core_s: f64,
    /// All other core seconds its jobs held: killed and failed attempts, latencies, prologues and
    /// epilogues.
    pub wasted_core_s: f64,
}

/// The figures of all clusters and campaigns together: sums, and means over all local jobs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GridMetrics {
    /// Clusters.
    pub clusters: u64,
    /// Their cores.
    pub cores: u64,
    /// Local jobs that ran to an end.
    pub jobs: u64,
    /// Local jobs refused at submission.
    pub rejected_jobs: u64,
    /// Mean wait of local jobs, seconds.
    pub mean_wait_s: Option<f64>,
    /// Longest wait of a local job, seconds.
    pub max_wait_s: Option<f64>,
    /// Mean bounded slowdown of local jobs.
    pub avebsld: Option<f64>,
    /// From the first submission to the last end of local jobs on any cluster, seconds.
    pub makespan_s: Option<f64>,
    /// Share of all core seconds of the clusters' horizons that local jobs used.
    pub utilisation: Option<f64>,
    /// Best-effort jobs that were killed.
    pub killed_jobs: u64,
    /// Core seconds that they had held.
    pub killed_core_s: f64,
    /// Core seconds that local jobs left idle.
    pub idle_core_s: f64,
    /// Core seconds of useful run time of best-effort jobs that succeeded.
    pub harvested_core_s: f64,
    /// `harvested_core_s / idle_core_s`.
    pub harvest_ratio: Option<f64>,
    /// Campaigns.
    pub campaigns: u64,
    /// Their tasks.
    pub tasks: u64,
    /// Tasks that succeeded.
    pub done: u64,
    /// Attempts of tasks that started and ended.
    pub attempts: u64,
    /// Attempts that were killed.
    pub killed: u64,
    /// Useful core seconds of campaigns.
    pub useful_core_s: f64,
    /// Wasted core seconds of campaigns.
    pub wasted_core_s: f64,
    /// Mean delay of all local jobs' starts against a run without campaigns, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners_delay_mean_s: Option<f64>,
    /// Largest delay of a local job's start against a run without campaigns, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners_delay_max_s: Option<f64>,
}
