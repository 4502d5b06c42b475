//! The state of a task, and numbers of tasks by state. Says nothing of what moves a task from one to another.

/// The state of a task. It is in one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TaskState {
    /// In the bag.
    Pending,
    /// In the queue of a cluster.
    Queued,
    /// With a job, answered or not.
    Live,
    /// Failed; an open event asks what to do.
    Blocked,
    /// Done, with success.
    Done,
    /// Given up.
    Failed,
    /// Left undone because its campaign was cancelled.
    Cancelled,
}

impl TaskState {
    /// All states. A checkpoint writes a state as its position here.
    pub const ALL: [TaskState; 7] = [
        TaskState::Pending,
        TaskState::Queued,
        TaskState::Live,
        TaskState::Blocked,
        TaskState::Done,
        TaskState::Failed,
        TaskState::Cancelled,
    ];
}

/// A number of tasks for each [`TaskState`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts(pub(in crate::ledger) [u32; 7]);

impl TaskCounts {
    /// Returns the number of tasks in a state.
    pub fn of(&self, state: TaskState) -> u32 {
        self.0[state as usize]
    }

    /// Returns the number of tasks in all states.
    pub fn total(&self) -> u64 {
        self.0.iter().copied().map(u64::from).sum()
    }

    pub(in crate::ledger) fn add(&mut self, state: TaskState, tasks: u32) {
        self.0[state as usize] += tasks;
    }

    pub(in crate::ledger) fn shift(&mut self, from: TaskState, to: TaskState, tasks: u32) {
        self.0[from as usize] -= tasks;
        self.0[to as usize] += tasks;
    }
}
