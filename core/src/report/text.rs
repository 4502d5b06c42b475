//! The texts of notices, by the names that their readers know: a cluster by its name, a task by the number
//! that is shown of its job. Where no names are at hand, the core's own numbers stand there.

use std::fmt;

use crate::ids::{ClusterId, EventId, RemoteJobId, TaskId};
use crate::report::{EventCause, Notice};

/// What readers call things. Each method gives a phrase, as in "cluster `luke`".
pub trait Names {
    /// Returns the phrase for a cluster.
    fn cluster(&self, cluster: ClusterId) -> String {
        format!("cluster {cluster}")
    }

    /// Returns the phrase for a task, after something has happened to its job on a cluster.
    fn task(&self, task: TaskId, cluster: Option<ClusterId>) -> String {
        let _ = cluster;
        format!("task {task}")
    }

    /// Returns the phrase for a job, by the number that its cluster gave it.
    fn job(&self, cluster: ClusterId, job: RemoteJobId) -> String {
        let _ = cluster;
        format!("job {job}")
    }

    /// Returns the phrase for an event.
    fn event(&self, event: EventId) -> String {
        format!("event {event}")
    }
}

/// The core's own numbers.
struct Numbers;

impl Names for Numbers {}

impl Notice {
    /// Returns its text, by other names than the core's numbers.
    pub fn text(&self, names: &dyn Names) -> String {
        match self {
            Notice::CampaignFinished { campaign } => format!("campaign {campaign} is finished"),
            Notice::EventOpened { event, campaign, cluster, cause, blacklist } => {
                let (event, at) = (names.event(*event), names.cluster(*cluster));
                let cause = cause.text(*cluster, names);
                match (campaign, blacklist) {
                    (Some(campaign), Some(_)) => {
                        format!("{event} blocks campaign {campaign} on {at}: {cause}")
                    }
                    (Some(campaign), None) => {
                        format!("{event} of campaign {campaign} on {at}: {cause}")
                    }
                    (None, Some(_)) => format!("{event} blocks {at}: {cause}"),
                    (None, None) => format!("{event} on {at}: {cause}"),
                }
            }
            Notice::EventClosed { event, closing, .. } => {
                format!("{} is closed: {closing}", names.event(*event))
            }
            Notice::CampaignPaused { campaign } => format!("campaign {campaign} is paused"),
            Notice::CampaignResumed { campaign } => format!("campaign {campaign} goes on"),
            Notice::CampaignCancelled { campaign } => format!("campaign {campaign} is cancelled"),
            Notice::TaskCancelled { task } => format!("{} is cancelled", names.task(*task, None)),
            Notice::JobReplaced { cluster, job, copy, .. } => {
                let (copy, job) = (names.job(*cluster, *copy), names.job(*cluster, *job));
                format!("{copy} on {} takes the place of {job}", names.cluster(*cluster))
            }
            Notice::Resubmitted { task, cluster, outcome } => {
                let (task, at) = (names.task(*task, Some(*cluster)), names.cluster(*cluster));
                // A campaign whose jobs are killed has very many of these.
                [&task, " goes back to the bag: ", &outcome.text(), " on ", &at].concat()
            }
            Notice::TaskFailed { task, cluster, outcome } => {
                let (task, at) = (names.task(*task, Some(*cluster)), names.cluster(*cluster));
                format!("{task} is given up: {outcome} on {at}")
            }
            Notice::QueuedTooLong { campaign, cluster, tasks } => {
                let at = names.cluster(*cluster);
                format!("{tasks} tasks of campaign {campaign} were queued too long on {at}")
            }
            Notice::Cancelled { cluster, job, reason, .. } => {
                let (job, at) = (names.job(*cluster, *job), names.cluster(*cluster));
                format!("{job} on {at} is to be deleted: {reason}")
            }
            Notice::Refused { command, campaign, cluster, reason } => {
                let at = names.cluster(*cluster);
                format!("command {command} for campaign {campaign} on {at}: {reason}")
            }
            Notice::EpilogueSkipped { campaign, cluster } => {
                let at = names.cluster(*cluster);
                format!("campaign {campaign} leaves out its epilogue on {at}")
            }
        }
    }
}

impl EventCause {
    /// Returns what happened on a cluster, by other names than the core's numbers.
    pub fn text(&self, cluster: ClusterId, names: &dyn Names) -> String {
        match self {
            EventCause::Task { task, outcome } => {
                format!("{}: {outcome}", names.task(*task, Some(cluster)))
            }
            EventCause::Prologue(outcome) => format!("prologue: {outcome}"),
            EventCause::Epilogue(outcome) => format!("epilogue: {outcome}"),
            EventCause::Refused(refusal) => format!("submission: {refusal}"),
            EventCause::Fault(fault) => fault.to_string(),
            EventCause::Disabled => "disabled by the operator".to_owned(),
            EventCause::Stress => "under stress".to_owned(),
            EventCause::Undeleted(refusal) => {
                format!("jobs that are to be deleted run on: {refusal}")
            }
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&Numbers))
    }
}
