//! What a caller can do wrong with a simulated OAR server.

use crate::oar::model::ids::{JobId, ResourceId};
use gleaner_oar::error::ParseError;
use gleaner_oar::states::JobState;
use thiserror::Error;

/// A refused call. The state is unchanged.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum OarError {
    /// The job exists already.
    #[error("job `{0}` exists already")]
    DuplicateJob(JobId),
    /// No such job.
    #[error("job `{0}` does not exist")]
    UnknownJob(JobId),
    /// The job is not in a state in which this can be done to it.
    #[error("job `{job}` is `{state}`, not `{wanted}`")]
    WrongState {
        /// The job.
        job: JobId,
        /// Its state.
        state: JobState,
        /// What it should be.
        wanted: &'static str,
    },
    /// No such queue.
    #[error("job `{job}` asks for unknown queue `{queue}`")]
    UnknownQueue {
        /// The job.
        job: JobId,
        /// The queue.
        queue: String,
    },
    /// Two resources with one id, or the id 0.
    #[error("resource id `{0}` is zero or used twice")]
    BadResourceId(ResourceId),
    /// A resource that does not exist.
    #[error("resource `{0}` does not exist")]
    UnknownResource(ResourceId),
    /// A property that resources do not have.
    #[error("no resource has property `{property}`, which {used_by} names")]
    UnknownProperty {
        /// The property.
        property: String,
        /// Where it is used, for instance `the resource order`.
        used_by: &'static str,
    },
    /// A request names a level outside the hierarchy.
    #[error("job `{job}` asks for level `{level}`, which is not in the hierarchy")]
    UnknownLevel {
        /// The job.
        job: JobId,
        /// The level.
        level: String,
    },
    /// A walltime that is not positive or too long, or a job that asks for nothing.
    #[error("job `{job}`: {what} must be {must}")]
    BadRequest {
        /// The job.
        job: JobId,
        /// Which part of the request.
        what: &'static str,
        /// What it must be.
        must: &'static str,
    },
    /// The filter of a job cannot be read.
    #[error("filter `{filter}` of job `{job}` cannot be used")]
    Filter {
        /// The job.
        job: JobId,
        /// The filter as put together from the job's and the group's.
        filter: String,
        /// Why.
        #[source]
        source: ParseError,
    },
    /// A quota rule or calendar entry cannot be read.
    #[error("quota {what} `{text}` must be {must}")]
    Quota {
        /// Kind of entry.
        what: &'static str,
        /// As written.
        text: String,
        /// What it must be.
        must: &'static str,
    },
}

impl OarError {
    /// What to do about it, if more can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Filter { source, .. } => source.hint(),
            Self::UnknownLevel { .. } => {
                Some("add the property to the hierarchy labels, or ask for one of them")
            }
            Self::UnknownQueue { .. } => Some("declare the queue, or use `default`"),
            Self::UnknownProperty { .. } => {
                Some("give the property to at least one resource, or take it out")
            }
            Self::WrongState { .. }
            | Self::DuplicateJob(_)
            | Self::UnknownJob(_)
            | Self::BadResourceId(_)
            | Self::UnknownResource(_)
            | Self::BadRequest { .. }
            | Self::Quota { .. } => None,
        }
    }
}
