//! What people ask the daemon for, on its way from the REST API to the driver, and the answer. A
//! request that is granted has become a fact and is durable when the answer is given. Knows neither
//! HTTP nor SQL.

use std::sync::Arc;

use gleaner_core::ids::{CampaignId, ClusterId, EventId, RemoteJobId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::jdl::spec::CampaignSpec;

/// Who asks, and what they may: decided once, where a request comes in, by the names of the administrators
/// in the settings of that moment. Whoever gets one asks it, and compares no names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    user: Arc<str>,
    rights: Rights,
    reads: Rights,
    by_token: bool,
}

/// What a caller may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// What is the caller's own.
    Own,
    /// What is anybody's, and the grid's.
    All,
}

impl Caller {
    /// Makes a caller; only what stands at the entrance has a reason to.
    pub fn new(user: impl Into<Arc<str>>, rights: Rights) -> Caller {
        Caller { user: user.into(), rights, reads: rights, by_token: false }
    }

    /// Makes a caller without a name, who owns nothing.
    pub fn nobody() -> Caller {
        Caller::new("", Rights::Own)
    }

    /// Notes that one of the daemon's own tokens says who it is.
    #[must_use]
    pub fn with_token(self) -> Caller {
        Caller { by_token: true, ..self }
    }

    /// Returns whether one of the daemon's own tokens says who it is: whoever has found one shall not make more of it.
    pub fn is_by_token(&self) -> bool {
        self.by_token
    }

    /// Lets the caller read what is anybody's, where the site has opened that.
    #[must_use]
    pub fn with_open_reads(self) -> Caller {
        Caller { reads: Rights::All, ..self }
    }

    /// Returns the grid login.
    pub fn user(&self) -> &Arc<str> {
        &self.user
    }

    /// Returns whether the caller may read something. The one place where this is decided. What concerns everybody,
    /// everybody may read.
    pub fn may_read(&self, subject: Subject<'_>) -> bool {
        match subject {
            Subject::Grid => true,
            Subject::Of(_) => self.reads == Rights::All || self.may_change(subject),
        }
    }

    /// Returns whose things the caller may read; none: everybody's. For lists, which are cut in the store.
    pub fn reads_of(&self) -> Option<&Arc<str>> {
        match self.reads {
            Rights::All => None,
            Rights::Own => Some(&self.user),
        }
    }

    /// Returns whether the caller may change something. The one place where this is decided, for the API and for
    /// the driver.
    pub fn may_change(&self, subject: Subject<'_>) -> bool {
        match (self.rights, subject) {
            (Rights::All, Subject::Of(_) | Subject::Grid) => true,
            (Rights::Own, Subject::Of(owner)) => *self.user == *owner,
            (Rights::Own, Subject::Grid) => false,
        }
    }
}

/// What somebody wants to read or change, as far as rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A campaign of this user, its jobs, or its events.
    Of(&'a str),
    /// What concerns everybody: clusters, their events, the ranks of users, the daemon's own tokens.
    Grid,
}

/// How much a user may have at a time, by the settings of the moment of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Tasks of one campaign.
    pub campaign_tasks: u32,
    /// Tasks that are not done, of all campaigns of a user that are not over.
    pub tasks: u64,
    /// Campaigns that are not over.
    pub campaigns: u32,
}

impl Quota {
    /// No more than can be counted.
    pub const UNBOUNDED: Quota =
        Quota { campaign_tasks: u32::MAX, tasks: u64::MAX, campaigns: u32::MAX };
}

/// A request with who asks, and where the answer goes.
#[derive(Debug)]
pub struct Envelope {
    /// Who asks.
    pub caller: Caller,
    /// What is asked for.
    pub request: Request,
    /// Where the answer goes; nobody may be listening any more.
    pub reply: tokio::sync::oneshot::Sender<Result<Receipt, Refused>>,
}

/// The driver takes no requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It stops, or has stopped.
    #[error("the daemon is stopping")]
    Stopping,
    /// Too many requests wait already.
    #[error("too many requests wait for an answer")]
    Busy,
}

/// What can be asked for.
#[derive(Debug)]
pub enum Request {
    /// Take a campaign.
    Submit {
        /// What the JDL asks for.
        spec: Arc<CampaignSpec>,
        /// The expanded JDL without its parameters, as JSON, for reading back.
        jdl: String,
        /// What its user may have.
        quota: Quota,
    },
    /// Add parameters to a campaign.
    AddJobs {
        /// The campaign that grows.
        campaign: CampaignId,
        /// The new parameters.
        parameters: Arc<Parameters>,
        /// The tasks of the campaign whose names they were held against: all that it has, or nothing is added.
        behind: u32,
        /// What its owner may have.
        quota: Quota,
    },
    /// Pause a campaign.
    Hold(CampaignId),
    /// Go on with a paused campaign.
    Resume(CampaignId),
    /// Give a campaign up and kill its jobs.
    Cancel(CampaignId),
    /// Forget the parameters and tasks of a campaign that is over.
    Purge(CampaignId),
    /// Give a campaign another name.
    Rename(CampaignId, Box<str>),
    /// Kill one job.
    KillJob(ClusterId, RemoteJobId),
    /// Follow a job no more, whatever it does: for what the daemon cannot read. For administrators.
    DropJob(ClusterId, RemoteJobId),
    /// Close an event that is dealt with.
    FixEvent {
        /// The event.
        event: EventId,
        /// Whether what failed is to be tried again.
        retry: bool,
    },
    /// Close all events of a campaign.
    FixCampaign {
        /// The campaign.
        campaign: CampaignId,
        /// Whether what failed is to be tried again.
        retry: bool,
    },
    /// Use a cluster no longer, until the event is fixed. For administrators only.
    DisableCluster(ClusterId),
    /// Rank a user on a cluster. For administrators only.
    UserPriority {
        /// Whose campaigns.
        user: Arc<str>,
        /// On which cluster.
        cluster: ClusterId,
        /// The rank, higher first.
        priority: i32,
    },
}

/// What a granted request gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The campaign taken, or changed.
    Campaign(CampaignId),
    /// A part is done: the same request does the next.
    More,
    /// Nothing but that it is done.
    Done,
}

/// Why a request is not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such thing.
    #[error("{0} not found")]
    NotFound(String),
    /// It belongs to somebody else.
    #[error("{0} belongs to somebody else")]
    NotYours(String),
    /// It cannot be done in the state things are in.
    #[error("{0}")]
    WrongState(String),
    /// It is wrong in itself (a parameter's name is taken, nothing to add).
    #[error("{0}")]
    Bad(String),
    /// It was made for a state of things that is gone; made anew, it may be granted.
    #[error("{0}")]
    Changed(String),
    /// It could not be made durable; nothing has changed.
    #[error("cannot be stored: {0}\n  hint: see the daemon's log; the request can be sent again")]
    NotStored(String),
}
