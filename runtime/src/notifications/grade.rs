//! How grave an event is, and whom it concerns: CiGri's classes. Knows no words of messages.

use gleaner_api::notifications::Severity;
use gleaner_api::shapes::event::CLUSTER_DISABLED;
use gleaner_api::states::EventClass;

use crate::store::notifications::told::UntoldEvent;

/// The code of a campaign that is over.
pub(super) const FINISHED: &str = "FINISHED_CAMPAIGN";
/// The code of what keeps a campaign, or everybody, from a cluster.
pub(super) const BLACKLIST: &str = "BLACKLIST";

/// How an event is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// To nobody: it is told by another one, passes, or has passed.
    Not,
    /// To the campaign's user, once until somebody has dealt with it.
    ToUser(Severity),
    /// To the campaign's user, each time.
    Finished,
    /// To administrators, one message each.
    ToAdmins(Severity),
    /// To administrators: a campaign that gets nothing new on a cluster.
    Kept,
    /// To administrators, many in one.
    Listed,
}

/// Returns how an event is told, as it is by now.
pub(super) fn telling(event: &UntoldEvent) -> Telling {
    let of_campaign = event.campaign.is_some();
    match (event.class, &*event.code) {
        (_, "RESUBMIT" | "RESUBMIT_END" | "QUEUED_FOR_TOO_LONG") => Telling::Not,
        (_, FINISHED) => Telling::Finished,
        (EventClass::Log, _) => Telling::Listed,
        // It was dealt with, has passed, or was over at once.
        (EventClass::Cluster | EventClass::Job | EventClass::Campaign, _) if !event.open => {
            Telling::Not
        }
        // That of a cluster is told with its cause.
        (EventClass::Cluster, BLACKLIST) => Telling::Not,
        (_, BLACKLIST) => Telling::Kept,
        // It passes, and whoever waits for long is told so.
        (_, "RUNNER_SUBMIT_LATER") => Telling::Not,
        (_, code) if of_campaign => Telling::ToUser(grade(code, false)),
        (_, code) => Telling::ToAdmins(grade(code, event.blocks)),
    }
}

fn grade(code: &str, blocks: bool) -> Severity {
    match code {
        "UNDER_STRESS" | "WALLTIME_WARNING" | "CIGRI_WALLTIME" => Severity::Medium,
        // Of these nobody has to do anything.
        "REMOTE_WAITING_FRAG" => Severity::Low,
        CLUSTER_DISABLED => Severity::High,
        "TIMEOUT" | "POST_TIMEOUT" | "CONNECTION_REFUSED" | "CONNECTION_RESET" | "SOCKET_ERROR"
        | "HOST_UNREACHABLE" | "SSL_ERROR"
            if !blocks =>
        {
            Severity::Medium
        }
        _ => Severity::High,
    }
}

#[cfg(test)]
mod tests {
    use gleaner_api::notifications::Severity;
    use gleaner_api::states::EventClass;
    use gleaner_core::ids::{CampaignId, EventId};
    use gleaner_core::time::Timestamp;

    use super::{Telling, telling};
    use crate::store::notifications::told::{ToldCampaign, UntoldEvent};

    #[test]
    fn events_are_told_to_whom_they_concern_and_as_grave_as_with_cigri() {
        let campaign = ToldCampaign {
            id: CampaignId(1),
            user: "alice".to_owned(),
            name: "n".to_owned(),
            total: 1,
            finished: 0,
            submitted_at: Timestamp::ZERO,
            completed_at: None,
        };
        let told = |class, code: &str, open, of_campaign: bool, blocks| {
            telling(&UntoldEvent {
                id: EventId(1),
                class,
                code: code.to_owned(),
                open,
                cluster: None,
                job: None,
                opened_at: Timestamp::ZERO,
                message: String::new(),
                campaign: of_campaign.then(|| campaign.clone()),
                blocks,
            })
        };
        use EventClass::{Campaign, Cluster, Job, Log, Notify};
        use Severity::{High, Low, Medium};
        for (class, code, open, of_campaign, blocks, expected) in [
            (Job, "EXIT_ERROR", true, true, true, Telling::ToUser(High)),
            (Job, "EXIT_ERROR", false, true, false, Telling::Not),
            (Job, "RESUBMIT", false, true, false, Telling::Not),
            (Campaign, "BLACKLIST", true, true, false, Telling::Kept),
            (Campaign, "PAUSED", false, true, false, Telling::Not),
            (Campaign, "RUNNER_SUBMIT_LATER", true, true, false, Telling::Not),
            (Campaign, "DELETION_REFUSED", true, true, false, Telling::ToUser(High)),
            (Notify, "FINISHED_CAMPAIGN", false, true, false, Telling::Finished),
            (Notify, "WALLTIME_WARNING", false, true, false, Telling::ToUser(Medium)),
            (Notify, "REMOTE_WAITING_FRAG", false, true, false, Telling::ToUser(Low)),
            (Log, "LATE_JOB", false, true, false, Telling::Listed),
            (Log, "QUEUED_FOR_TOO_LONG", false, true, false, Telling::Not),
            (Cluster, "TIMEOUT", true, false, true, Telling::ToAdmins(High)),
            (Cluster, "TIMEOUT", true, false, false, Telling::ToAdmins(Medium)),
            (Cluster, "TIMEOUT", false, false, true, Telling::Not),
            (Cluster, "BLACKLIST", true, false, false, Telling::Not),
            (Cluster, "UNDER_STRESS", true, false, false, Telling::ToAdmins(Medium)),
            (Cluster, "CLOCK_STEP", true, false, false, Telling::ToAdmins(High)),
        ] {
            assert_eq!(told(class, code, open, of_campaign, blocks), expected, "{code}");
        }
    }
}
