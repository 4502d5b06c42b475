//! Events as users of CiGri know them: the code and class of whatever a report tells. Knows no
//! table and no route.
//!
//! The codes are CiGri's, and a contract: what users filter by, and what their scripts wait for. Two of them bear
//! the name of OAR, which CiGri drives alone. Here they are said of clusters of any resource manager: a job that
//! could not be launched is a `LAUNCHING_OAREXEC_TIMEOUT`, and one that the cluster put a copy in the place of an
//! `OAR_AUTO_RESUBMIT`, wherever it was.

use crate::fact::{ClusterFault, Outcome, Refusal};
use crate::report::{CancelReason, EventCause, Notice};

/// The code of every blacklist, whether it keeps one campaign or all from a cluster.
pub const BLACKLIST: &str = "BLACKLIST";

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    /// About a whole cluster.
    Cluster,
    /// About a job.
    Job,
    /// About a campaign.
    Campaign,
    /// Only to be told.
    Notify,
    /// Only to be written down.
    Log,
}

impl EventClass {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            EventClass::Cluster => "cluster",
            EventClass::Job => "job",
            EventClass::Campaign => "campaign",
            EventClass::Notify => "notify",
            EventClass::Log => "log",
        }
    }
}

/// What an event is called and what kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventName {
    /// Its code.
    pub code: &'static str,
    /// Its kind.
    pub class: EventClass,
}

impl EventCause {
    /// Returns what the event is called. Its blacklist is a [`BLACKLIST`], of the class `campaign`, or
    /// `cluster` where the event is about a cluster.
    pub fn event_name(&self) -> EventName {
        let (code, class) = match self {
            EventCause::Task { outcome, .. } => (task_code(*outcome), EventClass::Job),
            EventCause::Prologue(_) => ("PROLOG_EXIT_ERROR", EventClass::Job),
            EventCause::Epilogue(_) => ("EPILOG_EXIT_ERROR", EventClass::Job),
            EventCause::Refused(refusal @ Refusal::NotNow) => {
                (refusal_code(*refusal), EventClass::Campaign)
            }
            EventCause::Refused(refusal) => (refusal_code(*refusal), EventClass::Job),
            EventCause::Fault(fault) => (fault_code(*fault), EventClass::Cluster),
            EventCause::Disabled => ("CLUSTER_MANUALLY_DISABLED", EventClass::Cluster),
            EventCause::Stress => ("UNDER_STRESS", EventClass::Cluster),
            // CiGri says nothing where a deletion is refused.
            EventCause::Undeleted(_) => ("DELETION_REFUSED", EventClass::Campaign),
        };
        EventName { code, class }
    }
}

fn task_code(outcome: Outcome) -> &'static str {
    match outcome {
        // These are done again, but not for ever.
        Outcome::Exited(0 | 66 | 67)
        | Outcome::KilledBestEffort
        | Outcome::Exterminated
        | Outcome::Deleted
        | Outcome::KilledWalltime
        | Outcome::LeaseExpired => "TOO_MANY_RESUBMIT",
        Outcome::Exited(_) | Outcome::Signalled(_) => "EXIT_ERROR",
        Outcome::WorkingDirectory => "WORKING_DIRECTORY_ERROR",
        Outcome::NotStarted => "LAUNCHING_OAREXEC_TIMEOUT",
        Outcome::LateOrFailed | Outcome::Unknown => "UNKNOWN_ERROR",
        // What follows has no name with CiGri, which takes any job for its task's.
        Outcome::OtherTask => "NO_JOB_FOR_TASK",
        Outcome::Unsendable => "PARAMETER_NOT_SENDABLE",
        Outcome::Unreadable => "JOB_NOT_READABLE",
    }
}

