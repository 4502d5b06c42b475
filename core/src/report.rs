//! What a cycle did, what it did not do, and why: values that print themselves. Bounded in size.

pub mod text;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fact::{ClusterFault, Outcome, Refusal};
use crate::ids::{CampaignId, ClusterId, CommandId, EventId, RemoteJobId, TaskId};
use crate::policy::reason::PolicyReason;
use crate::time::Timestamp;

/// The most lines of each sort in a report; what is beyond is only counted, but for events.
pub const LINES_MAX: usize = 4096;

/// The account of one cycle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CycleReport {
    /// A line for each campaign on each cluster that has something to send there.
    #[serde(rename = "couples")]
    pub pairs: Vec<PairReport>,
    /// Things that happened, in order.
    pub notices: Vec<Notice>,
    /// Lines and notices left out because there were more than [`LINES_MAX`].
    pub omitted: u64,
    /// Facts that changed nothing: repeated, late, or about things unknown.
    pub ignored_facts: u64,
    /// Tasks moved from the bags to the queues in this cycle.
    #[serde(rename = "dealt")]
    pub placed: u64,
    /// Jobs asked for in this cycle.
    pub submitted: u64,
}

impl CycleReport {
    /// Empties the report and keeps its memory.
    pub fn clear(&mut self) {
        let CycleReport { pairs, notices, omitted, ignored_facts, placed, submitted } = self;
        pairs.clear();
        notices.clear();
        (*omitted, *ignored_facts, *placed, *submitted) = (0, 0, 0, 0);
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        // Who keeps events must not miss one; there are never more than living jobs and clusters.
        let kept = matches!(notice, Notice::EventOpened { .. } | Notice::EventClosed { .. });
        if self.notices.len() < LINES_MAX || kept {
            self.notices.push(notice);
        } else {
            self.omitted += 1;
        }
    }

    pub(crate) fn pair(&mut self, line: PairReport) {
        if self.pairs.len() < LINES_MAX {
            self.pairs.push(line);
        } else {
            self.omitted += 1;
        }
    }
}

/// What a cycle did with one campaign on one cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairReport {
    /// The cluster.
    pub cluster: ClusterId,
    /// The campaign.
    pub campaign: CampaignId,
    /// Jobs asked for now.
    pub submitted: u32,
    /// Tasks that stay in the queue.
    pub queued: u32,
    /// Jobs there, answered or not.
    pub active: u32,
    /// Why no more than that.
    pub reason: Reason,
}

impl fmt::Display for PairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PairReport { cluster, campaign, submitted, queued, active, reason } = self;
        write!(
            f,
            "campaign {campaign} on cluster {cluster}: {submitted} submitted, {queued} queued, \
             {active} active: {reason}"
        )
    }
}

