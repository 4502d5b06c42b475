//! The port to a cluster: what a resource manager is asked, in words that fit any, and who answers. Knows no
//! manager and no protocol.
//!
//! A site may need many requests for one question: pages, chunks, another try where asking twice does no harm. All
//! of them are bounded in number, length and time. It sends one request at a time, and nothing by itself. It decides
//! nothing about tasks: what an answer means for them is the worker's affair.

use std::pin::Pin;
use std::sync::Arc;

use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;

use crate::config::ClusterConfig;
use crate::order::Batch;
use crate::secrets::Secret;
use crate::sites::answer::Answer;
use crate::sites::failure::{Failure, OpenError};
use crate::sites::job::ArrayId;

/// The future that gives an answer.
pub type AnswerFuture<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// Makes ready to talk to a cluster by its settings; see [`Manager::open`](crate::sites::manager::Manager::open).
pub type Open = Arc<dyn Fn(ClusterConfig) -> Result<Box<dyn Site>, OpenError> + Send + Sync>;

/// A cluster that can be asked.
pub trait Site: Send {
    /// Asks; the answer is the one that the question names.
    fn ask(&mut self, question: Question) -> AnswerFuture<'_>;
}

/// What a cluster is asked. Users are grid users; which login that is there, and how it is proved, is the site's
/// affair. Times are by the cluster's clock.
#[derive(Clone, Debug)]
pub enum Question {
    /// What its clock shows: [`Answer::Time`].
    Time,
    /// Which jobs live, everybody's: [`Answer::Listed`]. With this a look begins, for a site that bounds what all
    /// answers of a look may have.
    Living,
    /// Which jobs of a login ended at or after a time: [`Answer::Rows`]. A site that dates jobs badly tells too many.
    Ended {
        /// The login there.
        login: String,
        /// Since when.
        since: Timestamp,
    },
    /// Which jobs one request submitted, those that are over as well: [`Answer::Rows`].
    Array(ArrayId),
    /// These jobs in detail: [`Answer::Details`].
    Jobs(Vec<RemoteJobId>),
    /// One job with all that is told of it, which may be more than among others: [`Answer::Job`].
    Alone(RemoteJobId),
    /// All that is told of one job, in the manager's own words: [`Answer::Told`].
    Told(RemoteJobId),
    /// The last lines of a file that a job writes, read in a user's name: [`Answer::File`].
    File {
        /// Whose job.
        user: Arc<str>,
        /// Which file, as [`Job::stdout`](crate::sites::job::Job::stdout) and
        /// [`Job::stderr`](crate::sites::job::Job::stderr) say.
        file: String,
        /// How many lines, at most.
        lines: u32,
    },
    /// Which resources it has: [`Answer::Resources`].
    Resources {
        /// What its clock shows, as far as is known.
        cluster_now: Timestamp,
    },
    /// How busy its front end is: [`Answer::Stress`].
    Stress,
    /// By what a user is known there: [`Answer::Known`]. Asks the cluster for nothing, but for a new token.
    KnownBy {
        /// Who.
        user: Arc<str>,
        /// What its clock shows, as far as is known: what ends soon after is renewed first. None: it is not.
        renew: Option<Timestamp>,
    },
    /// Who a user is there: [`Answer::Who`].
    WhoIs {
        /// Who asks.
        user: Arc<str>,
    },
    /// Whose a token is: [`Answer::Who`].
    Whose {
        /// The token.
        token: Secret,
    },
    /// Submits jobs: [`Answer::Submitted`].
    Submit(Arc<Request>),
    /// Deletes jobs: [`Answer::Deleted`].
    Delete {
        /// As whom.
        user: Arc<str>,
        /// Which.
        target: DeletionTarget,
        /// Whether they were listed a moment ago, so that they are known there.
        listed: bool,
    },
}

/// Jobs to submit with one request, so that either all of them are recorded, or none.
#[derive(Clone, Debug)]
pub struct Request {
    /// The jobs, no more than the cluster's `array_max`.
    pub batch: Batch,
    /// The line of each task, in order, as [`Batch::lines`] has them; none for one that is left out. At least one
    /// is there.
    pub lines: Vec<Option<String>>,
    /// From when on its jobs are to do nothing.
    pub lease: Timestamp,
    /// What the cluster's clock shows, as far as is known.
    pub cluster_now: Timestamp,
}

/// What a deletion is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionTarget {
    /// One job.
    Job(RemoteJobId),
    /// All jobs of one submission.
    Array(ArrayId),
}
