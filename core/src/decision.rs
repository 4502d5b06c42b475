//! All that a cycle may want: commands, the reasons for them, and when to be woken. A command is complete:
//! whoever sends it has nobody to ask. Commands do not return; their outcome is a later fact. How they are
//! carried out, and what is written down of them (`record.rs`), stays outside.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::ids::{CampaignId, ClusterId, CommandId, RemoteJobId, TaskId};
use crate::jdl::params::tasks::TaskParameters;
use crate::jdl::spec::{ClusterSettings, JobKind};
use crate::report::CycleReport;
use crate::time::{Duration, Timestamp};

/// The output of one cycle. Its buffers are reused from cycle to cycle.
#[derive(Debug)]
pub struct Decision {
    /// What to do, in this order. At most one submission a cluster.
    pub commands: Vec<Command>,
    /// What was decided, what was not, and why.
    pub report: CycleReport,
    /// When the next cycle is to run.
    pub wake: Wake,
}

/// When a cycle is to run: between these two, as soon as a fact calls for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// No cycle runs before, not even for facts: the least time between two of them.
    pub earliest: Timestamp,
    /// It runs then in any case, never before `earliest`; [`Timestamp::NEVER`] when only a fact can change
    /// anything.
    pub latest: Timestamp,
}

impl Wake {
    /// At once: the first cycle.
    pub const NOW: Wake = Wake { earliest: Timestamp::ZERO, latest: Timestamp::ZERO };
}

impl Decision {
    /// Makes an empty decision that wants the first cycle at once.
    pub fn new() -> Decision {
        Decision { commands: Vec::new(), report: CycleReport::default(), wake: Wake::NOW }
    }
}

impl Default for Decision {
    fn default() -> Decision {
        Decision::new()
    }
}

/// One order to one cluster, with all that is needed to send it.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The name under which its outcome is told.
    pub id: CommandId,
    /// The cluster it goes to.
    pub cluster: ClusterId,
    /// What to do.
    pub action: Action,
}

/// What a cluster can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Start jobs.
    Submit(Submission),
    /// Delete jobs of ours; one that is already over is none the worse for it.
    Cancel {
        /// The jobs to delete, never empty.
        jobs: SmallVec<[JobToDelete; 4]>,
    },
}

/// A job that is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobToDelete {
    /// The cluster's name for it.
    pub job: RemoteJobId,
    /// Who owns it, and so who may delete it; none for a job of a campaign that nobody knows, which
    /// nobody can delete.
    pub user: Option<Arc<str>>,
}

/// Jobs of one campaign, alike but for their parameter: an array job.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    /// Whose jobs.
    pub campaign: CampaignId,
    /// Who owns the campaign.
    pub user: Arc<str>,
    /// What they do.
    pub work: Work,
    /// How the cluster is to treat them.
    pub kind: JobKind,
    /// The walltime of each.
    pub walltime: Duration,
    /// Cores that each job asks for, as far as the resource text tells (at least 1).
    pub cores: u32,
    /// All that the JDL says about this campaign on this cluster: resource text, directory,
    /// properties, project, extra job types, command.
    pub settings: Arc<ClusterSettings>,
    /// The parameters of the campaign's tasks, those of this submission among them.
    pub parameters: TaskParameters,
}

impl Submission {
    /// Returns the number of jobs.
    pub fn len(&self) -> usize {
        match &self.work {
            Work::Tasks(tasks) => tasks.len(),
            Work::Prologue | Work::Epilogue => 1,
        }
    }

    /// Returns the parameter of one of its tasks.
    pub fn parameter(&self, task: TaskId) -> Option<Cow<'_, str>> {
        self.parameters.text(task.index)
    }

    /// Returns whether there is nothing to start, which the scheduler never asks for.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What the jobs of a submission do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A job for each of these tasks, in this order.
    Tasks(#[serde(with = "runs")] Vec<TaskId>),
    /// One job that prepares the cluster for the campaign.
    Prologue,
    /// One job that cleans up after the campaign.
    Epilogue,
}

/// Tasks are written as runs (campaign, first index, how many): an array is mostly one run.
mod runs {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::ids::{CampaignId, TaskId};
    use crate::jdl::params::TASKS_MAX;

    pub(super) fn serialize<S: Serializer>(
        tasks: &[TaskId],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let follows = |a: &TaskId, b: &TaskId| {
            a.campaign == b.campaign && a.index.checked_add(1) == Some(b.index)
        };
        let runs = tasks.chunk_by(follows);
        serializer.collect_seq(runs.map(|run| (run[0].campaign, run[0].index, run.len())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<TaskId>, D::Error> {
        let runs = Vec::<(CampaignId, u32, u32)>::deserialize(deserializer)?;
        let mut tasks = Vec::new();
        for (campaign, first, count) in runs {
            let end = first.checked_add(count).filter(|&end| end <= TASKS_MAX);
            let end = end.ok_or_else(|| D::Error::custom("a run of tasks beyond the last task"))?;
            tasks.extend((first..end).map(|index| TaskId { campaign, index }));
        }
        Ok(tasks)
    }
}
