//! What can be said of a node of a cluster. Must not know why, nor whose jobs are on it.

use crate::cores::Intervals;

/// The cores of a node, counted from 0.
pub(crate) fn cores_of(node: u32, cores_per_node: u32) -> Intervals {
    let first = node * cores_per_node;
    Intervals::span(first, first + cores_per_node - 1)
}

/// The nodes of some cores, in order.
pub(crate) fn nodes_of(cores: &Intervals, cores_per_node: u32) -> impl Iterator<Item = u32> + '_ {
    let spans = cores.as_slice().iter();
    let nodes = spans.map(move |(first, last)| (first / cores_per_node, last / cores_per_node));
    let mut next = 0;
    nodes.flat_map(move |(first, last)| {
        let from = first.max(next);
        next = last + 1;
        from..=last
    })
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
    /// About to leave its cluster: no job starts there any more, and those that are there go on.
    Draining,
    /// Not in its cluster now: not there yet, or left.
    Absent,
}

impl NodeState {
    /// Whether no job can be put on it.
    pub fn is_away(self) -> bool {
        self != NodeState::Up
    }

    /// Whether it is in its cluster and stays there.
    pub fn is_member(self) -> bool {
        !matches!(self, NodeState::Draining | NodeState::Absent)
    }
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
    /// What is seen of it: of a node that is not there, no failure.
    pub fn state(self) -> NodeState {
        match self.else_is {
            NodeState::Absent => NodeState::Absent,
            _ if self.failed => NodeState::Down,
            state => state,
        }
    }

    /// Whether schedulers are told that it can be used, as far as they do not switch it themselves.
    pub(crate) fn is_open(self) -> bool {
        !self.failed && self.else_is.is_member()
    }
}
