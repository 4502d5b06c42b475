//! The settings of the scheduler. Where they are read from stays outside.

use serde::{Deserialize, Serialize};

use crate::policy::spec::PolicySpec;
use crate::time::Duration;

/// How many cores the resource units of a cluster have, in whatever language they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreUnits {
    /// Cores of a node.
    pub node: u32,
    /// Cores of a processor.
    pub cpu: u32,
}

impl CoreUnits {
    /// Makes the units of a cluster where a node is one processor with `cores` cores.
    pub const fn flat(cores: u32) -> CoreUnits {
        CoreUnits { node: cores, cpu: cores }
    }
}

/// A cluster, as the scheduler has to know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterSpec {
    /// The name that JDLs use.
    pub name: Box<str>,
    /// How many cores its resource units have.
    pub units: CoreUnits,
    /// The injection policy used there.
    pub policy: PolicySpec,
    /// It gets nothing new, and no JDL may name it: its jobs are followed to their ends. It keeps its
    /// place in the list, so that the ids of the others stay what they are.
    #[serde(default)]
    pub retired: bool,
    /// When it answers again after a passing fault, it is used again so long after the fault was last
    /// seen: 30 s.
    #[serde(default = "autofix_delay")]
    pub autofix_delay: Duration,
}

impl ClusterSpec {
    /// Makes a cluster that is in use.
    pub fn new(name: impl Into<Box<str>>, units: CoreUnits, policy: PolicySpec) -> ClusterSpec {
        let autofix_delay = autofix_delay();
        ClusterSpec { name: name.into(), units, policy, retired: false, autofix_delay }
    }
}

/// Tells whether `name` can be the name of a cluster: in JDLs, file names, paths of metrics and URLs.
pub fn is_cluster_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn autofix_delay() -> Duration {
    Duration::from_seconds(30)
}

/// The rules by which work is shared out where the settings leave it open. A journal bears those that it
/// was written by, so that it can be replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    /// On each cluster first come, first served, and what is queued for a cluster stays there: the rules of
    /// journals that name none.
    #[default]
    InOrder,
    /// A user without a job on a cluster goes before those that have some, and gets a share; a cluster with
    /// free cores takes what is queued for, or waits inside, another.
    Shared,
}

/// All settings of a scheduler. Start from [`SchedulerConfig::new`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SchedulerConfig {
    /// The clusters; a [`crate::ids::ClusterId`] is a position in this list.
    pub clusters: Vec<ClusterSpec>,
    /// Least time between two cycles, 15 s.
    pub min_cycle: Duration,
    /// A job that has not started after this time is cancelled and tried elsewhere, and a task
    /// queued for longer goes back to the bag: 900 s.
    pub waiting_limit: Duration,
    /// A job that runs longer than its walltime and this margin is cancelled: 1800 s.
    pub walltime_margin: Duration,
    /// The most tasks put into one queue of a (campaign, cluster) in one cycle, 500.
    #[serde(rename = "dealt_max")]
    pub placed_max: u32,
    /// What a failed task leads to.
    pub on_failure: OnFailure,
    /// A task that is killed at its walltime more often than this is treated as failed: 3.
    pub walltime_kills_max: u8,
    /// After so many resubmissions for whatever reason, a task is treated as failed: 100.
    pub resubmits_max: u16,
    /// With so many submissions of unknown outcome, a cluster gets nothing new: 3.
    pub unknown_max: u32,
    /// With so many of one campaign, the cluster gets nothing new of that campaign: 2. So none takes all that
    /// `unknown_max` allows, and others go on.
    #[serde(default = "no_limit")]
    pub unknown_max_of_campaign: u32,
    /// How work is shared out.
    #[serde(default)]
    pub rules: Rules,
}

/// Returns the limit that settings without one mean.
fn no_limit() -> u32 {
    u32::MAX
}

impl SchedulerConfig {
    /// Makes CiGri's settings for these clusters.
    pub fn new(clusters: Vec<ClusterSpec>) -> SchedulerConfig {
        SchedulerConfig {
            clusters,
            min_cycle: Duration::from_seconds(15),
            waiting_limit: Duration::from_seconds(900),
            walltime_margin: Duration::from_seconds(1800),
            placed_max: 500,
            on_failure: OnFailure::Block,
            walltime_kills_max: 3,
            resubmits_max: 100,
            unknown_max: 3,
            unknown_max_of_campaign: 2,
            rules: Rules::Shared,
        }
    }
}

/// What a failed task leads to: an exit code that asks for no other try, a missing directory, an
/// end of unknown reason, too many kills at the walltime, too many resubmissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// An event blocks the campaign on that cluster until a person has fixed it (CiGri's way).
    Block,
    /// The task is tried again, at most so many times; then it counts as failed.
    Retry {
        /// The most further tries.
        max: u16,
    },
    /// The task counts as failed at once.
    Ignore,
}
