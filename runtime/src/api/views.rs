//! What the REST API shows, as rows, and the port through which it reads them. Knows neither HTTP nor
//! SQL.

use std::sync::Arc;

use gleaner_core::ids::{CampaignId, ClusterId, EventId, RemoteJobId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::time::Timestamp;

/// A job in our own numbering, over all clusters, as people type it (`gridstat -j`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// The state of a campaign, in CiGri's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// Taken, and not finished.
    InTreatment,
    /// Held by its owner.
    Paused,
    /// All tasks are done.
    Terminated,
    /// Given up by its owner.
    Cancelled,
}

impl CampaignState {
    /// All states.
    pub const ALL: [CampaignState; 4] = [
        CampaignState::InTreatment,
        CampaignState::Paused,
        CampaignState::Terminated,
        CampaignState::Cancelled,
    ];

    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            CampaignState::InTreatment => "in_treatment",
            CampaignState::Paused => "paused",
            CampaignState::Terminated => "terminated",
            CampaignState::Cancelled => "cancelled",
        }
    }
}

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
pub struct CoupleRow {
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
    /// State of the job, or `queued`, or `pending`.
    pub state: String,
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
    /// `prologue` or `epilogue`.
    pub tag: Option<String>,
    /// Where.
    pub cluster: ClusterId,
    /// The cluster's id.
    pub remote: Option<RemoteJobId>,
    /// Its state, in CiGri's words.
    pub state: String,
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
    /// `cluster`, `job`, `campaign`, `notify` or `log`.
    pub class: String,
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

/// A part of a long list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Entries before it.
    pub offset: u64,
    /// The most entries in it.
    pub limit: u64,
}

/// The rows could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the store")]
pub struct ReadError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A part of a list, and how long the whole is.
pub type Part<T> = (Vec<T>, u64);

/// Some of a campaign's parameters: the index of the first of their tasks, and the texts.
pub type Block = (u32, Arc<Parameters>);

/// Reads rows. Called off the asynchronous threads; each call sees what was durable at its start, and takes some
/// milliseconds: whoever wants much asks again and again, and lets others have their turn in between.
pub trait Views: Send + Sync {
    /// Campaigns in treatment or paused, latest first, from before `before` on; and how many there are in all.
    ///
    /// # Errors
    /// [`ReadError`], here and below.
    fn active_campaigns(
        &self,
        before: Option<CampaignId>,
        limit: u64,
    ) -> Result<Part<CampaignRow>, ReadError>;

    /// How many campaigns are in each state of [`CampaignState::ALL`].
    fn campaign_counts(&self) -> Result<[u64; 4], ReadError>;

    /// One campaign, if there is such.
    fn campaign(&self, id: CampaignId) -> Result<Option<CampaignRow>, ReadError>;

    /// A campaign on its clusters, in the order of the clusters.
    fn couples(&self, id: CampaignId) -> Result<Vec<CoupleRow>, ReadError>;

    /// The expanded JDL without its parameters, as JSON.
    fn jdl(&self, id: CampaignId) -> Result<Option<String>, ReadError>;

    /// The parameters of some tasks, the one with this index among them; none beyond the last.
    fn block(&self, id: CampaignId, index: u32) -> Result<Option<Block>, ReadError>;

    /// Tasks of a campaign with their tries, in the order of their parameters; a page counts tasks. Where parameters
    /// are long, fewer tasks than asked for, but always one if there is one.
    fn tasks(&self, id: CampaignId, page: Page) -> Result<Part<TaskRow>, ReadError>;

    /// Jobs of a campaign that are over, in the order of their ids; fewer than asked for, as above.
    fn finished_jobs(&self, id: CampaignId, page: Page) -> Result<Part<JobRow>, ReadError>;

    /// The next of them behind one, without counting all that come before.
    fn finished_jobs_behind(
        &self,
        id: CampaignId,
        after: JobId,
        limit: u64,
    ) -> Result<Vec<JobRow>, ReadError>;

    /// One job.
    fn job(&self, id: JobId) -> Result<Option<JobRow>, ReadError>;

    /// Open events of a campaign and of all users on its clusters; or all its events, open or not.
    fn campaign_events(
        &self,
        id: CampaignId,
        all: bool,
        page: Page,
    ) -> Result<Part<EventRow>, ReadError>;

    /// Open events that concern no single campaign.
    fn global_events(&self, page: Page) -> Result<Part<EventRow>, ReadError>;

    /// The next events of a campaign behind one.
    fn campaign_events_behind(
        &self,
        id: CampaignId,
        all: bool,
        after: EventId,
        limit: u64,
    ) -> Result<Vec<EventRow>, ReadError>;

    /// The next events that concern no single campaign behind one.
    fn global_events_behind(&self, after: EventId, limit: u64) -> Result<Vec<EventRow>, ReadError>;

    /// One event.
    fn event(&self, id: EventId) -> Result<Option<EventRow>, ReadError>;

    /// Figures of a campaign.
    fn stats(&self, id: CampaignId) -> Result<StatsRow, ReadError>;

    /// A cluster as it is known now.
    fn cluster(&self, id: ClusterId) -> Result<ClusterStatus, ReadError>;
}
