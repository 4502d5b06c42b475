//! Failures and repairs of nodes: a list, or rates with random streams of their own. Must not
//! know jobs.

use rand::{Rng, RngExt};
use rand_pcg::Pcg64Mcg;

use crate::time::{SimSpan, SimTime};

/// Number of a node within its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeIndex(pub u32);

/// A node going down or coming up at a given time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeChange {
    /// When.
    pub time: SimTime,
    /// Which node.
    pub node: NodeIndex,
    /// Up or down.
    pub up: bool,
}

/// Where the failures of a cluster's nodes come from.
#[derive(Clone, Debug, Default)]
pub enum NodeFaults {
    /// Nodes never fail.
    #[default]
    Never,
    /// As listed; a change to the state that the node is in already has no effect.
    Listed(Vec<NodeChange>),
    /// Each node alternates between exponentially distributed times up and down.
    Rates(FaultRates),
}

/// Failure and repair rates of a cluster's nodes, and their random stream.
#[derive(Clone, Debug)]
pub struct FaultRates {
    /// Mean time to failure of one node.
    pub mean_up: SimSpan,
    /// Mean time to repair.
    pub mean_down: SimSpan,
    /// The stream that belongs to this cluster's failures alone.
    pub rng: Pcg64Mcg,
}

impl FaultRates {
    /// How long a node that has just changed stays `up` or down: exponential with the wanted mean,
    /// by inversion, at least one millisecond.
    pub(crate) fn draw(&mut self, up: bool) -> SimSpan {
        let mean = if up { self.mean_up } else { self.mean_down };
        exponential(&mut self.rng, mean)
    }
}

/// Draws from the exponential distribution of the given mean, by inversion.
fn exponential(rng: &mut impl Rng, mean: SimSpan) -> SimSpan {
    let uniform: f64 = rng.random();
    let span_ms = -libm::log(1.0 - uniform) * mean.ms() as f64;
    SimSpan::from_ms((span_ms as i64).clamp(1, SimSpan::FOREVER.ms()))
}
