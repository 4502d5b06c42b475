//! What the core may be told: facts, in the order in which they became known. A fact may come late,
//! twice, or after states were skipped (a job accepted may next be seen ended); it never lies. What
//! told it (a simulator, a REST call, a poll) stays outside.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, ClusterId, CommandId, EventId, RemoteJobId, TaskId};
use crate::jdl::params::Parameters;
use crate::jdl::spec::CampaignSpec;
use crate::server_message::ServerMessage;
use crate::time::Timestamp;

/// One thing that happened.
///
/// A repeated fact changes nothing, and one about an unknown campaign, command or job is counted in
/// the cycle's report and otherwise ignored. An acceptance should come before the facts about its
/// jobs; where it does not, those are kept until the acceptance is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A user handed in a campaign.
    CampaignSubmitted {
        /// Its id: larger than that of every campaign submitted before.
        campaign: CampaignId,
        /// Who owns it.
        user: Arc<str>,
        /// What the JDL asked for, parameters included.
        spec: Arc<CampaignSpec>,
    },
    /// The campaign pauses: nothing new is sent, running jobs go on.
    CampaignHeld {
        /// The campaign to pause.
        campaign: CampaignId,
    },
    /// A paused campaign goes on.
    CampaignResumed {
        /// The campaign to go on with.
        campaign: CampaignId,
    },
    /// The campaign is given up, and its jobs are to be killed.
    CampaignCancelled {
        /// The campaign to give up.
        campaign: CampaignId,
    },
    /// More parameters for a campaign; a finished one is taken up again, a cancelled one is not.
    JobsAdded {
        /// The campaign that grows.
        campaign: CampaignId,
        /// The index of the first new task, which is how a repetition of this fact is known.
        first: u32,
        /// The new parameters.
        parameters: Arc<Parameters>,
    },
    /// One task is given up: its job, if it has one, is to be killed, and it is not tried again.
    TaskCancelled {
        /// The task to give up.
        task: TaskId,
    },
    /// The cluster took the command. For a submission: the ids of its jobs, in the order of its
    /// tasks. Tasks without an id stay reserved until another answer. For a cancel: no ids.
    CommandAccepted {
        /// Which command.
        command: CommandId,
        /// The cluster's ids, in the order of the submission; [`RemoteJobId::NONE`] for a job that
        /// has none (yet).
        jobs: Vec<RemoteJobId>,
    },
    /// The cluster certainly did not take the command, or not those tasks still without an id.
    CommandRefused {
        /// Which command.
        command: CommandId,
        /// Why.
        reason: Refusal,
        /// What the cluster, or the client in its place, has said; empty where it has said nothing.
        #[serde(default, skip_serializing_if = "ServerMessage::is_empty")]
        words: ServerMessage,
    },
    /// A job of a submission was left out of it, for no cluster could carry its parameter unharmed: there
    /// is none, and there will be none. To be told before any answer to the command.
    JobLeftOut {
        /// Which command.
        command: CommandId,
        /// The position of its task in the submission, from 0.
        place: u32,
    },
    /// Nobody knows whether the cluster took the command. Its tasks stay reserved until a later
    /// `CommandAccepted`, `CommandRefused` or `CommandExpired`.
    CommandUnknown {
        /// Which command.
        command: CommandId,
    },
    /// The command certainly was not and will not be carried out: it was not sent in time.
    CommandExpired {
        /// Which command.
        command: CommandId,
    },
    /// A job of ours waits in the cluster's queue.
    JobWaiting {
        /// Where.
        cluster: ClusterId,
        /// Which job.
        job: RemoteJobId,
    },
    /// A job of ours started.
    JobStarted {
        /// Where.
        cluster: ClusterId,
        /// Which job.
        job: RemoteJobId,
        /// When, by the cluster's clock.
        at: Timestamp,
    },
    /// A job of ours is over, one way or another.
    JobEnded {
        /// Where.
        cluster: ClusterId,
        /// Which job.
        job: RemoteJobId,
        /// When, by the cluster's clock.
        at: Timestamp,
        /// How.
        outcome: Outcome,
    },
    /// A job of ours is in none of the states above, or not listed for the moment: about to start, held,
    /// suspended, or behind a hole of the list. Its task stays reserved.
    JobUnclear {
        /// Where.
        cluster: ClusterId,
        /// Which job.
        job: RemoteJobId,
    },
    /// The cluster has put a copy of its own in the place of a job of ours, as some resource managers do with a
    /// job that they could not start. To be told before anything about the copy; the end of the old job
    /// need not be told.
    JobReplaced {
        /// Where.
        cluster: ClusterId,
        /// The job that is no more.
        job: RemoteJobId,
        /// The job that does its work from now on.
        copy: RemoteJobId,
    },
    /// A living job of ours was found whose submission has been given up: it arrived too late. It is
    /// to be deleted. Its end is to be told as that of any job.
    JobFound {
        /// Where.
        cluster: ClusterId,
        /// Which job.
        job: RemoteJobId,
        /// Whose, by its name.
        campaign: CampaignId,
    },
    /// A job was found again that the core does not remember, since it was sent after the backup that the
    /// daemon goes on from. It counts as sent now for its work; an older job that the core holds for alive there
    /// was over before. To be told before anything else about the job.
    JobRecovered {
        /// Where.
        cluster: ClusterId,
        /// Which job.
        job: RemoteJobId,
        /// Whose.
        campaign: CampaignId,
        /// What it does, or did.
        work: RecoveredWork,
        /// When it was submitted, by the cluster's clock: for people.
        submitted_at: Timestamp,
    },
    /// The cluster refuses to delete jobs of ours, in their user's name: they run on. To be told again whenever it
    /// refuses again; the deletion is tried again in any case, as long as they are there.
    DeletionRefused {
        /// Where.
        cluster: ClusterId,
        /// Which jobs.
        jobs: Vec<RemoteJobId>,
        /// Why.
        reason: Refusal,
        /// What the cluster, or the client in its place, has said; empty where it has said nothing.
        #[serde(default, skip_serializing_if = "ServerMessage::is_empty")]
        words: ServerMessage,
    },
    /// Something is wrong with the cluster's server: nothing can be sent there. To be told again when it
    /// goes wrong again after a [`Fact::ClusterBack`].
    ClusterLost {
        /// Which cluster.
        cluster: ClusterId,
        /// What is wrong.
        fault: ClusterFault,
    },
    /// The cluster's server answers (again) as it should.
    ClusterBack {
        /// Which cluster.
        cluster: ClusterId,
    },
    /// The operator takes the cluster out of use until the event that this opens is fixed. Jobs are
    /// followed, and can be deleted.
    ClusterDisabled {
        /// Which cluster.
        cluster: ClusterId,
    },
    /// The cluster's stress is above its limit: jobs are followed, no new task is planned there.
    ClusterStressed {
        /// Which cluster.
        cluster: ClusterId,
    },
    /// The cluster's stress is below its limit again.
    ClusterRelaxed {
        /// Which cluster.
        cluster: ClusterId,
    },
    /// The operator ranks a user on a cluster. Higher goes first; 0 is everybody's rank.
    UserPriority {
        /// Whose campaigns.
        user: Arc<str>,
        /// On which cluster.
        cluster: ClusterId,
        /// The rank.
        priority: i32,
    },
    /// A person says that an open event is dealt with.
    EventFixed {
        /// Which event.
        event: EventId,
        /// Whether the task that failed is to be tried again.
        retry: bool,
    },
}

