//! What passes between the driver and the worker of a cluster: orders to carry out, and reports of
//! what happened. Plain data: the driver makes it durable before a worker sees an order, and after
//! a worker has reported. Knows neither HTTP nor SQL.

use std::sync::Arc;

use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use gleaner_core::jdl::spec::{ClusterSettings, JobKind};
use gleaner_core::listing::ListedState;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::{Duration, Timestamp};
use tokio::sync::oneshot;

use crate::command::line::{Unsendable, line};
use crate::config::ClusterConfig;
use crate::secrets::Secret;

/// A command of the core with all texts that a cluster needs, journalled as an intent before the
/// worker gets it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The command it carries out.
    pub command: CommandId,
    /// When it was decided: a look-up asks for jobs since then.
    pub intent_at: Timestamp,
    /// It is not sent after this time; then it expires, which is a fact.
    pub send_before: Timestamp,
    /// What to do.
    pub action: OrderAction,
}

/// What a worker is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderAction {
    /// Submit an array job, or a single script.
    Submit(Batch),
    /// Delete jobs; see [`gleaner_core::decision::Action::Cancel`].
    Cancel {
        /// As whom: the grid login that owns the jobs.
        user: Arc<str>,
        /// The jobs.
        jobs: Vec<RemoteJobId>,
    },
}

/// Jobs of one submission, alike but for their parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Under which all of its jobs are found again: see [`submission_name`](crate::submission_name). Never used
    /// twice.
    pub name: String,
    /// The grid login that owns the campaign; the worker maps it to the cluster's.
    pub user: Arc<str>,
    /// Whose jobs; also exported to them as `CIGRI_CAMPAIGN_ID`.
    pub campaign: CampaignId,
    /// How the cluster treats them.
    pub kind: JobKind,
    /// Walltime of each.
    pub walltime: Duration,
    /// Everything else that the JDL says.
    pub settings: Arc<ClusterSettings>,
    /// A job that starts at this grid time or later is not wanted any more.
    pub lease_until: Timestamp,
    /// The same by the cluster's clock, as it was when the command was decided: a job that starts then or
    /// later, by its node's clock, does nothing and exits with [`LEASE_EXIT`](crate::command::LEASE_EXIT).
    /// Durable before anything is sent, so that whoever looks for the jobs later knows what they were told,
    /// whatever clock was set in between. None where the cluster had not told its time: then nothing is sent. Also none for a command
    /// of a release that did not note it.
    pub lease_there: Option<Timestamp>,
    /// What the jobs do.
    pub work: BatchWork,
}

/// What the jobs of a batch do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchWork {
    /// One job for each of these, in the order of the command's tasks.
    Tasks(Vec<BatchTask>),
    /// One job that runs these lines: a prologue or an epilogue.
    Script(String),
}

/// A task of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchTask {
    /// Its index in its campaign, which its job's command names.
    pub index: u32,
    /// Its parameter.
    pub parameter: String,
}

/// What the driver tells a worker.
#[derive(Debug)]
pub enum ToWorker {
    /// Carry this out; it is durable.
    Order(Order),
    /// Carry out what waits, list the cluster and report, then say that it was looked at: a cycle is
    /// about to run, and should see the clusters as they are.
    Look {
        /// List it in any case. Otherwise what was seen a moment ago is good enough: no cluster is asked more
        /// often than is set.
        in_any_case: bool,
    },
    /// Talk to the cluster by these settings from now on.
    Settings(Box<ClusterConfig>),
    /// Follow this job no more: it was told to be over.
    LetGo(RemoteJobId),
    /// Ask the cluster whose a token is.
    WhoseToken {
        /// The token.
        token: Secret,
        /// Where the answer goes; nobody may be waiting any more.
        reply: oneshot::Sender<TokenOwner>,
    },
    /// This user has handed in a new token: what was refused for want of a good one can be tried again.
    NewToken(Arc<str>),
    /// Finish the request under way and stop.
    Stop,
}

/// Who somebody is to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOwner {
    /// Who has this login.
    Login(String),
    /// Nobody that it knows.
    Nobody,
    /// It does not tell, or cannot be asked.
    Unknown,
}

