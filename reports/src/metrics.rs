//! The figures of a run: `metrics.json`. Must not know files, nor who made the records.
//! What each figure counts is told to users in `docs/metrics.md`.
//!
//! A job waits `w` = start - submission and runs `r` = end - start. Definitions (Feitelson's bounded
//! slowdown with a threshold of 10 s; Zotkin and Keleher's form per processor):
//!
//! - slowdown = (w + r) / r, over jobs with r > 0
//! - bounded slowdown = max(1, (w + r) / max(r, 10 s))
//! - per-processor bounded slowdown = max(1, (w + r) / (p max(r, 10 s)))
//! - utilisation = core seconds on which local jobs ran / (cores x length of the horizon); cores of nodes
//!   that a cluster does not have at a time are not counted then
//!
//! **Horizon**, one for all clusters: from the first submission to the last end of local jobs on any of
//! them; a run that was stopped early ends its horizon at the stop. Without local jobs it is the
//! campaigns' life, and where there are no campaigns either, the whole run. The clusters' core seconds
//! are clipped to it. Jobs that were refused at submission are no part of it.
//!
//! **The campaigns' life**: from the first submission of a campaign to the last end of a job of one; to
//! the stop if that came before all tasks were over. Campaigns' own figures are whole: nothing of them
//! lies outside.
//!
//! **Core time.** A job holds its cores from taking them, before its command is launched, until they are
//! clean; it runs until its end. A core counts once, however many jobs hold it. So in each cluster
//! capacity = run on by local jobs + cleaned up after them + unavailable + idle, whatever happens, and
//! idle is what nobody or a campaign held: the points of `series.csv` add up to it.
//!
//! **Which jobs count**: waits speak of local jobs that started by the end of the run, `jobs` and
//! slowdowns of those that ended, too. Those that wait at the end are counted: their waits are not
//! known.

mod campaigns;
mod jobs;
mod span;
mod tally;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use tally::Tally;

use crate::record::RunInfo;

/// Name and version of the format, the first key of `metrics.json`.
pub const FORMAT: &str = "gleaner-metrics-1";

/// All figures of a run. `null` in the file stands for what is not defined, as a mean of nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Always [`FORMAT`].
    pub format: String,
    /// Figures of each cluster, by its name.
    pub clusters: BTreeMap<String, ClusterMetrics>,
    /// Figures of each campaign, by its key (`RunInfo::campaign_keys`).
    pub campaigns: BTreeMap<String, CampaignMetrics>,
    /// Figures of all clusters and campaigns together.
    pub grid: GridMetrics,
}

/// How local jobs stood at the end of the run. All but the first add up to the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobCounts {
    /// Local jobs submitted by then.
    pub submitted_jobs: u64,
    /// Ended by themselves with exit code 0.
    pub completed_jobs: u64,
    /// Ended by themselves with another exit code.
    pub failed_jobs: u64,
    /// Killed at their walltime.
    pub walltime_jobs: u64,
    /// Lost with a node that failed.
    pub lost_jobs: u64,
    /// Killed for an owner's job: of local jobs, those of OAR's type `besteffort`.
    pub preempted_jobs: u64,
    /// Killed for another reason: deleted by somebody or by the cluster's scheduler.
    pub deleted_jobs: u64,
    /// Still running.
    pub running_jobs: u64,
    /// Still waiting.
    pub waiting_jobs: u64,
    /// Left the queue without having started.
    pub withdrawn_jobs: u64,
    /// Refused at submission.
    pub rejected_jobs: u64,
}

impl JobCounts {
    /// [`JobCounts::others`] that are not zero, in words: `3 failed, 1 lost`.
    #[must_use]
    pub fn others_in_words(&self) -> String {
        let some = self.others().into_iter().filter(|(_, number)| *number > 0);
        let words = some.map(|(name, number)| {
            let word = name.strip_suffix("_jobs").unwrap_or(name);
            format!("{number} {word}")
        });
        words.collect::<Vec<_>>().join(", ")
    }

    /// Adds the counts of other jobs.
    pub(crate) fn add(&mut self, other: &Self) {
        self.submitted_jobs += other.submitted_jobs;
        self.completed_jobs += other.completed_jobs;
        self.failed_jobs += other.failed_jobs;
        self.walltime_jobs += other.walltime_jobs;
        self.lost_jobs += other.lost_jobs;
        self.preempted_jobs += other.preempted_jobs;
        self.deleted_jobs += other.deleted_jobs;
        self.running_jobs += other.running_jobs;
        self.waiting_jobs += other.waiting_jobs;
        self.withdrawn_jobs += other.withdrawn_jobs;
        self.rejected_jobs += other.rejected_jobs;
    }

