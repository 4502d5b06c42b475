//! What tasks do once they run: their work, and how an attempt behaves. Must not know clusters.

use gleaner_core::ids::CampaignId;

use crate::time::SimSpan;

/// How long tasks run and how they end: known to the simulation alone.
pub trait TaskBehaviour: Send + Sync {
    /// Returns how one attempt (counted from 1) of a piece of work of `campaign` behaves.
    fn attempt(&self, campaign: CampaignId, work: TaskWork, attempt: u32) -> Behaviour;
}

/// A piece of work of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskWork {
    /// The task of this index.
    Task(u32),
    /// What prepares a cluster.
    Prologue,
    /// What cleans up behind the campaign.
    Epilogue,
}

impl TaskWork {
    /// The index of the task, if it is one.
    pub fn task(self) -> Option<u32> {
        match self {
            TaskWork::Task(index) => Some(index),
            TaskWork::Prologue | TaskWork::Epilogue => None,
        }
    }
}

/// How one attempt of a task behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// How long the command runs if nothing stops it.
    pub run: SimSpan,
    /// The exit code it then ends with.
    pub exit_code: u8,
}
