//! Rows that people read: campaigns, tasks, jobs, events and clusters as they are known now. Knows neither HTTP nor SQL.

use gleaner_api::numbers::JobId;
use gleaner_api::states::{EventClass, JobState, JobTag, ShownTaskState};
use gleaner_core::ids::{CampaignId, ClusterId, EventId, RemoteJobId};
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::time::Timestamp;

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignRow {
    /// Its id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub user: String,
    /// Its state.
    pub state: CampaignState,
    /// Whether an event of it, or of all users on one of its clusters, is open.
    pub has_events: bool,
    /// When it was taken.
    pub submitted_at: Timestamp,
    /// Its tasks.
    pub total: u32,
    /// Its tasks that are done.
    pub finished: u32,
}

/// A campaign on one of its clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairRow {
    /// The cluster.
    pub cluster: ClusterId,
    /// Jobs that are or may be alive there.
    pub active: u32,
    /// Tasks in the queue for it.
    pub queued: u32,
    /// Whether its prologue is done there, or there is none.
    pub prologue_ok: bool,
    /// Whether its epilogue is done there, or there is none.
    pub epilogue_ok: bool,
}

/// One try at a task, or a task that has had none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRow {
    /// The position of its parameter, from 0.
    pub index: u32,
    /// Its parameter.
    pub parameter: String,
    /// Where it is or was; none while it is in no queue.
    pub cluster: Option<ClusterId>,
    /// Its job, if it has one.
    pub job: Option<JobId>,
    /// The cluster's id of the job.
    pub remote: Option<RemoteJobId>,
    /// State of the job, or where the task waits for one.
    pub state: ShownTaskState,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Our id.
    pub id: JobId,
    /// Whose campaign.
    pub user: String,
    /// Which campaign.
    pub campaign: CampaignId,
    /// The position of its parameter; none for a prologue or an epilogue.
    pub index: Option<u32>,
    /// Its parameter; none for a prologue or an epilogue.
    pub parameter: Option<String>,
    /// What it is for, if it does no task.
    pub tag: Option<JobTag>,
    /// Where.
    pub cluster: ClusterId,
    /// The cluster's id.
    pub remote: Option<RemoteJobId>,
    /// Its state.
    pub state: JobState,
    /// Raw wait status.
    pub return_code: Option<i32>,
    /// When it was sent.
    pub submitted_at: Option<Timestamp>,
    /// When it started, by the cluster's clock.
    pub started_at: Option<Timestamp>,
    /// When it ended, by the cluster's clock.
    pub stopped_at: Option<Timestamp>,
    /// Where it ran.
    pub node: Option<String>,
    /// Whether an owner's job may kill it.
    pub besteffort: bool,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its id.
    pub id: EventId,
    /// What it is about.
    pub class: EventClass,
    /// What happened.
    pub code: String,
    /// Whether it waits for somebody.
    pub open: bool,
    /// The job it is about.
    pub job: Option<JobId>,
    /// The cluster it is about.
    pub cluster: Option<ClusterId>,
    /// The campaign it is about.
    pub campaign: Option<CampaignId>,
    /// The event that caused it.
    pub parent: Option<EventId>,
    /// When it happened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// What happened, for people.
    pub message: Option<String>,
}

/// Figures of a campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatsRow {
    /// Mean run time of the done jobs, in seconds.
    pub mean_s: Option<f64>,
    /// Its standard deviation over the sample, in seconds.
    pub stddev_s: Option<f64>,
    /// Latest start of a done job.
    pub last_start: Option<Timestamp>,
    /// Earliest start in the hour before `last_start`.
    pub window_start: Option<Timestamp>,
    /// Done jobs that started in that hour.
    pub window_jobs: u64,
    /// Done jobs.
    pub done: u64,
    /// Jobs that failed or were killed, one for each event.
    pub failures: u64,
    /// Jobs whose task was tried again.
    pub resubmissions: u64,
}

/// A cluster as it is known now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClusterStatus {
    /// Whether it gets nothing, for whatever reason.
    pub blacklisted: bool,
    /// Its last stress, if it has that sensor.
    pub stress: Option<f64>,
    /// Whether its stress is above the limit.
    pub under_stress: bool,
    /// When it was last listed.
    pub observed_at: Option<Timestamp>,
    /// Cores that can be used.
    pub capacity_cores: u32,
    /// Cores of running jobs, ours included.
    pub used_cores: u32,
    /// Cores of our running jobs.
    pub our_cores: u32,
    /// Our jobs that run.
    pub our_running: u32,
    /// Our jobs that wait.
    pub our_waiting: u32,
}
