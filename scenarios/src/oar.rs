//! What a scenario says about a cluster's OAR server and about owners' jobs that speak its language.
//! Must not know how it was written, nor how it is run.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_oar::order::ResourceOrder;
use gleaner_oar::value::Value;
use gleaner_settings::location::Location;
use gleaner_sim::job_request::JobRequest;
use gleaner_sim::oar::model::config::quotas::QuotaSettings;
use gleaner_sim::oar::model::config::{EnergySaving, JobPriority, OarCompat, WalltimeChanges};
use gleaner_sim::oar::model::state::Queue;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::oar::server::site::{LogNames, PowerSwitches};
use gleaner_sim::time::{SimSpan, SimTime};

/// Settings of OAR's scheduler on a cluster.
#[derive(Clone, Debug)]
pub struct OarPlan {
    /// Quirks reproduced or repaired.
    pub compat: OarCompat,
    /// How often a pass runs, and how long everything takes.
    pub rhythm: OarRhythm,
    /// Added to every walltime for placement.
    pub security_time: SimSpan,
    /// Best-effort jobs are killed this long before a predicted start.
    pub besteffort_kill_before: SimSpan,
    /// How long a reservation waits for missing resources.
    pub reservation_timeout: SimSpan,
    /// Most jobs examined in a pass.
    pub jobs_per_pass: usize,
    /// Order in which resources are tried; `None`: the packaged one, or a fixed one where passes are
    /// ideal.
    pub resource_order: Option<ResourceOrder>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Order of the waiting jobs.
    pub priority: JobPriority,
    /// Quotas, if any.
    pub quotas: Option<QuotaSettings>,
    /// Energy saving, if on.
    pub energy: Option<EnergySaving>,
    /// Power switches of the nodes.
    pub power: PowerSwitches,
    /// Whether walltimes may be changed, and how far.
    pub walltime_changes: Option<WalltimeChanges>,
    /// Processors of each node, if its cores are grouped.
    pub cpus_per_node: Option<u32>,
    /// Accelerators of each node, if it has any; its cores are shared out among them.
    pub gpus_per_node: Option<u32>,
    /// Further properties by node.
    pub properties: Vec<NodeProperties>,
    /// Properties that can be asked for as levels, beside those of every cluster.
    pub levels: Vec<String>,
    /// Names for the users and queues of a log.
    pub names: LogNames,
    /// Where the scenario describes it.
    pub location: Location,
}

/// Properties of some nodes.
#[derive(Clone, Debug)]
pub struct NodeProperties {
    /// First and last node of each range.
    pub nodes: Vec<(u32, u32)>,
    /// Values by name.
    pub set: BTreeMap<String, Value>,
}

impl Default for OarPlan {
    /// As packaged: real rhythm, real quirks, a minute of security.
    fn default() -> OarPlan {
        OarPlan {
            compat: OarCompat::Real,
            rhythm: OarRhythm::real(),
            security_time: SimSpan::from_s(60),
            besteffort_kill_before: SimSpan::ZERO,
            reservation_timeout: SimSpan::from_s(300),
            jobs_per_pass: 1000,
            resource_order: None,
            queues: Queue::packaged(),
            priority: JobPriority::Fifo,
            quotas: None,
            energy: None,
            power: PowerSwitches::default(),
            walltime_changes: None,
            cpus_per_node: None,
            gpus_per_node: None,
            properties: Vec::new(),
            levels: Vec::new(),
            names: LogNames::default(),
            location: Location::default(),
        }
    }
}

/// Owners' jobs that a scenario lists: one, or several alike.
#[derive(Clone, Debug)]
pub struct OwnersJobs {
    /// Name of the jobs, by which others may wait for them.
    pub name: Option<Arc<str>>,
    /// When the first is submitted.
    pub at: SimTime,
    /// How many.
    pub count: u32,
    /// Between two submissions.
    pub every: SimSpan,
    /// What each asks for; dependencies apart.
    pub request: JobRequest,
    /// Names of the jobs that must end well before.
    pub after: Vec<Arc<str>>,
    /// Exit code of the command.
    pub exit_code: u8,
    /// Where the scenario lists them.
    pub location: Location,
}