impl Fact {
    /// Makes the fact that a command was refused without a word.
    pub fn refused(command: CommandId, reason: Refusal) -> Fact {
        Fact::CommandRefused { command, reason, words: ServerMessage::default() }
    }
}

/// What a job does that was found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredWork {
    /// The campaign's task of this index.
    Task(u32),
    /// The campaign's prologue on the cluster.
    Prologue,
    /// The campaign's epilogue on the cluster.
    Epilogue,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The command ran to its end with this exit code. 0 is success; 66 and 67 ask for another try,
    /// at the front and at the end of the bag.
    Exited(u8),
    /// The command died of this signal, sent by itself or its node.
    Signalled(u8),
    /// The cluster killed it because an owner's job came: best-effort is what any grid calls jobs that make room
    /// (elsewhere: preempted).
    KilledBestEffort,
    /// The cluster or a node's failure ended it.
    Exterminated,
    /// It ran longer than its walltime.
    KilledWalltime,
    /// Somebody deleted it: we did, or a user on the cluster.
    Deleted,
    /// It started after its lease had run out, and did nothing.
    LeaseExpired,
    /// It ended with the exit code of a late start, and started so close to the end of its lease that its
    /// command may have run and ended so.
    LateOrFailed,
    /// Its working directory could not be entered.
    WorkingDirectory,
    /// The cluster could not start it, nor the copies it made of it.
    NotStarted,
    /// It is over, and neither it nor another job of its submission was made for its task: their commands
    /// name other tasks, or none.
    OtherTask,
    /// It was never sent: its parameter cannot be carried unharmed.
    Unsendable,
    /// What the cluster tells of it cannot be understood, and it is not among the living jobs, or an
    /// operator wants it to be followed no more.
    Unreadable,
    /// It is certainly over, and nothing is known about how.
    Unknown,
}

