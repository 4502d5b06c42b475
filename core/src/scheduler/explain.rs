//! Why a task is where it is, and what holds it back on each cluster.

use std::fmt;

use crate::ids::{ClusterId, EventId, RemoteJobId, TaskId};
use crate::job::JobState;
use crate::ledger::attempt::AttemptWork;
use crate::ledger::campaign::{Campaign, CampaignState};
use crate::ledger::task_state::TaskState;
use crate::report::{EventCause, Reason};
use crate::scheduler::Scheduler;

/// The account of one task. Prints itself in a few lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Which task.
    pub task: TaskId,
    /// Its parameter.
    pub parameter: Box<str>,
    /// The state of its campaign.
    pub campaign: CampaignState,
    /// Where it is.
    pub location: TaskLocation,
    /// Jobs it has had; none where that is forgotten, after the campaign's end.
    pub attempts: Option<u16>,
    /// What each cluster of the campaign says about it.
    pub clusters: Vec<ClusterExplanation>,
}

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TaskLocation {
    /// In the bag.
    Pending,
    /// In the queue of a cluster.
    Queued(ClusterId),
    /// With a job.
    Live {
        /// Where.
        cluster: ClusterId,
        /// The cluster's name for the job, if known.
        job: Option<RemoteJobId>,
        /// The job's state.
        state: JobState,
    },
    /// Failed, and waiting for a person.
    Blocked(EventId),
    /// Over.
    Settled(TaskState),
}

/// What one cluster says about a task.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterExplanation {
    /// Which cluster.
    pub cluster: ClusterId,
    /// Its name.
    pub name: Box<str>,
    /// How often the task went wrong there; it goes elsewhere first.
    pub penalty: u16,
    /// Why the campaign did not get more there in the last cycle.
    pub reason: Option<Reason>,
}

/// The task is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// There is no such campaign.
    #[error("there is no campaign {}", .task.campaign)]
    NoCampaign {
        /// What was asked for.
        task: TaskId,
    },
    /// The campaign has fewer tasks.
    #[error("campaign {} has {total} tasks, and none with index {}", .task.campaign, .task.index)]
    NoTask {
        /// What was asked for.
        task: TaskId,
        /// Tasks of the campaign.
        total: u32,
    },
}

impl ExplainError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ExplainError::NoCampaign { .. } => {
                "campaigns are named by the number given at submission"
            }
            ExplainError::NoTask { .. } => {
                "tasks are counted from 0, in the order of the parameters"
            }
        }
    }
}

impl Scheduler {
    /// Explains where a task is and why.
    ///
    /// # Errors
    /// [`ExplainError`] when there is no such task.
    pub fn explain(&self, task: TaskId) -> Result<Explanation, ExplainError> {
        let slot = self.ledger.slot(task.campaign).ok_or(ExplainError::NoCampaign { task })?;
        let campaign = self.ledger.campaign(slot);
        let total = campaign.bag.total();
        let state = campaign.bag.state(task.index).ok_or(ExplainError::NoTask { task, total })?;
        let remembered = campaign.bag.remembered(task.index);
        let fresh = matches!(state, TaskState::Pending | TaskState::Cancelled);
        Ok(Explanation {
            task,
            parameter: campaign.parameter(task.index).unwrap_or_default().into(),
            campaign: campaign.state,
            location: self.location(campaign, task, state),
            attempts: remembered.map(|cell| cell.attempts).or(fresh.then_some(0)),
            clusters: self.cluster_explanations(campaign, task.index),
        })
    }

