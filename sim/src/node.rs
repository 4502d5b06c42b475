//! What can be said of a node of a cluster. Must not know why, nor whose jobs are on it.

use crate::cores::Intervals;

/// The cores of a node, counted from 0.
pub(crate) fn cores_of(node: u32, cores_per_node: u32) -> Intervals {
    let first = node * cores_per_node;
    Intervals::span(first, first + cores_per_node - 1)
}

/// How a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeState {
    /// There, for jobs to be put on.
    #[default]
    Up,
    /// Failed; it may come back.
    Down,
    /// Switched off, or taken away for a while.
    Off,
    /// Off, and on its way to be up.
    Booting,
    /// Taken away for good, as far as anybody knows.
    Dead,
}

impl NodeState {
    /// Whether no job can be put on it.
    pub fn is_away(self) -> bool {
        self != NodeState::Up
    }

    /// Every state.
    pub const ALL: [NodeState; 5] =
        [NodeState::Up, NodeState::Down, NodeState::Off, NodeState::Booting, NodeState::Dead];
}

/// How a node is, and what is behind a failure of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeCondition {
    /// Whether it has failed.
    pub failed: bool,
    /// How it is if it has not failed.
    pub else_is: NodeState,
}

impl NodeCondition {
    /// What is seen of it.
    pub fn state(self) -> NodeState {
        if self.failed { NodeState::Down } else { self.else_is }
    }
}
