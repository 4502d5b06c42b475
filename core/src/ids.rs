//! Names of things, each its own type. Knows nothing about the things themselves.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// A campaign, as users type it. Given by the caller, in order of submission: the smaller id
    /// was there first, and that is what FIFO means.
    CampaignId(u32)
}
id! {
    /// A cluster: its position in [`crate::config::SchedulerConfig::clusters`].
    ClusterId(u16)
}
id! {
    /// A job as its cluster numbers it. Unique within a cluster.
    RemoteJobId(u64)
}
id! {
    /// A command of the scheduler, counted from 1 in the order they were decided.
    CommandId(u64)
}
id! {
    /// An event that a person may have to fix, counted from 1.
    EventId(u64)
}

impl RemoteJobId {
    /// Stands in a list of an array's jobs for one that has no id (yet): no cluster counts from 0.
    pub const NONE: RemoteJobId = RemoteJobId(0);
}

impl ClusterId {
    /// Returns the cluster's position, for indexing.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns each of a list's items with the cluster in whose position it is.
    pub fn with_each<T>(
        items: impl IntoIterator<Item = T>,
    ) -> impl Iterator<Item = (ClusterId, T)> {
        (0..=u16::MAX).map(ClusterId).zip(items)
    }
}

/// The index of a pair, a campaign on one of its clusters, among the pairs of the cluster: dense, and used again
/// when the campaign has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PairIndex(pub u32);

impl PairIndex {
    /// Returns the number, for indexing.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns each of a list's items with the cluster in whose position it is.
    pub fn with_each<T>(
        items: impl IntoIterator<Item = T>,
    ) -> impl Iterator<Item = (ClusterId, T)> {
        (0..=u16::MAX).map(ClusterId).zip(items)
    }
}

/// A user: a dense index, in the order in which users came. Not written down: a scheduler that is restored
/// may count otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserIndex(pub u32);

/// A task: one parameter of one campaign, to be done exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    /// The campaign it belongs to.
    pub campaign: CampaignId,
    /// The position of its parameter in the campaign, from 0.
    pub index: u32,
}

/// Prints `campaign.index`, the form that [`TaskId`]'s parser and `--explain` take.
impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.campaign, self.index)
    }
}

/// The text is not of the form `campaign.index`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a task")]
pub struct TaskIdError {
    /// What was given.
    pub text: Box<str>,
}

impl TaskIdError {
    /// Returns a hint: what a task looks like.
    pub fn hint(&self) -> &'static str {
        "a task is written `campaign.index`, as in `3.0` for the first task of campaign 3"
    }
}

impl std::str::FromStr for TaskId {
    type Err = TaskIdError;

    fn from_str(text: &str) -> Result<TaskId, TaskIdError> {
        let parts = text
            .split_once('.')
            .and_then(|(campaign, index)| Some((campaign.parse().ok()?, index.parse().ok()?)));
        match parts {
            Some((campaign, index)) => Ok(TaskId { campaign: CampaignId(campaign), index }),
            None => Err(TaskIdError { text: text.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TaskId;

    #[test]
    fn a_task_prints_and_reads_alike() {
        let task: TaskId = "12.7".parse().unwrap();
        assert_eq!(task.to_string(), "12.7");
        for wrong in ["", "12", "12.", ".7", "a.b", "12.7.1", "-1.2", "5000000000.1"] {
            assert!(wrong.parse::<TaskId>().is_err(), "{wrong}");
        }
    }
}
