//! The scenario file as it is written: TOML tables, key by key. Says nothing about what the values
//! together mean; that is [`crate::scenario`].

pub(crate) mod api;
pub(crate) mod campaign;
pub(crate) mod generate;
pub(crate) mod oar;

use gleaner_sim::oar::model::config::OarCompat;
use gleaner_sim::sizes::Leave;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::harvest::Victims;
use gleaner_sim::world::Estimates;
use gleaner_traces::workload::Clean;
use serde::Deserialize;
use toml::Spanned;

use crate::api::{ApiDialect, Execute};
use crate::duration::Duration;
use crate::format::api::ApiFaultsTable;
use crate::format::campaign::{
    CampaignGeneratorTable, CampaignListTable, CampaignTable, GridTable, NetworkTable,
};
use crate::format::generate::GenerateTable;
use crate::format::oar::{JobTable, OarTable};
use crate::names::Named;
use crate::scenario::SchedulerKind;

/// A whole scenario file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioFile {
    pub(crate) title: Option<String>,
    /// For people only.
    #[serde(rename = "description")]
    pub(crate) _description: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) until: Option<Duration>,
    /// For clusters that do not say it themselves.
    pub(crate) oar_compat: Option<Named<OarCompat>>,
    #[serde(default, rename = "cluster")]
    pub(crate) clusters: Vec<Spanned<ClusterTable>>,
    pub(crate) grid: Option<GridTable>,
    #[serde(default, rename = "campaign")]
    pub(crate) campaigns: Vec<Spanned<CampaignTable>>,
    #[serde(default, rename = "campaign_list")]
    pub(crate) campaign_lists: Vec<Spanned<CampaignListTable>>,
    pub(crate) campaign_generator: Option<Spanned<CampaignGeneratorTable>>,
}

/// `[[cluster]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClusterTable {
    pub(crate) name: Spanned<String>,
    pub(crate) count: Option<Spanned<u32>>,
    pub(crate) nodes: Option<Spanned<u64>>,
    pub(crate) cores_per_node: Option<u64>,
    pub(crate) nodes_at_start: Option<Spanned<u32>>,
    #[serde(default, rename = "resize")]
    pub(crate) resizes: Vec<ResizeTable>,
    pub(crate) snapshot: Option<Spanned<String>>,
    pub(crate) scheduler: Option<Named<SchedulerKind>>,
    pub(crate) events: Option<Named<Rhythm>>,
    pub(crate) estimates: Option<Named<Estimates>>,
    pub(crate) owners: Option<Spanned<OwnersTable>>,
    pub(crate) failures: Option<FailuresTable>,
    pub(crate) node_failures: Option<NodeFailuresTable>,
    #[serde(default, rename = "outage")]
    pub(crate) outages: Vec<OutageTable>,
    pub(crate) besteffort: Option<Spanned<BestEffortTable>>,
    pub(crate) network: Option<NetworkTable>,
    pub(crate) oar: Option<Spanned<OarTable>>,
    pub(crate) oar_compat: Option<Named<OarCompat>>,
    #[serde(default, rename = "job")]
    pub(crate) jobs: Vec<Spanned<JobTable>>,
    pub(crate) dialect: Option<Named<ApiDialect>>,
    pub(crate) execute: Option<Named<Execute>>,
    pub(crate) task_runtime: Option<Spanned<String>>,
    pub(crate) api_faults: Option<ApiFaultsTable>,
}

/// `[cluster.owners]`: where the owners' jobs come from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnersTable {
    pub(crate) trace: Option<Spanned<String>>,
    pub(crate) clean: Option<Spanned<Named<Clean>>>,
    pub(crate) lenient: Option<Spanned<bool>>,
    pub(crate) max_rows: Option<Spanned<u64>>,
    pub(crate) generate: Option<Spanned<GenerateTable>>,
}

/// `[cluster.failures]`: owners' jobs that fail by themselves.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailuresTable {
    pub(crate) probability: Spanned<f64>,
    pub(crate) exit_code: Option<Spanned<u8>>,
}

/// `[cluster.node_failures]`: nodes that fail at random.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeFailuresTable {
    pub(crate) mean_time_to_failure: Spanned<Duration>,
    pub(crate) mean_time_to_repair: Spanned<Duration>,
}

/// `[[cluster.outage]]`: one node that is down for a while.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutageTable {
    pub(crate) node: Spanned<u32>,
    pub(crate) down: Duration,
    pub(crate) up: Option<Spanned<Duration>>,
}

/// `[[cluster.resize]]`: another number of nodes from some time on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResizeTable {
    pub(crate) at: Spanned<Duration>,
    pub(crate) nodes: Spanned<u32>,
    pub(crate) leave: Option<Named<Leave>>,
}

/// `[cluster.besteffort]`: how best-effort jobs are treated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BestEffortTable {
    pub(crate) victims: Option<Named<Victims>>,
    pub(crate) start_latency: Option<Duration>,
    pub(crate) cleanup_latency: Option<Duration>,
    pub(crate) kill_latency: Option<Duration>,
}
