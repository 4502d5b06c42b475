//! Campaigns and the grid as a scenario file writes them, key by key. Says nothing about what the
//! values together mean.

use std::collections::BTreeMap;

use gleaner_core::policy::given::GivenPolicy;
use serde::Deserialize;
use toml::Spanned;

use crate::duration::Duration;

/// `[grid]`: the grid scheduler.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GridTable {
    pub(crate) policy: Option<Spanned<GivenPolicy>>,
    #[serde(default)]
    pub(crate) policies: BTreeMap<Spanned<String>, Spanned<GivenPolicy>>,
    pub(crate) cycle: Option<Duration>,
    pub(crate) waiting_limit: Option<Duration>,
    pub(crate) on_failure: Option<Spanned<String>>,
    pub(crate) walltime_kills_max: Option<u8>,
    pub(crate) tasks_max: Option<Spanned<u32>>,
}

/// `[[campaign]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignTable {
    pub(crate) name: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) at: Option<Duration>,
    /// A file, or the description itself.
    pub(crate) jdl: Option<Spanned<toml::Value>>,
    pub(crate) tasks: Option<u64>,
    pub(crate) clusters: Option<Vec<Spanned<String>>>,
    pub(crate) walltime: Option<Duration>,
    pub(crate) cores: Option<u32>,
    pub(crate) runtime: Option<Spanned<String>>,
    pub(crate) failure_probability: Option<Spanned<f64>>,
    pub(crate) exit_code: Option<Spanned<u8>>,
    pub(crate) prologue_runtime: Option<Duration>,
    pub(crate) prologue_exit_code: Option<u8>,
    pub(crate) epilogue_runtime: Option<Duration>,
    pub(crate) epilogue_exit_code: Option<u8>,
}

/// `[campaign_generator]`: campaigns like those of the Gricad grid.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignGeneratorTable {
    pub(crate) campaigns: u32,
    pub(crate) mean_gap: Duration,
    pub(crate) users: Option<u32>,
    pub(crate) tasks_max: Option<u64>,
    pub(crate) clusters: Option<Vec<Spanned<String>>>,
    pub(crate) walltime: Option<Duration>,
}

/// `[[campaign_list]]`: campaigns from a CSV file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignListTable {
    pub(crate) file: Spanned<String>,
    pub(crate) clusters: Option<Vec<Spanned<String>>>,
    pub(crate) walltime: Option<Duration>,
}

/// `[cluster.network]`: the way from the grid to a cluster.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkTable {
    pub(crate) latency: Option<Duration>,
    pub(crate) poll_period: Option<Duration>,
    pub(crate) stale: Option<Spanned<f64>>,
    pub(crate) refused: Option<Spanned<f64>>,
    pub(crate) lost: Option<Spanned<f64>>,
    pub(crate) answer_limit: Option<Duration>,
    pub(crate) lookup: Option<Duration>,
    #[serde(default)]
    pub(crate) silences: Vec<Spanned<SilenceTable>>,
}

/// One of `silences` in `[cluster.network]`: the cluster's server does not answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilenceTable {
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
}