    fn location(&self, campaign: &Campaign, task: TaskId, state: TaskState) -> TaskLocation {
        let link = || campaign.bag.cell(task.index).link;
        match state {
            TaskState::Pending => TaskLocation::Pending,
            TaskState::Queued => TaskLocation::Queued(campaign.pairs[link() as usize].0),
            TaskState::Live => {
                let attempt = self.ledger.attempts.in_slot(link());
                let attempt = attempt.expect("a live task links to its attempt");
                debug_assert_eq!(attempt.work, AttemptWork::Task(task.index));
                let (cluster, job, state) = (attempt.cluster, attempt.remote, attempt.state);
                TaskLocation::Live { cluster, job, state }
            }
            TaskState::Blocked => {
                let mut events = self.open_events();
                let of_task = |cause: EventCause| matches!(cause, EventCause::Task { task: blocked, .. } if blocked == task);
                let event = events.find(|(_, event)| of_task(event.cause)).map(|(id, _)| id);
                TaskLocation::Blocked(event.expect("a blocked task has an open event"))
            }
            TaskState::Done | TaskState::Failed | TaskState::Cancelled => {
                TaskLocation::Settled(state)
            }
        }
    }

    fn cluster_explanations(&self, campaign: &Campaign, index: u32) -> Vec<ClusterExplanation> {
        let pairs = (0..).zip(&campaign.pairs);
        pairs
            .map(|(cluster_position, &(cluster, pair_index))| ClusterExplanation {
                cluster,
                name: self.config.clusters[cluster.index()].name.clone(),
                penalty: campaign.bag.penalty(index, cluster_position),
                reason: self.ledger.pair(cluster, pair_index).reason.clone(),
            })
            .collect()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {} (`{}`): ", self.task, self.parameter)?;
        self.location.tell(f, &|cluster| self.name_of(cluster))?;
        match self.attempts {
            Some(1) => write!(f, ", 1 job so far")?,
            Some(attempts) => write!(f, ", {attempts} jobs so far")?,
            None => {}
        }
        match self.campaign {
            CampaignState::InTreatment => {}
            CampaignState::Paused => write!(f, "; its campaign is paused")?,
            CampaignState::Terminated => write!(f, "; its campaign is finished")?,
            CampaignState::Cancelled => write!(f, "; its campaign was cancelled")?,
        }
        for cluster in &self.clusters {
            write!(f, "\n  {}: ", cluster.name)?;
            match &cluster.reason {
                Some(reason) => write!(f, "{reason}")?,
                None => write!(f, "nothing to send in the last cycle")?,
            }
            if cluster.penalty > 0 {
                write!(f, " (penalty {} for what went wrong there)", cluster.penalty)?;
            }
        }
        Ok(())
    }
}

impl Explanation {
    /// Returns what people call a cluster of the campaign.
    fn name_of(&self, cluster: ClusterId) -> String {
        let named = self.clusters.iter().find(|known| known.cluster == cluster);
        named.map_or_else(
            || format!("cluster {cluster}"),
            |known| format!("cluster `{}`", known.name),
        )
    }
}

impl TaskLocation {
    fn tell(&self, f: &mut fmt::Formatter<'_>, name: &dyn Fn(ClusterId) -> String) -> fmt::Result {
        match self {
            TaskLocation::Pending => f.write_str("in the bag"),
            TaskLocation::Queued(cluster) => write!(f, "queued for {}", name(*cluster)),
            TaskLocation::Live { cluster, job, state } => {
                match job {
                    Some(job) => write!(f, "job {job}")?,
                    None => f.write_str("a job without a name yet")?,
                }
                let state = match state {
                    JobState::Sent => "asked for",
                    JobState::Unknown => "of unknown outcome",
                    JobState::Accepted => "accepted",
                    JobState::Waiting => "waiting",
                    JobState::Running => "running",
                    JobState::Unclear => "in an unclear state",
                };
                write!(f, " on {}, {state}", name(*cluster))
            }
            TaskLocation::Blocked(event) => write!(f, "blocked by event {event}"),
            TaskLocation::Settled(TaskState::Failed) => f.write_str("given up"),
            TaskLocation::Settled(TaskState::Cancelled) => f.write_str("left undone"),
            TaskLocation::Settled(_) => f.write_str("done"),
        }
    }
}