/// Why a campaign got what it got on a cluster: as the core itself decides, or in the words of the policy.
/// The codes of the core's own are [`CODES_OF_THE_CORE`](crate::policy::reason::CODES_OF_THE_CORE).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Everything that was queued is on its way.
    AllSent,
    /// Another campaign ahead has a closed tap and its grace period still runs.
    BehindGrace {
        /// The campaign ahead.
        campaign: CampaignId,
    },
    /// Another campaign was served in this cycle; one campaign a cycle and cluster.
    BehindOther {
        /// The campaign served.
        campaign: CampaignId,
    },
    /// A submission to the cluster has no answer yet.
    AnswerAwaited {
        /// Which command.
        command: CommandId,
    },
    /// Too many submissions to the cluster have an unknown outcome.
    OutcomesUnknown {
        /// How many.
        commands: u32,
    },
    /// The campaign may have no more jobs here at once (`max_jobs`, or 1 in test mode).
    MaxJobs {
        /// The limit.
        max: u32,
    },
    /// The prologue has to end well first.
    PrologueFirst,
    /// Open events block the campaign here.
    Blocked {
        /// How many events.
        events: u32,
    },
    /// The cluster cannot serve the campaign for the moment.
    NotNow {
        /// It is tried again from this time on.
        until: Timestamp,
    },
    /// The campaign is paused.
    Paused,
    /// Something is wrong with the cluster's server.
    ClusterLost,
    /// The operator has taken the cluster out of use.
    ClusterDisabled,
    /// The cluster does not belong to the grid any more.
    ClusterRetired,
    /// The cluster is under stress: nothing new is planned there.
    ClusterStressed,
    /// All tasks left are in the queues of other clusters, or on their way.
    NothingLeft,
    /// The policy's own. Written as one of these, whose names no code of a policy may be.
    #[serde(untagged)]
    Policy(PolicyReason),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::AllSent => f.write_str("everything queued is on its way"),
            Reason::BehindGrace { campaign } => {
                write!(f, "campaign {campaign} ahead has just closed its tap")
            }
            Reason::BehindOther { campaign } => {
                write!(f, "campaign {campaign} ahead is served in this cycle")
            }
            Reason::AnswerAwaited { command } => {
                write!(f, "the cluster has not answered command {command}")
            }
            Reason::OutcomesUnknown { commands } => {
                write!(f, "{commands} submissions have an unknown outcome")
            }
            Reason::MaxJobs { max } => write!(f, "at most {max} jobs at once"),
            Reason::PrologueFirst => f.write_str("the prologue has not ended yet"),
            Reason::Blocked { events } => write!(f, "blocked by {events} open events"),
            Reason::NotNow { until } => {
                write!(
                    f,
                    "the cluster cannot serve it for the moment; it is tried again from {until} on"
                )
            }
            Reason::Paused => f.write_str("the campaign is paused"),
            Reason::ClusterLost => f.write_str("the cluster cannot be used"),
            Reason::ClusterDisabled => f.write_str("the cluster is disabled by the operator"),
            Reason::ClusterRetired => f.write_str("the cluster is not part of the grid any more"),
            Reason::ClusterStressed => f.write_str("the cluster is under stress"),
            Reason::NothingLeft => f.write_str("no task is left for this cluster"),
            Reason::Policy(reason) => write!(f, "{reason}"),
        }
    }
}

/// Something that happened in a cycle and that a person may want to read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// All tasks of a campaign are settled.
    CampaignFinished {
        /// Which campaign.
        campaign: CampaignId,
    },
    /// Something happened that is not dealt with yet.
    EventOpened {
        /// The event, to be named when it is fixed.
        event: EventId,
        /// The campaign; none when it is the cluster's own affair.
        campaign: Option<CampaignId>,
        /// The cluster.
        cluster: ClusterId,
        /// What happened.
        cause: EventCause,
        /// The blacklist that it opens: an event whose parent it is, and which is lifted with it.
        blacklist: Option<EventId>,
    },
    /// An event is dealt with, and its blacklist lifted.
    EventClosed {
        /// Which event.
        event: EventId,
        /// Its campaign.
        campaign: Option<CampaignId>,
        /// Its cluster.
        cluster: ClusterId,
        /// Why.
        closing: Closing,
    },
    /// A campaign pauses.
    CampaignPaused {
        /// Which campaign.
        campaign: CampaignId,
    },
    /// A campaign goes on.
    CampaignResumed {
        /// Which campaign.
        campaign: CampaignId,
    },
    /// A campaign is given up.
    CampaignCancelled {
        /// Which campaign.
        campaign: CampaignId,
    },
    /// A task is given up by its user.
    TaskCancelled {
        /// Which task.
        task: TaskId,
    },
    /// A cluster has put a copy in the place of a job.
    JobReplaced {
        /// The cluster.
        cluster: ClusterId,
        /// Whose job.
        campaign: CampaignId,
        /// The job that is no more.
        job: RemoteJobId,
        /// The job that is followed from now on.
        copy: RemoteJobId,
    },
    /// A task goes back to the bag after a job.
    Resubmitted {
        /// Which task.
        task: TaskId,
        /// Where its job was.
        cluster: ClusterId,
        /// How that job ended.
        outcome: Outcome,
    },
    /// A task is given up.
    TaskFailed {
        /// Which task.
        task: TaskId,
        /// Where its last job was.
        cluster: ClusterId,
        /// How that job ended.
        outcome: Outcome,
    },
    /// Tasks went back to the bag because they had been queued for too long.
    QueuedTooLong {
        /// The campaign.
        campaign: CampaignId,
        /// The cluster whose queue they leave.
        cluster: ClusterId,
        /// How many.
        tasks: u32,
    },
    /// A job is to be deleted.
    Cancelled {
        /// The cluster.
        cluster: ClusterId,
        /// Whose job.
        campaign: CampaignId,
        /// The job.
        job: RemoteJobId,
        /// Why.
        reason: CancelReason,
    },
    /// A cluster did not take a submission.
    Refused {
        /// Which command.
        command: CommandId,
        /// The campaign.
        campaign: CampaignId,
        /// The cluster.
        cluster: ClusterId,
        /// Why.
        reason: Refusal,
    },
    /// The epilogue was left out: the cluster cannot be used, or blocks the campaign.
    EpilogueSkipped {
        /// The campaign.
        campaign: CampaignId,
        /// The cluster.
        cluster: ClusterId,
    },
}