impl Outcome {
    /// Returns what people are told of it.
    pub fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Outcome::Exited(code) => return Cow::Owned(format!("exit code {code}")),
            Outcome::Signalled(signal) => return Cow::Owned(format!("signal {signal}")),
            Outcome::KilledBestEffort => "killed for an owner's job",
            Outcome::Exterminated => "killed with its node",
            Outcome::KilledWalltime => "killed at its walltime",
            Outcome::Deleted => "deleted",
            Outcome::LeaseExpired => "started too late",
            Outcome::LateOrFailed => {
                "exit code 68, either because it started too late or by its command: it may have run"
            }
            Outcome::WorkingDirectory => "no working directory",
            Outcome::NotStarted => "could not be started, nor its copies",
            Outcome::OtherTask => {
                "the cluster made no job for it: those of its submission name other tasks, or none"
            }
            Outcome::Unsendable => {
                "not sent, since its parameter with the command cannot be carried unharmed: a control character \
                 other than the tab is in it, or it is too long"
            }
            Outcome::Unreadable => {
                "what the cluster tells of its job cannot be read, so it is followed no more; see there what \
                 became of it, then close this event, with `resubmit` to do the task again"
            }
            Outcome::Unknown => "ended for an unknown reason",
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// What is wrong with a cluster's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClusterFault {
    /// It did not answer in time.
    Timeout,
    /// It did not answer a submission in time.
    SubmitTimeout,
    /// It refuses connections.
    ConnectionRefused,
    /// It cannot be reached.
    HostUnreachable,
    /// It broke the connection.
    ConnectionReset,
    /// Another fault of the connection.
    Socket,
    /// No secure connection can be made.
    Tls,
    /// Its stress cannot be read.
    StressUnreadable,
    /// It, or the proxy before it, says that it is out of order for the moment (HTTP 502, 503, 504).
    OutOfOrder,
    /// Its answers cannot be understood: a person has to look.
    BadAnswers,
}

impl ClusterFault {
    /// Returns whether it passes by itself: then it is over when the cluster answers again.
    pub fn passes(self) -> bool {
        match self {
            ClusterFault::Timeout
            | ClusterFault::SubmitTimeout
            | ClusterFault::ConnectionRefused
            | ClusterFault::HostUnreachable
            | ClusterFault::ConnectionReset
            | ClusterFault::Socket
            | ClusterFault::Tls
            | ClusterFault::StressUnreadable
            | ClusterFault::OutOfOrder => true,
            ClusterFault::BadAnswers => false,
        }
    }
}

impl fmt::Display for ClusterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ClusterFault::Timeout => "no answer in time",
            ClusterFault::SubmitTimeout => "no answer to a submission in time",
            ClusterFault::ConnectionRefused => "connection refused",
            ClusterFault::HostUnreachable => "host unreachable",
            ClusterFault::ConnectionReset => "connection reset",
            ClusterFault::Socket => "connection failed",
            ClusterFault::Tls => "no secure connection",
            ClusterFault::StressUnreadable => "stress cannot be read",
            ClusterFault::OutOfOrder => "out of order",
            ClusterFault::BadAnswers => "answers that cannot be understood",
        })
    }
}

/// Why a cluster did not take a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It could not be reached; nothing was sent.
    Unreachable,
    /// It was certainly not taken, which says nothing about the next time: what was looked for did not arrive,
    /// or was left out of what was sent. The same command may pass at once.
    Busy,
    /// It cannot serve this for the moment, and may later: nodes are away, or it was asked too often. The
    /// campaign waits there, ever longer, and others go on.
    NotNow,
    /// The request was too large (HTTP 413).
    TooLarge,
    /// We may not do this (HTTP 401, 403).
    NotAllowed,
    /// Its user has no token for this cluster.
    NoToken,
    /// The request itself is wrong and will not pass later either (HTTP 400, an admission rule).
    BadRequest,
    /// Its user has no login on this cluster.
    NoLogin,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Unreachable => "cluster unreachable",
            Refusal::Busy => "cluster busy",
            Refusal::NotNow => "not possible for the moment",
            Refusal::TooLarge => "request too large",
            Refusal::NotAllowed => "not allowed",
            Refusal::NoToken => "no token",
            Refusal::BadRequest => "request refused",
            Refusal::NoLogin => "no login",
        })
    }
}
