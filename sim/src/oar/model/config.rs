//! Settings of a simulated OAR server, by the meaning of `oar.conf`'s variables.

pub mod quotas;

use crate::oar::model::ids::Date;
use gleaner_oar::order::ResourceOrder;
use quotas::QuotaSettings;
use std::collections::BTreeMap;

/// Whether the marked quirks of OAR 3's code are reproduced or repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OarCompat {
    /// Decides as the code of OAR 3 does, oddities included.
    #[default]
    Real,
    /// Decides as its documentation means.
    Intended,
}

/// Which predictions a pass makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Predictions {
    /// One for every job examined, as OAR does.
    #[default]
    All,
    /// Only those on which a launch can depend; launches are the same.
    Needed,
}

/// Order of the waiting jobs (`JOB_PRIORITY`).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum JobPriority {
    /// By job id.
    #[default]
    Fifo,
    /// By ascending karma.
    Fairshare(Fairshare),
    /// By descending weighted sum.
    Multifactor(Multifactor),
}

/// Fair sharing (`SCHEDULER_FAIRSHARING_*`).
#[derive(Debug, Clone, PartialEq)]
pub struct Fairshare {
    /// How far back consumption counts, in seconds.
    pub window_s: i64,
    /// Weight of what the project used.
    pub coef_project: f64,
    /// Weight of what the user used.
    pub coef_user: f64,
    /// Weight of what the user asked for.
    pub coef_user_ask: f64,
    /// Targets of projects, in percent; names not listed have 0.
    pub project_targets: BTreeMap<String, f64>,
    /// Targets of users, in percent; names not listed have 0.
    pub user_targets: BTreeMap<String, f64>,
}

impl Default for Fairshare {
    fn default() -> Self {
        Self {
            window_s: 30 * 86_400,
            coef_project: 0.0,
            coef_user: 1.0,
            coef_user_ask: 1.0,
            project_targets: BTreeMap::new(),
            user_targets: BTreeMap::new(),
        }
    }
}

/// Multifactor priority. OAR's further criteria (work, size, qos, nice) rest on attributes that
/// nothing sets: a weight for them makes its passes fail, so they are left out here.
#[derive(Debug, Clone, PartialEq)]
pub struct Multifactor {
    /// Weight of the age.
    pub age_weight: f64,
    /// Age in seconds is multiplied by this, and counts only beyond 1.
    pub age_coef: f64,
    /// Weight of the queue.
    pub queue_weight: f64,
    /// Factors of queues; none for a queue not listed.
    pub queue_coefs: BTreeMap<String, f64>,
    /// Weight of 1 / (1 + karma).
    pub karma_weight: f64,
    /// How karma is computed.
    pub fairshare: Fairshare,
}

impl Default for Multifactor {
    fn default() -> Self {
        Self {
            age_weight: 0.0,
            age_coef: 1.65e-6,
            queue_weight: 0.0,
            queue_coefs: BTreeMap::new(),
            karma_weight: 0.0,
            fairshare: Fairshare::default(),
        }
    }
}

/// Energy saving (`SCHEDULER_NODE_MANAGER_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnergySaving {
    /// A node idle for longer than this may be halted, in seconds.
    pub idle_s: i64,
    /// … if its next predicted job is further ahead than this, in seconds.
    pub sleep_s: i64,
    /// A sleeping node is woken if its job is predicted within this time, in seconds.
    pub wake_up_s: i64,
}

impl Default for EnergySaving {
    fn default() -> Self {
        Self { idle_s: 600, sleep_s: 600, wake_up_s: 600 }
    }
}

/// Change of walltimes of running jobs (`WALLTIME_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalltimeChanges {
    /// Most seconds a job may gain in all.
    pub increase_max_s: i64,
    /// An increase is applied at most this long before the job's end, in seconds; 0 for at once.
    pub apply_before_end_s: i64,
    /// An increase is granted in steps of this many seconds; 0 for as much as fits.
    pub increment_s: i64,
}

impl Default for WalltimeChanges {
    fn default() -> Self {
        Self { increase_max_s: 7200, apply_before_end_s: 0, increment_s: 0 }
    }
}

/// All settings a pass and its companions look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Quirks reproduced or repaired.
    pub compat: OarCompat,
    /// Nothing is planned beyond this date: [`Date::MAX`] as in OAR. A simulated server takes a later one,
    /// since a simulation need not begin today; then resources that are always available stay so.
    pub end_of_time: Date,
    /// Which predictions are made.
    pub predictions: Predictions,
    /// Whether passes note what the jobs wait for that they do not start.
    pub notes_waits: bool,
    /// Seconds added to every walltime for placement.
    pub job_security_time_s: i64,
    /// Order in which resources are tried.
    pub resource_order: ResourceOrder,
    /// Properties that can be asked for as levels.
    pub hierarchy_labels: Vec<String>,
    /// Order of the waiting jobs.
    pub job_priority: JobPriority,
    /// Quotas, if any.
    pub quotas: Option<QuotaSettings>,
    /// Labels whose `scheduler_priority` best-effort jobs raise; empty for none.
    pub priority_hierarchy_order: Vec<String>,
    /// Types of resources that are free while their job is suspended.
    pub available_suspended_types: Vec<String>,
    /// Most jobs examined per queue group and pass, if limited.
    pub jobs_per_round_max: Option<usize>,
    /// Best-effort jobs are killed this long before a predicted start, in seconds.
    pub besteffort_kill_before_s: i64,
    /// How long a reservation waits for missing resources, in seconds.
    pub reservation_timeout_s: i64,
    /// A kill is sent again after this long, in seconds.
    pub kill_again_s: i64,
    /// A job that could not be killed is given up after this long, in seconds.
    pub exterminate_s: i64,
    /// Energy saving, if on.
    pub energy_saving: Option<EnergySaving>,
    /// Walltime changes, if on.
    pub walltime_changes: Option<WalltimeChanges>,
}

impl Default for Config {
    /// The defaults of OAR's code (not of the packaged `oar.conf`).
    fn default() -> Self {
        let order = ResourceOrder::parse("resource_id ASC").expect("the default order is valid");
        Self {
            compat: OarCompat::Real,
            end_of_time: Date::MAX,
            predictions: Predictions::All,
            notes_waits: false,
            job_security_time_s: 60,
            resource_order: order,
            hierarchy_labels: vec!["resource_id".to_owned(), "network_address".to_owned()],
            job_priority: JobPriority::Fifo,
            quotas: None,
            priority_hierarchy_order: Vec::new(),
            available_suspended_types: vec!["default".to_owned()],
            jobs_per_round_max: Some(1000),
            besteffort_kill_before_s: 0,
            reservation_timeout_s: 300,
            kill_again_s: 20,
            exterminate_s: 300,
            energy_saving: None,
            walltime_changes: None,
        }
    }
}

impl Config {
    /// The resource order of the packaged `oar.conf`.
    pub const PACKAGED_ORDER: &'static str = "scheduler_priority ASC, state_num ASC, \
        available_upto DESC, suspended_jobs ASC, network_address ASC, resource_id ASC";

    /// Whether nobody asks where those will be who do not start now, and nothing but occupied resources
    /// makes launches depend on it.
    #[must_use]
    pub(in crate::oar) fn only_launches_count(&self) -> bool {
        self.predictions == Predictions::Needed
            && self.energy_saving.is_none()
            && self.walltime_changes.is_none()
    }

    /// Whether quirks are reproduced.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.compat == OarCompat::Real
    }
}
