//! Campaigns: as they are listed and shown, and their figures.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shapes::answer::Link;
use crate::states::CampaignState;

/// A campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Campaign {
    pub id: u32,
    pub name: String,
    pub user: String,
    /// `in_treatment`, `paused`, `terminated` or `cancelled`.
    #[schema(value_type = String)]
    pub state: CampaignState,
    /// Whether somebody should look at its events.
    pub has_events: bool,
    /// Seconds since 1970.
    pub submission_time: i64,
    pub total_jobs: u32,
    pub finished_jobs: u32,
    pub links: Vec<Link>,
    /// By id of the cluster; for one campaign only.
    #[serde(skip_serializing_if = "Option::is_none")]
    // JSON knows no keys but texts.
    #[schema(value_type = Option<BTreeMap<String, CampaignCluster>>)]
    pub clusters: Option<BTreeMap<u32, CampaignCluster>>,
    /// What the submitter should know, at its submission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A campaign on one of its clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CampaignCluster {
    pub cluster_name: String,
    pub active_jobs: u32,
    pub queued_jobs: u32,
    /// Whether there is nothing left to prepare.
    pub prologue_ok: bool,
    /// Whether there is nothing left to clean up.
    pub epilogue_ok: bool,
}

/// Figures of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Seconds.
    pub average_jobs_duration: Option<f64>,
    /// Seconds.
    pub stddev_jobs_duration: Option<f64>,
    /// Jobs a second.
    pub jobs_throughput: f64,
    /// Seconds.
    pub remaining_time: f64,
    /// From 0 to 1.
    pub failures_rate: f64,
    /// From 0 to 1.
    pub resubmit_rate: f64,
}