/// Why a job of ours is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// Its campaign was cancelled.
    CampaignCancelled,
    /// Its task was cancelled.
    TaskCancelled,
    /// Its submission had been given up when it was found.
    #[serde(rename = "stray")]
    Orphan,
    /// It has not started within the waiting limit.
    WaitedTooLong,
    /// It runs longer than its walltime and the margin.
    RunsTooLong,
    /// It waits in a full cluster while another has free cores.
    NeededElsewhere,
    /// The cluster could not start it, and has made copies of it in vain.
    CannotStart,
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CancelReason::CampaignCancelled => "its campaign was cancelled",
            CancelReason::TaskCancelled => "its task was cancelled",
            CancelReason::Orphan => "its submission had been given up",
            CancelReason::WaitedTooLong => "it waited too long",
            CancelReason::RunsTooLong => "it runs beyond its walltime",
            CancelReason::NeededElsewhere => "it waits while another cluster has free cores",
            CancelReason::CannotStart => "neither it nor its copies could be started",
        })
    }
}

/// What opened an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventCause {
    /// A task failed.
    Task {
        /// Which task.
        task: TaskId,
        /// How.
        outcome: Outcome,
    },
    /// The prologue failed.
    Prologue(Outcome),
    /// The epilogue failed.
    Epilogue(Outcome),
    /// The cluster refused a submission for good.
    Refused(Refusal),
    /// Something is wrong with the cluster's server.
    Fault(ClusterFault),
    /// The operator takes the cluster out of use.
    Disabled,
    /// The cluster is under stress.
    Stress,
    /// The cluster refuses to delete jobs of the campaign. It blocks nothing, and is over when they are.
    Undeleted(Refusal),
}

impl EventCause {
    /// Returns whether its campaign is not over before a person has dealt with it; other events wait for the
    /// cluster, and pass by themselves.
    pub fn is_awaited(&self) -> bool {
        self.blocks() || matches!(self, EventCause::Task { .. })
    }

    /// Returns whether it keeps one campaign, or all, from the cluster.
    pub fn blocks(&self) -> bool {
        match self {
            // These say nothing about the campaign's other tasks.
            EventCause::Task { outcome: Outcome::Unsendable | Outcome::Unreadable, .. } => false,
            EventCause::Task { .. }
            | EventCause::Prologue(_)
            | EventCause::Epilogue(_)
            | EventCause::Fault(_)
            | EventCause::Disabled => true,
            EventCause::Refused(refusal) => *refusal != Refusal::NotNow,
            EventCause::Stress | EventCause::Undeleted(_) => false,
        }
    }
}

/// Why an event is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// A person says that it is dealt with.
    Fixed,
    /// It has passed by itself.
    Passed,
    /// Its campaign or its task was cancelled.
    Cancelled,
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Closing::Fixed => "fixed",
            Closing::Passed => "it has passed",
            Closing::Cancelled => "what it was about is cancelled",
        })
    }
}
