//! All that a cycle may want: commands, the reasons for them, and when to be woken. Commands do not
//! return; their outcome is a later fact. How they are carried out stays outside.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::ids::{CampaignId, ClusterId, CommandId, RemoteJobId, TaskId};
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
    /// When the next cycle has to run at the latest; [`Timestamp::NEVER`] when only a fact can
    /// change anything.
    pub next_wake: Timestamp,
    /// Before this time no cycle may run, not even for facts.
    pub not_before: Timestamp,
}

impl Decision {
    /// Makes an empty decision that wants the first cycle at once.
    pub fn new() -> Decision {
        Decision {
            commands: Vec::new(),
            report: CycleReport::default(),
            next_wake: Timestamp::ZERO,
            not_before: Timestamp::ZERO,
        }
    }
}

impl Default for Decision {
    fn default() -> Decision {
        Decision::new()
    }
}

/// One order to one cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// The name under which its outcome is told.
    pub id: CommandId,
    /// The cluster it goes to.
    pub cluster: ClusterId,
    /// What to do.
    pub action: Action,
}

/// What a cluster can be asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Start jobs.
    Submit(Submission),
    /// Delete jobs of ours; one that is already over is none the worse for it.
    Cancel {
        /// The jobs to delete, never empty.
        #[serde(with = "cancelled")]
        jobs: SmallVec<[RemoteJobId; 4]>,
    },
}

/// Jobs of one campaign, alike but for their parameter: an array job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Whose jobs.
    pub campaign: CampaignId,
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
}

impl Submission {
    /// Returns the number of jobs.
    pub fn len(&self) -> usize {
        match &self.work {
            Work::Tasks(tasks) => tasks.len(),
            Work::Prologue | Work::Epilogue => 1,
        }
    }

    /// Tells whether there is nothing to start, which the scheduler never asks for.
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

/// Jobs to delete are written as a plain list.
mod cancelled {
    use serde::{Deserialize, Deserializer, Serializer};
    use smallvec::SmallVec;

    use crate::ids::RemoteJobId;

    pub(super) fn serialize<S: Serializer>(
        jobs: &SmallVec<[RemoteJobId; 4]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(jobs)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SmallVec<[RemoteJobId; 4]>, D::Error> {
        Vec::deserialize(deserializer).map(SmallVec::from_vec)
    }
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