    /// Returns the counts of jobs that did not do what they were submitted for, under their names in
    /// the file.
    #[must_use]
    pub fn others(&self) -> [(&'static str, u64); 9] {
        [
            ("failed_jobs", self.failed_jobs),
            ("walltime_jobs", self.walltime_jobs),
            ("lost_jobs", self.lost_jobs),
            ("preempted_jobs", self.preempted_jobs),
            ("deleted_jobs", self.deleted_jobs),
            ("running_jobs", self.running_jobs),
            ("waiting_jobs", self.waiting_jobs),
            ("withdrawn_jobs", self.withdrawn_jobs),
            ("rejected_jobs", self.rejected_jobs),
        ]
    }
}

impl Metrics {
    /// Returns the names of all figures that a run will have, without the figures: for claims about them.
    /// `delays` tells whether it is held against a run without campaigns.
    #[must_use]
    pub fn without_figures(info: &RunInfo, delays: bool) -> Metrics {
        let owners_delay = delays.then_some(0.0);
        let cluster = ClusterMetrics {
            owners_delay_mean_s: owners_delay,
            owners_delay_max_s: owners_delay,
            ..ClusterMetrics::default()
        };
        let clusters = info.clusters.iter().map(|about| {
            let capacity_core_s = about.resizes.then_some(0.0);
            (about.name.clone(), ClusterMetrics { capacity_core_s, ..cluster.clone() })
        });
        let keys = info.campaign_keys().into_iter();
        Metrics {
            format: FORMAT.to_owned(),
            clusters: clusters.collect(),
            campaigns: keys.map(|key| (key.to_string(), CampaignMetrics::default())).collect(),
            grid: GridMetrics {
                owners_delay_mean_s: owners_delay,
                owners_delay_max_s: owners_delay,
                ..GridMetrics::default()
            },
        }
    }
}

/// The figures of one cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterMetrics {
    /// Local jobs that started and ended, however they ended.
    pub jobs: u64,
    /// How local jobs stood at the end.
    #[serde(flatten)]
    pub counts: JobCounts,
    /// Mean wait of local jobs, seconds.
    pub mean_wait_s: Option<f64>,
    /// Longest wait of a local job, seconds.
    pub max_wait_s: Option<f64>,
    /// Mean bounded slowdown of local jobs (AVEbsld), at least 1.
    pub avebsld: Option<f64>,
    /// Mean slowdown of local jobs that ran for longer than nothing, at least 1.
    pub mean_slowdown: Option<f64>,
    /// Mean per-processor bounded slowdown of local jobs, at least 1.
    pub pp_bsld: Option<f64>,
    /// Last end (or the stop) - first submission of its own local jobs, seconds.
    pub makespan_s: Option<f64>,
    /// Share of all core seconds of the horizon on which local jobs ran, 0 to 1; of nodes that were there.
    pub utilisation: Option<f64>,
    /// Best-effort jobs that were killed.
    pub killed_jobs: u64,
    /// Core seconds of the horizon that killed best-effort jobs had held, from start to end.
    pub killed_core_s: f64,
    /// Core seconds of the horizon on available cores that no local job held.
    pub idle_core_s: f64,
    /// Core seconds of the horizon in which cores were cleaned up after local jobs.
    pub cleaning_core_s: f64,
    /// Core seconds of the horizon in which cores could not be used, and were held by nobody.
    pub unavailable_core_s: f64,
    /// Core seconds of the horizon of the nodes that were there, where nodes come and leave; else these
    /// are those of all cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_core_s: Option<f64>,
    /// Core seconds of the horizon of useful run time of best-effort jobs that succeeded.
    pub harvested_core_s: f64,
    /// `harvested_core_s / idle_core_s`.
    pub harvest_ratio: Option<f64>,
    /// As `idle_core_s`, over the campaigns' life instead of the horizon.
    pub campaigns_idle_core_s: f64,
    /// Core seconds of useful run time of all best-effort jobs that succeeded.
    pub campaigns_harvested_core_s: f64,
    /// `campaigns_harvested_core_s / campaigns_idle_core_s`.
    pub campaigns_harvest_ratio: Option<f64>,
    /// Mean delay of local jobs' starts against a run without campaigns, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners_delay_mean_s: Option<f64>,
    /// Largest delay of a local job's start against a run without campaigns, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners_delay_max_s: Option<f64>,
}

