//! The records a report is made of: what happened, in plain words. Must not know where they come
//! from, and nothing of files.
//!
//! All times are integer milliseconds on the run's own clock (a trace's clock starts where the trace
//! says); [`RunInfo::unix_start_s`] ties it to a calendar.

use std::fmt;

use serde::Serialize;

/// On whose behalf a job ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A job of the cluster's own users.
    Local,
    /// A task of a campaign, killed when owners come.
    BestEffort,
    /// Another job of a campaign: prologue, epilogue, test, or a task run as a normal job.
    Grid,
}

impl Kind {
    /// Returns the word used in `jobs.csv`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::BestEffort => "best-effort",
            Self::Grid => "grid",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How a job stood when it was recorded, in Batsim's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FinalState {
    /// Still waiting when the run was stopped.
    Submitted,
    /// Still running when the run was stopped.
    Running,
    /// Ended by itself with exit code 0.
    CompletedSuccessfully,
    /// Ended by itself with another exit code.
    CompletedFailed,
    /// Killed at its requested time.
    CompletedWalltimeReached,
    /// Killed for another reason: an owner's job came, a node failed, somebody cancelled it.
    CompletedKilled,
    /// Refused at submission.
    Rejected,
}

impl FinalState {
    /// Batsim's word for it, as `jobs.csv` has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Submitted => "SUBMITTED",
            Self::Running => "RUNNING",
            Self::CompletedSuccessfully => "COMPLETED_SUCCESSFULLY",
            Self::CompletedFailed => "COMPLETED_FAILED",
            Self::CompletedWalltimeReached => "COMPLETED_WALLTIME_REACHED",
            Self::CompletedKilled => "COMPLETED_KILLED",
            Self::Rejected => "REJECTED",
        }
    }
}

impl fmt::Display for FinalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why a job was killed ([`FinalState::CompletedKilled`]); Batsim has one word for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KillCause {
    /// An owner's job took its cores.
    Preempted,
    /// A node it ran on failed.
    NodeLost,
    /// Somebody deleted it, or the cluster's scheduler did.
    Deleted,
}

/// A user, by number as in SWF logs, or by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRef<'a> {
    /// Not known: an empty field.
    Unknown,
    /// A number.
    Number(i64),
    /// A login.
    Name(&'a str),
}

/// One attempt to run one job: a line of `jobs.csv`.
///
/// An ended job has both start and end; one that runs when the run is stopped has no end
/// ([`FinalState::Running`]); one that never started has neither.
#[derive(Debug, Clone)]
pub struct JobRecord<'a> {
    /// Number of the job, as in the trace or as the cluster gave it.
    pub job_id: u64,
    /// Name of the job, written in the column `metadata`.
    pub job_name: Option<&'a str>,
    /// Workload the job comes from (column `workload_name`).
    pub workload: &'a str,
    /// What the job does, in the workload's words.
    pub profile: &'a str,
    /// Index of its cluster in [`RunInfo::clusters`].
    pub cluster: u16,
    /// Submission.
    pub submit_ms: i64,
    /// Cores asked for.
    pub requested_cores: u32,
    /// Run time asked for (walltime), if any.
    pub requested_time_ms: Option<i64>,
    /// Start, if it started.
    pub start_ms: Option<i64>,
    /// End, if it started and ended.
    pub end_ms: Option<i64>,
    /// Run time proper, without launch and clean-up latencies, counted from the start;
    /// for a local job that is end - start.
    pub useful_ms: i64,
    /// How it ended.
    pub state: FinalState,
    /// Why it was killed, if it was and that is known; `None` counts as deleted.
    pub cause: Option<KillCause>,
    /// On whose behalf.
    pub kind: Kind,
    /// Its cores as closed intervals of core numbers, ascending and disjoint; empty if it never started.
    pub allocated: &'a [(u32, u32)],
    /// Whether other jobs run inside of it, on its cores.
    pub container: bool,
    /// Its user.
    pub user: UserRef<'a>,
    /// Its queue.
    pub queue: &'a str,
    /// Index of its campaign in [`RunInfo::campaigns`], for a job of a campaign.
    pub campaign: Option<u32>,
    /// Its task in the campaign, if it ran one.
    pub task: Option<u64>,
    /// Which attempt of the task this was, from 1.
    pub attempt: Option<u32>,
    /// Exit code, where known.
    pub exit_code: Option<i32>,
    /// What held it for most of its wait, in a word; empty if it did not wait or nobody knows.
    pub wait_cause: &'static str,
    /// How many jobs of its standing, submitted to its cluster before it, were still waiting when it was
    /// given its cores.
    pub overtook: u32,
}

impl JobRecord<'_> {
    /// Returns the number of cores it held (those asked for, if the intervals are not known).
    #[must_use]
    pub fn cores(&self) -> u32 {
        if self.allocated.is_empty() {
            return self.requested_cores;
        }
        self.allocated.iter().fold(0u32, |sum, &(first, last)| {
            sum.saturating_add(last.saturating_sub(first).saturating_add(1))
        })
    }
}

