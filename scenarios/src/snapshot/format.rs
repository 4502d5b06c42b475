//! The snapshot file as it is written, key by key, in both directions. Says nothing about what the values
//! together mean.

use gleaner_sim::job::{EndReason, JobState};
use gleaner_sim::node::NodeState;
use gleaner_sim::time::{SimSpan, SimTime};
use serde::{Deserialize, Serialize};

/// Name and version of the format.
pub(crate) const FORMAT: &str = "gleaner-snapshot-1";

/// A whole file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SnapshotFile {
    pub(crate) format: String,
    pub(crate) cluster: String,
    /// The instant: everything up to it has happened.
    pub(crate) at_s: Seconds,
    pub(crate) nodes: u32,
    pub(crate) cores_per_node: u32,
    /// Nodes that are not up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) node_states: Vec<NodeEntry>,
    /// The live jobs, in order of submission.
    pub(crate) jobs: Vec<JobEntry>,
    /// Numbers of jobs that hold cores or were promised some, in the order in which it is their turn
    /// where something happens to several at one instant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) turns: Vec<u64>,
    /// Highest number of a job so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) highest_job: Option<u64>,
    /// What the scheduler has in mind; where it is left out, the run begins with a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scheduler: Option<SchedulerEntry>,
}

/// A node that is not up.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeEntry {
    pub(crate) node: u32,
    #[serde(with = "NodeWord")]
    pub(crate) state: NodeState,
    /// A failure, of a node that would else be in that state.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) failed: bool,
}

/// The words of [`NodeState`].
#[derive(Serialize, Deserialize)]
#[serde(remote = "NodeState", rename_all = "lowercase")]
enum NodeWord {
    Up,
    Down,
    Off,
    Booting,
    Dead,
    Draining,
    Absent,
}

/// The words of [`JobState`].
#[derive(Serialize, Deserialize)]
#[serde(remote = "JobState", rename_all = "kebab-case")]
enum StateWord {
    Waiting,
    Promised,
    Running,
    Suspended,
    CleaningUp,
}

/// The words of [`EndReason`].
#[derive(Serialize, Deserialize)]
#[serde(remote = "EndReason", rename_all = "kebab-case")]
enum ReasonWord {
    Completed,
    Walltime,
    Preempted,
    NodeFailure,
    Cancelled,
}

/// Why a job will end, or ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Ends(#[serde(with = "ReasonWord")] pub(crate) EndReason);

/// A job that waits, runs or is being cleaned up.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobEntry {
    pub(crate) number: u64,
    #[serde(with = "StateWord")]
    pub(crate) state: JobState,
    pub(crate) submit_s: Seconds,
    pub(crate) cores: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) walltime_s: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) estimate_s: Option<Seconds>,
    /// When it took its cores, or will take those that it was promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) start_s: Option<Seconds>,
    /// Its cores, as in `allocated_resources` of `jobs.csv`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) on: String,
    #[serde(default = "unknown", skip_serializing_if = "is_unknown")]
    pub(crate) user: i32,
    #[serde(default = "unknown", skip_serializing_if = "is_unknown")]
    pub(crate) queue: i32,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) besteffort: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<RequestEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) simulation: Option<HiddenEntry>,
}

/// What the simulation alone knows of a job: no scheduler ever sees it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HiddenEntry {
    /// How long it runs in all if nothing stops it; `null`: until it is killed.
    pub(crate) run_s: Option<Seconds>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) exit_code: i32,
    /// When a job that has started will end, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends_s: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends: Option<Ends>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) kill_ordered: bool,
    /// What a suspended job has left to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_s: Option<Seconds>,
    /// From taking its cores to the start of its command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) latency_s: Option<Seconds>,
    /// From the end of its command to clean cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cleanup_s: Option<Seconds>,
}

/// What a job asks of OAR beside cores.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestEntry {
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) project: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) queue: String,
    #[serde(default)]
    pub(crate) types: Vec<String>,
    #[serde(default)]
    pub(crate) properties: String,
    pub(crate) alternatives: Vec<AlternativeEntry>,
    /// Numbers of jobs that must end well before.
    #[serde(default)]
    pub(crate) after: Vec<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reservation_s: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checkpoint_s: Option<Seconds>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) held: bool,
}

/// One alternative of a request, and how long the job truly runs with it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlternativeEntry {
    pub(crate) request: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) simulation_run_s: Option<Seconds>,
}

/// What a scheduler has in mind.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchedulerEntry {
    /// Starts that jobs which wait were promised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) promises: Vec<PromiseEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rests_until_s: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_pass_s: Option<Seconds>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromiseEntry {
    pub(crate) job: u64,
    pub(crate) start_s: Seconds,
}

/// Seconds with up to three decimals: whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "f64", try_from = "f64")]
pub(crate) struct Seconds(pub(crate) i64);

/// Times and spans have no more seconds than this, so that sums fit.
const SECONDS_MAX: f64 = 1e12;

impl From<Seconds> for f64 {
    fn from(seconds: Seconds) -> f64 {
        seconds.0 as f64 / 1000.0
    }
}

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Seconds, String> {
        if seconds.abs() > SECONDS_MAX {
            return Err(format!("{seconds} s is more than {SECONDS_MAX:e} s from time zero"));
        }
        Ok(Seconds((seconds * 1000.0).round() as i64))
    }
}

impl Seconds {
    pub(crate) fn time(self) -> SimTime {
        SimTime::from_ms(self.0)
    }

    pub(crate) fn span(self) -> SimSpan {
        SimSpan::from_ms(self.0)
    }
}

impl From<SimTime> for Seconds {
    fn from(time: SimTime) -> Seconds {
        Seconds(time.ms())
    }
}

impl From<SimSpan> for Seconds {
    fn from(span: SimSpan) -> Seconds {
        Seconds(span.ms())
    }
}

fn unknown() -> i32 {
    -1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_unknown(number: &i32) -> bool {
    *number == unknown()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}
