//! The REST API of a cluster as a scenario file writes it, key by key. Says nothing about what the
//! values together mean.

use gleaner_sim::api_faults::OutageKind;
use serde::Deserialize;
use toml::Spanned;

use crate::duration::Duration;
use crate::names::Named;

/// `[cluster.api_faults]`: the faults of the API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiFaultsTable {
    pub(crate) latency: Option<Duration>,
    pub(crate) latency_spread: Option<Duration>,
    pub(crate) timeout_before: Option<Spanned<f64>>,
    pub(crate) timeout_after: Option<Spanned<f64>>,
    pub(crate) hang: Option<Duration>,
    pub(crate) error_before: Option<Spanned<f64>>,
    pub(crate) error_after: Option<Spanned<f64>>,
    pub(crate) html_error: Option<Spanned<f64>>,
    pub(crate) partial_array: Option<Spanned<f64>>,
    pub(crate) wrong_content_type: Option<Spanned<f64>>,
    pub(crate) truncated_body: Option<Spanned<f64>>,
    pub(crate) unauthorized: Option<Spanned<f64>>,
    pub(crate) bad_gateway: Option<Spanned<f64>>,
    pub(crate) unavailable: Option<Spanned<f64>>,
    pub(crate) reset: Option<Spanned<f64>>,
    pub(crate) token_life: Option<Spanned<Duration>>,
    pub(crate) clock_skew_s: Option<Spanned<i64>>,
    pub(crate) stale_list: Option<Spanned<f64>>,
    pub(crate) stale_by: Option<Duration>,
    pub(crate) missing_job: Option<Spanned<f64>>,
    pub(crate) late_post: Option<Spanned<f64>>,
    pub(crate) late_by: Option<Duration>,
    pub(crate) duplicate_event: Option<Spanned<f64>>,
    pub(crate) own_copy: Option<Spanned<f64>>,
    pub(crate) unsafe_concurrency: Option<bool>,
    pub(crate) wedge: Option<bool>,
    pub(crate) restart_after: Option<Spanned<Duration>>,
    pub(crate) process_life: Option<Spanned<u32>>,
    #[serde(default, rename = "outage")]
    pub(crate) outages: Vec<ApiOutageTable>,
}

/// `[[cluster.api_faults.outage]]`: a time in which everything fails in one way.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiOutageTable {
    pub(crate) kind: Named<OutageKind>,
    pub(crate) from: Duration,
    pub(crate) to: Spanned<Duration>,
}