/// A job that is or may be alive when a worker starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownJob {
    /// Its id on the cluster.
    pub job: RemoteJobId,
    /// The grid login that owns it.
    pub user: Arc<str>,
    /// What the core was told of it last; none: only that it was accepted.
    pub state: Option<ListedState>,
    /// The index of the task it was taken for; none for scripts, and for what is only to be deleted.
    pub task: Option<u32>,
}

/// What a worker starts with, read from the store: so that a crash at any instant is survived.
#[derive(Clone, Debug, Default)]
pub struct WorkerStart {
    /// Orders that were journalled and have no answer yet. They may have been sent, wholly or in
    /// part: each is looked up before anything is sent again.
    pub unanswered: Vec<Order>,
    /// Jobs of ours that were alive when last heard of.
    pub jobs: Vec<KnownJob>,
    /// The core holds the cluster for lost: the first good answer is reported.
    pub lost: bool,
    /// The core holds the cluster for stressed.
    pub stressed: bool,
    /// The store's epoch: a job named `gleaner.*.<epoch>-*` is or was ours.
    pub epoch: String,
}

/// Where a submission of ours was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// To which cluster.
    pub cluster: ClusterId,
    /// Whose jobs.
    pub campaign: CampaignId,
    /// The grid login that owns the campaign.
    pub user: Arc<str>,
}

/// Why it cannot be told where a submission was sent.
pub type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// What is known of all submissions that may have been sent: whoever finds a job under the name of one asks
/// whose it is.
pub trait Submissions: std::fmt::Debug + Send + Sync {
    /// Returns where a submission was sent; none if nothing is known of it (any more).
    ///
    /// # Errors
    /// [`Unreadable`] when nobody can tell now.
    fn sent(&self, command: CommandId) -> Result<Option<Sent>, Unreadable>;
}

/// What a worker reports to the driver. Reported again after a crash, since nothing of it was durable.
#[derive(Clone, Debug)]
pub struct ClusterUpdate {
    /// The cluster.
    pub cluster: ClusterId,
    /// What became known, in order: answers to orders, and the differences of listings
    /// (`gleaner_core::listing::diff_listings`).
    pub facts: Vec<Fact>,
    /// The cluster as the last listing showed it, if there was a new one.
    pub snapshot: Option<ClusterSnapshot>,
    /// For people: what the rows of jobs and events show beyond the facts.
    pub notes: Vec<JobNote>,
    /// A cycle should run soon (an answer to a submission, an end), not only at the next wake.
    pub urgent: bool,
}

/// Details of a job for people; no decision depends on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobNote {
    /// The job.
    pub job: RemoteJobId,
    /// Where it ran.
    pub node: Option<String>,
    /// When it started and ended, by the cluster's clock.
    pub start: Option<Timestamp>,
    /// See `start`.
    pub stop: Option<Timestamp>,
    /// Raw wait status, where its cluster tells one.
    pub exit_status: Option<i32>,
    /// The last lines of its standard error, where it failed; cut to some kilobytes.
    pub stderr_tail: Option<String>,
    /// What its cluster has noted about it, in its own words.
    pub events: Vec<String>,
}

impl Batch {
    /// Returns the first jobs of it, at most so many.
    pub fn first(&self, most: usize) -> Batch {
        let mut part = self.clone();
        if let BatchWork::Tasks(tasks) = &mut part.work {
            tasks.truncate(most);
        }
        part
    }

    /// Returns the task at a position.
    pub fn task(&self, place: usize) -> Option<u32> {
        match &self.work {
            BatchWork::Tasks(tasks) => tasks.get(place).map(|task| task.index),
            BatchWork::Script(_) => None,
        }
    }

    /// Returns the line of each job, in order, or why it has none; a script has an empty one.
    pub fn lines(&self) -> Vec<Result<String, Unsendable>> {
        match &self.work {
            BatchWork::Tasks(tasks) => {
                let exec_file = &self.settings.exec_file;
                tasks.iter().map(|task| line(task.index, exec_file, &task.parameter)).collect()
            }
            BatchWork::Script(_) => vec![Ok(String::new())],
        }
    }
}
