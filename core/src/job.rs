//! The states of our jobs on clusters, and how many are in each.

use serde::{Deserialize, Serialize};

/// What is known of a job that is or may be alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum JobState {
    /// Asked for, without an answer.
    Sent,
    /// Asked for; the answer is that nobody knows.
    Unknown,
    /// Accepted, not yet seen in the cluster.
    Accepted,
    /// Waits in the cluster's queue.
    Waiting,
    /// Holds cores.
    Running,
    /// Seen, or missed, in a state that says nothing.
    Unclear,
}

/// A number of jobs for each [`JobState`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts([u32; 6]);

impl StateCounts {
    /// Returns the number of jobs in a state.
    pub fn of(&self, state: JobState) -> u32 {
        self.0[state as usize]
    }

    /// Returns the number of jobs in all states.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    pub(crate) fn add(&mut self, state: JobState) {
        self.0[state as usize] += 1;
    }

    pub(crate) fn remove(&mut self, state: JobState) {
        self.0[state as usize] -= 1;
    }
}

/// Collects jobs counted elsewhere.
impl FromIterator<(JobState, u32)> for StateCounts {
    fn from_iter<I: IntoIterator<Item = (JobState, u32)>>(counts: I) -> StateCounts {
        let mut sums = StateCounts::default();
        for (state, jobs) in counts {
            sums.0[state as usize] += jobs;
        }
        sums
    }
}
