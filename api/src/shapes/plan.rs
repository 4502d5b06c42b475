//! What a submission would become: what would be sent where.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A campaign that was not submitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    pub name: String,
    pub user: String,
    pub total_jobs: u32,
    /// The first parameters, three at most.
    pub first: Vec<String>,
    /// The last parameter, where it is not among the first.
    pub last: Option<String>,
    pub clusters: Vec<PlannedCluster>,
    /// What the submitter should know.
    pub warnings: Vec<String>,
}

/// A campaign on one of the clusters that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlannedCluster {
    pub cluster_id: u32,
    pub cluster_name: String,
    /// Whether it gets jobs now: one that is out of use does not.
    pub enabled: bool,
    /// What the job of the first parameter runs.
    pub command: String,
    pub directory: String,
    pub resources: String,
    pub cores: u32,
    pub walltime_s: i64,
    /// `best-effort` or `normal`.
    pub r#type: String,
    /// Whether one job at a time runs, before all others.
    pub test_mode: bool,
    pub max_jobs: Option<u32>,
    pub properties: String,
    pub project: String,
    /// What runs once before the first task.
    pub prologue: Option<String>,
    /// What runs once after the last.
    pub epilogue: Option<String>,
}
