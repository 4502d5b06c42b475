//! What a journal writes down of a command, and compares when it is replayed: what was decided. Who owns
//! the campaign and what its tasks' parameters are was told by facts and stands there; with the core's
//! memory it makes the command complete again. The serialised form is the format.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::backend::memory::Memory;
use crate::decision::{Action, Command, JobToDelete, Submission, Work};
use crate::ids::{CampaignId, ClusterId, CommandId, RemoteJobId};
use crate::jdl::spec::{ClusterSettings, JobKind};
use crate::time::Duration;

/// A [`Command`] as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedCommand {
    /// See [`Command::id`].
    pub id: CommandId,
    /// See [`Command::cluster`].
    pub cluster: ClusterId,
    /// See [`Command::action`].
    pub action: RecordedAction,
}

/// An [`Action`] as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedAction {
    /// See [`Action::Submit`].
    Submit(RecordedSubmission),
    /// See [`Action::Cancel`].
    Cancel {
        /// The jobs to delete.
        jobs: Vec<RemoteJobId>,
    },
}

/// A [`Submission`] as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedSubmission {
    /// See [`Submission::campaign`].
    pub campaign: CampaignId,
    /// See [`Submission::work`].
    pub work: Work,
    /// See [`Submission::kind`].
    pub kind: JobKind,
    /// See [`Submission::walltime`].
    pub walltime: Duration,
    /// See [`Submission::cores`].
    pub cores: u32,
    /// See [`Submission::settings`].
    pub settings: Arc<ClusterSettings>,
}

impl From<&Command> for RecordedCommand {
    fn from(command: &Command) -> RecordedCommand {
        let Command { id, cluster, action } = command;
        let action = match action {
            Action::Submit(submission) => RecordedAction::Submit(submission.into()),
            Action::Cancel { jobs } => {
                RecordedAction::Cancel { jobs: jobs.iter().map(|unwanted| unwanted.job).collect() }
            }
        };
        RecordedCommand { id: *id, cluster: *cluster, action }
    }
}

impl From<&Submission> for RecordedSubmission {
    fn from(submission: &Submission) -> RecordedSubmission {
        let Submission { campaign, user: _, work, kind, walltime, cores, settings, parameters: _ } =
            submission;
        RecordedSubmission {
            campaign: *campaign,
            work: work.clone(),
            kind: *kind,
            walltime: *walltime,
            cores: *cores,
            settings: Arc::clone(settings),
        }
    }
}

impl RecordedCommand {
    /// Makes the command that was decided, out of what the core remembers of the campaign. A job to
    /// delete that is over by now has no owner any more.
    ///
    /// # Panics
    /// Where the core does not know the campaign of a submission: it remembers all that it has sent.
    pub fn completed(self, memory: Memory<'_>) -> Command {
        let RecordedCommand { id, cluster, action } = self;
        let action = match action {
            RecordedAction::Submit(submission) => Action::Submit(submission.completed(memory)),
            RecordedAction::Cancel { jobs } => {
                let owned = |job| JobToDelete { job, user: memory.owner(cluster, job).cloned() };
                Action::Cancel { jobs: jobs.into_iter().map(owned).collect() }
            }
        };
        Command { id, cluster, action }
    }
}

impl RecordedSubmission {
    fn completed(self, memory: Memory<'_>) -> Submission {
        let RecordedSubmission { campaign, work, kind, walltime, cores, settings } = self;
        let known = memory.user(campaign).zip(memory.parameters(campaign));
        let (user, parameters) = known.expect("whoever submits is known");
        Submission {
            campaign,
            user: Arc::clone(user),
            work,
            kind,
            walltime,
            cores,
            settings,
            parameters: parameters.clone(),
        }
    }
}