/// The state of one cluster from a moment on: a line of `series.csv`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SeriesPoint {
    /// From when on.
    pub time_ms: i64,
    /// Index of the cluster in [`RunInfo::clusters`].
    pub cluster: u16,
    /// Cores that local jobs hold: from taking them, before the command is launched, until they are
    /// clean. Each core counts once in a point, and all of them add up to the cluster's.
    pub local_used: u32,
    /// Of `local_used`: cores that are only being cleaned up, all local jobs on them being over.
    pub cleaning: u32,
    /// Cores that campaigns' jobs hold, and no local job.
    pub besteffort_used: u32,
    /// Cores that nobody uses although they could be used.
    pub free: u32,
    /// Cores that cannot be used: failed, switched off, about to leave, absent.
    pub unavailable: u32,
    /// Of these, cores of nodes that the cluster does not have now.
    pub absent: u32,
    /// Local jobs waiting.
    pub local_waiting: u32,
    /// Campaigns' jobs waiting.
    pub besteffort_waiting: u32,
    /// Campaigns' jobs submitted since the beginning of the run.
    pub submitted: u64,
    /// Load of the file server; none where nobody measures it.
    pub load: Option<f64>,
}

/// A grid cycle that did something: a line of `decisions.jsonl`.
///
/// Commands and reasons are any serialisable values of the caller's.
#[derive(Debug, Clone, Copy)]
pub struct DecisionRecord<'a, C: Serialize, R: Serialize> {
    /// When the cycle ran.
    pub time_ms: i64,
    /// What it ordered.
    pub commands: &'a [C],
    /// Why, and why not.
    pub reasons: &'a [R],
}

/// A cluster, as reports need to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    /// Name, unique in the run.
    pub name: String,
    /// Cores.
    pub cores: u32,
    /// Nodes.
    pub nodes: u32,
    /// Cores of a node.
    pub cores_per_node: u32,
    /// Name of the cluster's scheduler.
    pub scheduler: String,
    /// Whether nodes come and leave: `cores` and `nodes` are the most it has then.
    pub resizes: bool,
}

/// How a node of a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeState {
    /// There, for jobs to run on.
    Up,
    /// Failed, or given up for dead.
    Broken,
    /// Switched off to save energy or taken away for a while, or on its way back.
    Halted,
    /// About to leave: no job starts there any more, and those that are there go on.
    Draining,
    /// Not in its cluster: not there yet, or left.
    Absent,
}

/// A node that is in another state from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRecord {
    /// When; of a node that is absent in the beginning, before everything.
    pub time_ms: i64,
    /// Index of the cluster in [`RunInfo::clusters`].
    pub cluster: u16,
    /// The node, counted from 0.
    pub node: u32,
    /// How it is from then on.
    pub state: NodeState,
}

/// A campaign, as reports need to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignInfo {
    /// Name; need not be unique (see [`RunInfo::campaign_keys`]).
    pub name: String,
    /// Who submitted it.
    pub user: String,
    /// How many tasks it has.
    pub tasks: u64,
    /// When it was submitted.
    pub submit_ms: i64,
}

/// What is known about a run before it begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunInfo {
    /// Title of the report.
    pub title: String,
    /// The clusters, in the order of the scenario.
    pub clusters: Vec<ClusterInfo>,
    /// The campaigns, in the order of submission.
    pub campaigns: Vec<CampaignInfo>,
    /// When the run began, if it went on from a snapshot: nothing is known of the time before.
    pub begin_ms: Option<i64>,
    /// Unix time, in seconds, of the run's time 0, if the trace tells.
    pub unix_start_s: Option<i64>,
    /// What to add to UTC, in seconds, for the clusters' local time.
    pub utc_offset_s: i32,
    /// Words for why jobs waited ([`JobRecord::wait_cause`]), each with a sentence that explains it.
    pub wait_causes: Vec<(&'static str, &'static str)>,
}

impl RunInfo {
    /// Returns the names under which the campaigns appear in every file: their own, and for the
    /// second of one name `NAME#2`, for the third `NAME#3`, and so on.
    #[must_use]
    pub fn campaign_keys(&self) -> Vec<String> {
        let mut taken = std::collections::BTreeMap::new();
        let mut keys = std::collections::BTreeSet::new();
        let mut out = Vec::with_capacity(self.campaigns.len());
        for campaign in &self.campaigns {
            let count = taken.entry(campaign.name.as_str()).or_insert(0u64);
            let key = loop {
                *count += 1;
                let key = match *count {
                    1 => campaign.name.clone(),
                    n => format!("{}#{n}", campaign.name),
                };
                if keys.insert(key.clone()) {
                    break key;
                }
            };
            out.push(key);
        }
        out
    }
}

/// How a campaign stood when the run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CampaignOutcome {
    /// Index of the campaign in [`RunInfo::campaigns`].
    pub campaign: u32,
    /// When nothing was left to do, if that came.
    pub finished_ms: Option<i64>,
    /// Tasks whose attempts failed and that were given up, or for which nobody said what to do.
    pub failed: u64,
    /// Tasks left undone because their campaign was cancelled.
    pub cancelled: u64,
}

/// What is known when a run has ended.
#[derive(Debug, Clone, Default)]
pub struct RunEnd {
    /// Where the run was stopped early (`--until`, an interrupt), if it was. A limit that the run
    /// never reached is no stop.
    pub until_ms: Option<i64>,
    /// What is known of the campaigns beyond the records of their jobs.
    pub campaigns: Vec<CampaignOutcome>,
    /// The content of `manifest.json`.
    pub manifest: serde_json::Value,
}
