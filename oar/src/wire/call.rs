//! What the API can be asked, free of dialects. `render` turns a call into method, path and body,
//! `parse` turns these back, `check` refuses what could break a server.

use super::answer::Expect;
use super::job::JobId;
use super::resource::ResourceId;
use super::submission::Submission;
use crate::states::{JobState, ResourceState};

/// A request to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// The root: whether the API is there at all.
    Root,
    /// Versions.
    Version,
    /// The server's clock and time zone.
    Timezone,
    /// Who the server takes us for.
    WhoAmI,
    /// Whether the token is good (OAR 3).
    CheckToken,
    /// A fresh token for a good one (OAR 3).
    NewToken,
    /// The front end's load.
    Stress,
    /// A list of jobs.
    Jobs(JobQuery),
    /// One job.
    Job {
        /// Which.
        id: JobId,
        /// With resources, nodes and events.
        details: bool,
    },
    /// Resources of a job.
    JobResources(JobId),
    /// Nodes of a job.
    JobNodes(JobId),
    /// Events of a job (OAR 3).
    JobEvents(JobId),
    /// Submit.
    Submit(Box<Submission>),
    /// Delete a job.
    Delete(JobId),
    /// Delete all jobs of an array.
    DeleteArray(JobId),
    /// Hold a job back.
    Hold(JobId),
    /// Let a held or suspended job go on.
    Resume(JobId),
    /// Send a signal to a running job.
    Signal(JobId, u32),
    /// Send a running job its checkpoint signal.
    Checkpoint(JobId),
    /// Submit an ended job once more (OAR 2).
    Resubmit(JobId),
    /// A list of resources.
    Resources {
        /// With all columns.
        details: bool,
        /// At most this many.
        limit: Option<u32>,
        /// Leaving out so many.
        offset: Option<u64>,
    },
    /// One resource.
    Resource(ResourceId),
    /// Jobs on a resource.
    ResourceJobs(ResourceId),
    /// Change the state of a resource (for the user `oar`).
    SetResourceState {
        /// Which.
        id: ResourceId,
        /// The new state.
        state: ResourceState,
    },
    /// How many resources are busy (OAR 3).
    Busy,
    /// Read a file as the user; a relative path begins at the home.
    ReadFile {
        /// Its path.
        path: String,
        /// Only the last lines.
        tail: Option<u32>,
    },
    /// Write a file as the user.
    WriteFile {
        /// Its path.
        path: String,
        /// Replace an older one.
        force: bool,
        /// What is written.
        content: Vec<u8>,
    },
    /// Delete a file as the user.
    DeleteFile {
        /// Its path.
        path: String,
    },
    /// List a folder as the user.
    ListFiles {
        /// Its path.
        path: String,
    },
}

/// Which jobs to list. All filters must hold; with none of `states`, `ids`, `array`, `from` and
/// `to`, only current jobs are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// With resources, nodes and events.
    pub details: bool,
    /// Jobs in these states.
    pub states: Vec<JobState>,
    /// Jobs of this login.
    pub user: Option<String>,
    /// Jobs of this array, in all states.
    pub array: Option<JobId>,
    /// These jobs, in all states.
    pub ids: Vec<JobId>,
    /// Jobs not over at this time, in seconds since 1970.
    pub from: Option<i64>,
    /// Jobs begun before this time, in seconds since 1970.
    pub to: Option<i64>,
    /// At most this many on a page.
    pub limit: Option<u32>,
    /// Leaving out so many.
    pub offset: Option<u64>,
}

impl Call {
    /// The current jobs, a page of them.
    #[must_use]
    pub fn current_jobs(limit: u32, offset: u64) -> Self {
        Self::Jobs(JobQuery { limit: Some(limit), offset: Some(offset), ..JobQuery::default() })
    }

    /// These jobs, in all states. The limit is given, since OAR 2 caps lists at 500 otherwise.
    #[must_use]
    pub fn jobs_by_ids(ids: Vec<JobId>, details: bool) -> Self {
        let limit = u32::try_from(ids.len()).ok();
        Self::Jobs(JobQuery { details, ids, limit, ..JobQuery::default() })
    }

    /// The jobs of an array, in all states.
    #[must_use]
    pub fn jobs_by_array(array: JobId, limit: u32, offset: u64) -> Self {
        Self::Jobs(JobQuery {
            array: Some(array),
            limit: Some(limit),
            offset: Some(offset),
            ..JobQuery::default()
        })
    }

    /// What the route gives when all is well.
    #[must_use]
    pub fn expects(&self) -> Expect {
        match self {
            Self::Root | Self::Version => Expect::Version,
            Self::Timezone => Expect::Timezone,
            Self::WhoAmI => Expect::WhoAmI,
            Self::CheckToken => Expect::TokenCheck,
            Self::NewToken => Expect::NewToken,
            Self::Stress => Expect::Stress,
            Self::Jobs(query) if query.details => Expect::Jobs,
            Self::Jobs(_) => Expect::JobRows,
            Self::Job { .. } => Expect::Job,
            Self::JobResources(_) => Expect::JobResources,
            Self::JobNodes(_) => Expect::JobNodes,
            Self::JobEvents(_) => Expect::JobEvents,
            Self::Submit(_) | Self::Resubmit(_) => Expect::Submitted,
            Self::Delete(_)
            | Self::DeleteArray(_)
            | Self::Hold(_)
            | Self::Resume(_)
            | Self::Signal(..)
            | Self::Checkpoint(_) => Expect::Done,
            Self::Resources { .. } => Expect::Resources,
            Self::Resource(_) => Expect::Resource,
            Self::ResourceJobs(_) => Expect::Json,
            Self::SetResourceState { .. } => Expect::ResourceChange,
            Self::Busy => Expect::Busy,
            Self::ReadFile { .. } => Expect::Content,
            Self::WriteFile { .. } => Expect::Uploaded,
            Self::DeleteFile { .. } => Expect::Nothing,
            Self::ListFiles { .. } => Expect::Files,
        }
    }

    /// Whether sending it twice does no more than sending it once.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        !matches!(self, Self::Submit(_) | Self::Resubmit(_) | Self::WriteFile { .. })
    }
}