/// The figures of one campaign.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CampaignMetrics {
    /// Tasks it has: the sum of the five counts that follow.
    pub tasks: u64,
    /// Tasks that succeeded.
    pub done: u64,
    /// Tasks that failed and were given up, or for which nobody said what to do.
    pub failed: u64,
    /// Tasks left undone because the campaign was cancelled.
    pub cancelled: u64,
    /// Tasks with an attempt that runs at the end of the run.
    pub running: u64,
    /// All other tasks: never tried, or to be tried again.
    pub waiting: u64,
    /// Attempts of tasks that started and ended.
    pub attempts: u64,
    /// Attempts that were killed.
    pub killed: u64,
    /// From its submission until nothing was left to do, seconds; `null` if that never came.
    pub makespan_s: Option<f64>,
    /// Core seconds of useful run time of attempts that succeeded.
    pub useful_core_s: f64,
    /// All other core seconds of its jobs that ended, from start to end: killed and failed attempts,
    /// latencies, prologues and epilogues.
    pub wasted_core_s: f64,
    /// Core seconds of its jobs that still run at the end of the run, up to there.
    pub running_core_s: f64,
}

/// The figures of all clusters and campaigns together: sums, and means over all local jobs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GridMetrics {
    /// Clusters.
    pub clusters: u64,
    /// Their cores.
    pub cores: u64,
    /// Begin of the horizon, seconds on the run's clock.
    pub horizon_start_s: Option<f64>,
    /// End of the horizon, seconds on the run's clock.
    pub horizon_end_s: Option<f64>,
    /// Local jobs that started and ended, however they ended.
    pub jobs: u64,
    /// How local jobs stood at the end.
    #[serde(flatten)]
    pub counts: JobCounts,
    /// Mean wait of local jobs, seconds.
    pub mean_wait_s: Option<f64>,
    /// Longest wait of a local job, seconds.
    pub max_wait_s: Option<f64>,
    /// Mean bounded slowdown of local jobs.
    pub avebsld: Option<f64>,
    /// From the first submission to the last end (or the stop) of local jobs on any cluster, seconds.
    pub makespan_s: Option<f64>,
    /// Share of all core seconds of the horizon on which local jobs ran.
    pub utilisation: Option<f64>,
    /// Best-effort jobs that were killed.
    pub killed_jobs: u64,
    /// Core seconds of the horizon that they had held.
    pub killed_core_s: f64,
    /// Core seconds of the horizon on available cores that no local job held.
    pub idle_core_s: f64,
    /// Core seconds of the horizon in which cores were cleaned up after local jobs.
    pub cleaning_core_s: f64,
    /// Core seconds of the horizon in which cores could not be used, and were held by nobody.
    pub unavailable_core_s: f64,
    /// Core seconds of the horizon of useful run time of best-effort jobs that succeeded.
    pub harvested_core_s: f64,
    /// `harvested_core_s / idle_core_s`.
    pub harvest_ratio: Option<f64>,
    /// Begin of the campaigns' life, seconds on the run's clock.
    pub campaigns_start_s: Option<f64>,
    /// End of the campaigns' life, seconds on the run's clock.
    pub campaigns_end_s: Option<f64>,
    /// As `idle_core_s`, over the campaigns' life.
    pub campaigns_idle_core_s: f64,
    /// Core seconds of useful run time of all best-effort jobs that succeeded.
    pub campaigns_harvested_core_s: f64,
    /// `campaigns_harvested_core_s / campaigns_idle_core_s`.
    pub campaigns_harvest_ratio: Option<f64>,
    /// Campaigns.
    pub campaigns: u64,
    /// Their tasks.
    pub tasks: u64,
    /// Tasks that succeeded.
    pub done: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Tasks left undone because their campaign was cancelled.
    pub cancelled: u64,
    /// Tasks with an attempt that runs at the end of the run.
    pub running: u64,
    /// All other tasks.
    pub waiting: u64,
    /// Attempts of tasks that started and ended.
    pub attempts: u64,
    /// Attempts that were killed.
    pub killed: u64,
    /// Useful core seconds of campaigns, whole.
    pub useful_core_s: f64,
    /// Wasted core seconds of campaigns, whole.
    pub wasted_core_s: f64,
    /// Core seconds of campaigns' jobs that still run.
    pub running_core_s: f64,
    /// Mean delay of all local jobs' starts against a run without campaigns, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners_delay_mean_s: Option<f64>,
    /// Largest delay of a local job's start against a run without campaigns, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners_delay_max_s: Option<f64>,
}
