//! Sizes of a cluster over time: how many of its declared nodes it has, from when on, and what
//! becomes of the jobs on nodes that leave. Must not know who decides on the cluster.

use thiserror::Error;

use crate::time::SimTime;

/// What becomes of jobs on a node that leaves its cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leave {
    /// They go on: no job starts there any more, and the node leaves with the last one.
    #[default]
    Drain,
    /// They are killed, and the node leaves at once.
    Kill,
}

/// Another size from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeChange {
    /// When.
    pub time: SimTime,
    /// How many nodes there are to be from then on.
    pub nodes: u32,
    /// How nodes leave, if there were more.
    pub leave: Leave,
}

/// The sizes of a cluster, as far as they are known beforehand. It has its first nodes: the lowest
/// come first, the highest leave first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Nodes that are there in the beginning; `None`: all.
    pub at_start: Option<u32>,
    /// Changes, in order of time.
    pub changes: Vec<SizeChange>,
}

impl Sizes {
    /// Whether nodes come or leave.
    pub fn change(&self) -> bool {
        self.at_start.is_some() || !self.changes.is_empty()
    }
}

/// Why a cluster's size cannot be changed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SizeError {
    /// More nodes than were declared.
    #[error("{nodes} nodes are more than the {most} that were declared")]
    TooMany {
        /// Nodes asked for.
        nodes: u32,
        /// Nodes declared.
        most: u32,
    },
    /// A node that was not declared.
    #[error("there is no node {node}: {most} were declared, counted from 0")]
    NoSuchNode {
        /// The node.
        node: u32,
        /// Nodes declared.
        most: u32,
    },
    /// A node that is to come is there, or is named twice.
    #[error("node {0} is there already")]
    There(u32),
    /// A node that is to leave is not there, is about to leave, or is named twice.
    #[error("node {0} is not there, or is about to leave")]
    NotThere(u32),
}
