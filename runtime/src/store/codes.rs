//! Codes and classes of events, as users of CiGri know them: they filter by codes, and their scripts wait for them
//! (`docs/events.md`). Knows no table.
//!
//! Two codes bear the name of OAR, which CiGri drives alone. Here they are said of clusters of any resource manager: a
//! job that could not be launched is a `LAUNCHING_OAREXEC_TIMEOUT`, and one that the cluster has put a copy in the place
//! of an `OAR_AUTO_RESUBMIT`, wherever it was.

use gleaner_api::shapes::event::CLUSTER_DISABLED;
use gleaner_api::states::EventClass;
use gleaner_core::fact::{ClusterFault, Outcome, Refusal};
use gleaner_core::report::{CancelReason, EventCause, Notice};

/// The code of every blacklist, whether it keeps one campaign or all from a cluster.
pub(super) const BLACKLIST: &str = "BLACKLIST";

/// The code of a campaign that a cluster cannot serve for the moment.
pub(super) const LATER: &str = "RUNNER_SUBMIT_LATER";

/// What an event is called and what kind it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EventName {
    /// Its code.
    pub(super) code: &'static str,
    /// Its kind.
    pub(super) class: EventClass,
}

impl EventName {
    /// Returns what the event of a cause is called. Its blacklist is a [`BLACKLIST`], of the class
    /// `campaign`, or `cluster` where the event is about a cluster.
    pub(super) fn of_cause(cause: &EventCause) -> EventName {
        let (code, class) = match cause {
            EventCause::Task { outcome, .. } => (task_code(*outcome), EventClass::Job),
            EventCause::Prologue(_) => ("PROLOG_EXIT_ERROR", EventClass::Job),
            EventCause::Epilogue(_) => ("EPILOG_EXIT_ERROR", EventClass::Job),
            EventCause::Refused(refusal @ Refusal::NotNow) => {
                (refusal_code(*refusal), EventClass::Campaign)
            }
            EventCause::Refused(refusal) => (refusal_code(*refusal), EventClass::Job),
            EventCause::Fault(fault) => (fault_code(*fault), EventClass::Cluster),
            EventCause::Disabled => (CLUSTER_DISABLED, EventClass::Cluster),
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
        Refusal::NotNow => LATER,
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

impl EventName {
    /// Returns what an event is called that is over as soon as it is told, for what CiGri writes down as one.
    /// None for [`Notice::EventOpened`], whose cause has the name, and for what is no event.
    pub(super) fn of_notice(notice: &Notice) -> Option<EventName> {
        let (code, class) = match notice {
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
                CancelReason::Orphan => ("LATE_JOB", EventClass::Log),
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

#[cfg(test)]
mod tests {
    use gleaner_core::fact::{ClusterFault, Outcome, Refusal};
    use gleaner_core::ids::{CampaignId, TaskId};
    use gleaner_core::report::EventCause;

    use super::EventName;

    #[test]
    fn causes_have_the_codes_that_users_know() {
        let task = TaskId { campaign: CampaignId(1), index: 0 };
        let of_task = |outcome| EventCause::Task { task, outcome };
        let table = [
            (of_task(Outcome::Exited(1)), "EXIT_ERROR (job)"),
            (of_task(Outcome::Exited(66)), "TOO_MANY_RESUBMIT (job)"),
            (of_task(Outcome::KilledBestEffort), "TOO_MANY_RESUBMIT (job)"),
            (of_task(Outcome::WorkingDirectory), "WORKING_DIRECTORY_ERROR (job)"),
            (of_task(Outcome::NotStarted), "LAUNCHING_OAREXEC_TIMEOUT (job)"),
            (of_task(Outcome::LateOrFailed), "UNKNOWN_ERROR (job)"),
            (of_task(Outcome::Unsendable), "PARAMETER_NOT_SENDABLE (job)"),
            (EventCause::Prologue(Outcome::Exited(1)), "PROLOG_EXIT_ERROR (job)"),
            (EventCause::Epilogue(Outcome::Exited(1)), "EPILOG_EXIT_ERROR (job)"),
            (EventCause::Refused(Refusal::NotNow), "RUNNER_SUBMIT_LATER (campaign)"),
            (EventCause::Refused(Refusal::TooLarge), "RUNNER_SUBMIT_TOO_LARGE (job)"),
            (EventCause::Refused(Refusal::NotAllowed), "RUNNER_SUBMIT_PERMISSION_DENIED (job)"),
            (EventCause::Refused(Refusal::NoLogin), "RUNNER_SUBMIT_LOGIN_NOT_FOUND (job)"),
            (EventCause::Refused(Refusal::BadRequest), "RUNNER_SUBMIT_ERROR (job)"),
            (EventCause::Fault(ClusterFault::Timeout), "TIMEOUT (cluster)"),
            (EventCause::Fault(ClusterFault::OutOfOrder), "CLUSTER_API_SERVER_ERROR (cluster)"),
            (EventCause::Fault(ClusterFault::BadAnswers), "GET_JOBS (cluster)"),
            (EventCause::Disabled, "CLUSTER_MANUALLY_DISABLED (cluster)"),
            (EventCause::Stress, "UNDER_STRESS (cluster)"),
            (EventCause::Undeleted(Refusal::NotAllowed), "DELETION_REFUSED (campaign)"),
        ];
        for (cause, expected) in table {
            let EventName { code, class } = EventName::of_cause(&cause);
            assert_eq!(format!("{code} ({})", class.word()), expected, "{cause:?}");
        }
    }
}
