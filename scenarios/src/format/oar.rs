//! `[cluster.oar]` and `[[cluster.job]]` as a scenario file writes them, key by key. Says nothing
//! about what the values together mean.

use std::collections::BTreeMap;

use gleaner_sim::oar::model::config::OarCompat;
use serde::Deserialize;
use toml::Spanned;

use crate::duration::Duration;
use crate::names::{JobOrder, Named, PassRhythm, QueueState};

/// `[cluster.oar]`: settings of OAR's scheduler.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OarTable {
    pub(crate) pass: Option<Named<PassRhythm>>,
    #[serde(alias = "oar_compat")]
    pub(crate) compat: Option<Named<OarCompat>>,
    pub(crate) security_time: Option<Spanned<Duration>>,
    pub(crate) besteffort_kill_before: Option<Duration>,
    pub(crate) reservation_timeout: Option<Duration>,
    pub(crate) jobs_per_pass: Option<Spanned<u32>>,
    pub(crate) resource_order: Option<Spanned<String>>,
    pub(crate) walltime_increase_max: Option<Duration>,
    pub(crate) rhythm: Option<Spanned<RhythmTable>>,
    #[serde(default, rename = "queue")]
    pub(crate) queues: Vec<Spanned<QueueTable>>,
    pub(crate) priority: Option<Spanned<PriorityTable>>,
    pub(crate) quotas: Option<Spanned<QuotasTable>>,
    pub(crate) energy: Option<Spanned<EnergyTable>>,
    pub(crate) hierarchy: Option<Spanned<HierarchyTable>>,
    pub(crate) trace: Option<LogNamesTable>,
}

/// `[cluster.oar.rhythm]`: how often a pass runs, and how long things take.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RhythmTable {
    pub(crate) floor: Option<Duration>,
    pub(crate) ceiling: Option<Spanned<Duration>>,
    pub(crate) pass_duration: Option<Duration>,
    pub(crate) walltime_poll: Option<Spanned<Duration>>,
    pub(crate) launch: Option<Duration>,
    pub(crate) launch_per_node: Option<Duration>,
    pub(crate) cleanup: Option<Duration>,
    pub(crate) kill: Option<Spanned<Duration>>,
    pub(crate) kill_cleanup: Option<Duration>,
}

/// `[[cluster.oar.queue]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueTable {
    pub(crate) name: String,
    pub(crate) priority: i64,
    pub(crate) state: Option<Named<QueueState>>,
}

/// `[cluster.oar.priority]`: in which order jobs are tried.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriorityTable {
    pub(crate) order: Named<JobOrder>,
    pub(crate) window: Option<Duration>,
    pub(crate) coef_project: Option<f64>,
    pub(crate) coef_user: Option<f64>,
    pub(crate) coef_user_ask: Option<f64>,
    #[serde(default)]
    pub(crate) project_targets: BTreeMap<String, f64>,
    #[serde(default)]
    pub(crate) user_targets: BTreeMap<String, f64>,
    pub(crate) age_weight: Option<f64>,
    pub(crate) age_coef: Option<f64>,
    pub(crate) queue_weight: Option<f64>,
    #[serde(default)]
    pub(crate) queue_coefs: BTreeMap<String, f64>,
    pub(crate) karma_weight: Option<f64>,
}

/// Rules by their four fields; of each three limits.
pub(crate) type RulesTable = BTreeMap<Spanned<String>, Spanned<Vec<toml::Value>>>;

/// `[cluster.oar.quotas]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuotasTable {
    #[serde(default)]
    pub(crate) rules: RulesTable,
    #[serde(default)]
    pub(crate) job_types: Vec<String>,
    /// Sets of rules by name.
    #[serde(default)]
    pub(crate) sets: BTreeMap<String, RulesTable>,
    /// Sets by period of the week.
    #[serde(default)]
    pub(crate) week: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default, rename = "oneshot")]
    pub(crate) oneshots: Vec<OneShotTable>,
    pub(crate) period: Option<Duration>,
    pub(crate) window_limit: Option<Duration>,
}

/// `[[cluster.oar.quotas.oneshot]]`: a set of rules for a time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneShotTable {
    pub(crate) from: Duration,
    pub(crate) to: Spanned<Duration>,
    pub(crate) rules: Spanned<String>,
}

/// `[cluster.oar.energy]`: idle nodes are switched off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnergyTable {
    pub(crate) idle_time: Option<Duration>,
    pub(crate) sleep_time: Option<Duration>,
    pub(crate) wake_up_time: Option<Duration>,
    pub(crate) boot_time: Option<Spanned<Duration>>,
    pub(crate) keep_alive: Option<u32>,
}

/// `[cluster.oar.hierarchy]`: what a node is made of, and further properties.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HierarchyTable {
    pub(crate) cpus_per_node: Option<Spanned<u32>>,
    pub(crate) gpus_per_node: Option<Spanned<u32>>,
    #[serde(default)]
    pub(crate) levels: Vec<String>,
    #[serde(default, rename = "properties")]
    pub(crate) properties: Vec<PropertiesTable>,
}

/// `[[cluster.oar.hierarchy.properties]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PropertiesTable {
    pub(crate) nodes: Option<Spanned<String>>,
    pub(crate) set: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

/// `[cluster.oar.trace]`: names for the numbers in a log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogNamesTable {
    #[serde(default)]
    pub(crate) queues: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(crate) users: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(crate) projects: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// One value, or several of a kind.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore<T> {
    /// One.
    One(T),
    /// Several.
    More(Vec<T>),
}

impl<T> OneOrMore<T> {
    /// All of them.
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self {
            OneOrMore::One(one) => vec![one],
            OneOrMore::More(more) => more,
        }
    }
}

/// `[[cluster.job]]`: owners' jobs by hand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobTable {
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) at: Option<Duration>,
    pub(crate) count: Option<Spanned<u32>>,
    pub(crate) every: Option<Duration>,
    pub(crate) user: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) queue: Option<String>,
    pub(crate) request: Spanned<OneOrMore<String>>,
    pub(crate) run: Option<Spanned<OneOrMore<Duration>>>,
    #[serde(default)]
    pub(crate) types: Vec<String>,
    pub(crate) properties: Option<String>,
    pub(crate) after: Option<Spanned<OneOrMore<String>>>,
    pub(crate) reservation: Option<Duration>,
    pub(crate) checkpoint: Option<Duration>,
    pub(crate) exit_code: Option<u8>,
}