fn refusal_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::TooLarge => "RUNNER_SUBMIT_TOO_LARGE",
        Refusal::NotAllowed => "RUNNER_SUBMIT_PERMISSION_DENIED",
        Refusal::NoToken => "RUNNER_SUBMIT_TOKEN_NOT_FOUND",
        // CiGri calls this a token that is missing, which no user can mend.
        Refusal::NoLogin => "RUNNER_SUBMIT_LOGIN_NOT_FOUND",
        Refusal::NotNow => "RUNNER_SUBMIT_LATER",
        Refusal::Unreachable | Refusal::Busy | Refusal::BadRequest => "RUNNER_SUBMIT_ERROR",
    }
}

fn fault_code(fault: ClusterFault) -> &'static str {
    match fault {
        ClusterFault::Timeout => "TIMEOUT",
        ClusterFault::SubmitTimeout => "POST_TIMEOUT",
        ClusterFault::ConnectionRefused => "CONNECTION_REFUSED",
        ClusterFault::HostUnreachable => "HOST_UNREACHABLE",
        ClusterFault::ConnectionReset => "CONNECTION_RESET",
        ClusterFault::Socket => "SOCKET_ERROR",
        ClusterFault::Tls => "SSL_ERROR",
        ClusterFault::StressUnreadable => "GET_STRESS_FACTOR",
        // CiGri has one code a request that failed; these two tell what is wrong instead.
        ClusterFault::OutOfOrder => "CLUSTER_API_SERVER_ERROR",
        ClusterFault::BadAnswers => "GET_JOBS",
    }
}

impl Notice {
    /// Returns what an event is called that is over as soon as it is told, for what CiGri writes down
    /// as one. None for [`Notice::EventOpened`], whose cause has the name, and for what is no event.
    pub fn event_name(&self) -> Option<EventName> {
        let (code, class) = match self {
            Notice::CampaignFinished { .. } => ("FINISHED_CAMPAIGN", EventClass::Notify),
            Notice::CampaignPaused { .. } => ("PAUSED", EventClass::Campaign),
            Notice::CampaignResumed { .. } => ("RESUMED", EventClass::Campaign),
            Notice::CampaignCancelled { .. } => ("USER_FRAG", EventClass::Campaign),
            Notice::TaskCancelled { .. } => ("USER_FRAG", EventClass::Job),
            Notice::JobReplaced { .. } => ("OAR_AUTO_RESUBMIT", EventClass::Job),
            Notice::Resubmitted { outcome: Outcome::Exited(67), .. } => {
                ("RESUBMIT_END", EventClass::Job)
            }
            Notice::Resubmitted { outcome: Outcome::KilledWalltime, .. } => {
                ("WALLTIME_WARNING", EventClass::Notify)
            }
            Notice::Resubmitted { .. } => ("RESUBMIT", EventClass::Job),
            Notice::TaskFailed { outcome, .. } => (task_code(*outcome), EventClass::Job),
            Notice::QueuedTooLong { .. } => ("QUEUED_FOR_TOO_LONG", EventClass::Log),
            Notice::Cancelled { reason, .. } => match reason {
                CancelReason::WaitedTooLong => ("REMOTE_WAITING_FRAG", EventClass::Notify),
                CancelReason::RunsTooLong => ("CIGRI_WALLTIME", EventClass::Notify),
                CancelReason::NeededElsewhere => ("CALLED_BACK", EventClass::Log),
                // Their campaign or task has its own.
                CancelReason::CampaignCancelled | CancelReason::TaskCancelled => return None,
                // Its end opens an event.
                CancelReason::CannotStart => return None,
                CancelReason::Stray => ("LATE_JOB", EventClass::Log),
            },
            Notice::Refused { reason, .. } => match reason {
                Refusal::Unreachable | Refusal::Busy => ("SUBMIT_JOB", EventClass::Log),
                // These open an event.
                Refusal::TooLarge
                | Refusal::NotNow
                | Refusal::NotAllowed
                | Refusal::NoToken
                | Refusal::NoLogin
                | Refusal::BadRequest => return None,
            },
            Notice::EventOpened { .. }
            | Notice::EventClosed { .. }
            | Notice::EpilogueSkipped { .. } => return None,
        };
        Some(EventName { code, class })
    }
}
