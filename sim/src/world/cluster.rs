//! One cluster of the World: its cores, its scheduler, what arrives, and what it counts.

use std::collections::BTreeMap;

use crate::arrivals::{ArrivalCursor, Arrivals};
use crate::cores::Intervals;
use crate::faults::NodeFaults;
use crate::guard::Guard;
use crate::job::{Job, JobKind, JobSpec, JobState};
use crate::node::{NodeCondition, NodeState, cores_of};
use crate::observer::Counts;
use crate::scheduler::ClusterScheduler;
use crate::sizes::Sizes;
use crate::snapshot::ClusterState;
use crate::time::{SimSpan, SimTime};
use crate::world::occupancy::Occupancy;

/// Where a scheduler's run-time estimates come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Estimates {
    /// The time the user asked for; the true run time where none was given.
    #[default]
    Requested,
    /// The true run time (cut at the walltime): perfect prediction.
    Exact,
    /// The requested time multiplied by thousandths, at least 1000: 2000 doubles it.
    Factor(u32),
}

impl Estimates {
    /// The estimate for a job: at least a millisecond, since a plan cannot hold cores for no time, and at
    /// most the longest time that anybody may ask for.
    pub fn of(self, spec: &JobSpec) -> SimSpan {
        let requested = spec.walltime.unwrap_or(spec.run);
        let estimate = match self {
            Estimates::Requested => requested,
            Estimates::Exact => spec.run_within_walltime(),
            Estimates::Factor(thousandths) => {
                let ms = i128::from(requested.ms()) * i128::from(thousandths) / 1000;
                SimSpan::from_ms(i64::try_from(ms).unwrap_or(i64::MAX)).min(SimSpan::MAX)
            }
        };
        estimate.max(SimSpan::from_ms(1))
    }
}

/// What a cluster is made from. A copy shares the owners' jobs.
#[derive(Clone)]
pub struct ClusterSetup {
    /// Its name.
    pub name: String,
    /// The most nodes that it may have, at least 1.
    pub nodes: u32,
    /// Cores of each node, at least 1; core `c` belongs to node `c / cores_per_node`.
    pub cores_per_node: u32,
    /// Who decides on it.
    pub scheduler: Box<dyn ClusterScheduler>,
    /// Where run-time estimates come from.
    pub estimates: Estimates,
    /// The owners' jobs.
    pub arrivals: Arrivals,
    /// When its nodes fail.
    pub faults: NodeFaults,
    /// When nodes come and leave, as far as that is known beforehand.
    pub sizes: Sizes,
}

/// A cluster at work.
pub(super) struct Cluster {
    pub(super) nodes: u32,
    pub(super) cores_per_node: u32,
    pub(super) scheduler: Box<dyn ClusterScheduler>,
    pub(super) estimates: Estimates,
    /// The owners' jobs still to come.
    pub(super) arrivals: ArrivalCursor,
    pub(super) faults: NodeFaults,
    pub(super) sizes: Sizes,
    pub(super) node_states: Vec<NodeCondition>,
    /// How many jobs each node that is about to leave waits for.
    pub(super) draining: BTreeMap<u32, u32>,
    pub(super) occupancy: Occupancy,
    /// Highest number of a job so far, those to come included.
    pub(super) number_max: u64,
    /// The earliest time for which a wake-up is in the queue and still meant.
    pub(super) wake: Option<SimTime>,
    pub(super) guard: Guard,
    pub(super) counts: Counts,
    /// Jobs that have taken their cores and have not left.
    pub(super) alive: u64,
}

impl Cluster {
    pub(super) fn new(setup: ClusterSetup) -> Cluster {
        let ClusterSetup {
            name,
            nodes,
            cores_per_node,
            scheduler,
            estimates,
            arrivals,
            faults,
            sizes,
        } = setup;
        assert!(nodes > 0 && cores_per_node > 0, "cluster `{name}` has no cores");
        assert!(
            sizes.at_start.is_none_or(|first| first <= nodes)
                && sizes.changes.iter().all(|change| change.nodes <= nodes)
                && sizes.changes.is_sorted_by_key(|change| change.time),
            "cluster `{name}`: sizes of more than {nodes} nodes, or not sorted by time"
        );
        let cores = nodes.checked_mul(cores_per_node).expect("fewer than 2^32 cores in a cluster");
        let facts = arrivals.facts();
        let (least, most) = facts.cores;
        assert!(
            facts.count == 0 || (least > 0 && most <= cores),
            "cluster `{name}`: its owners' jobs want from {least} to {most} of {cores} cores"
        );
        Cluster {
            nodes,
            cores_per_node,
            estimates,
            number_max: facts.number_max(),
            arrivals: arrivals.cursor(),
            faults,
            sizes,
            node_states: vec![NodeCondition::default(); nodes as usize],
            draining: BTreeMap::new(),
            occupancy: Occupancy::default(),
            scheduler,
            wake: None,
            guard: Guard::new(&name, cores),
            counts: Counts::default(),
            alive: 0,
        }
    }

    pub(super) fn cores(&self) -> u32 {
        self.nodes * self.cores_per_node
    }

    /// All but its jobs, as plain data.
    pub(super) fn state(&self) -> ClusterState {
        ClusterState {
            nodes: self.node_states.clone(),
            cores_per_node: self.cores_per_node,
            number_max: self.number_max,
            submitted: self.counts.submitted,
            intents: Some(self.scheduler.intents()),
        }
    }

    pub(super) fn node_cores(&self, node: u32) -> Intervals {
        cores_of(node, self.cores_per_node)
    }

    /// The cores of nodes that come in order.
    pub(super) fn cores_of_nodes(&self, nodes: impl Iterator<Item = u32>) -> Intervals {
        let mut cores = Intervals::new();
        for node in nodes {
            let first = node * self.cores_per_node;
            cores.push(first, first + self.cores_per_node - 1);
        }
        cores
    }

    /// The number of waiting jobs of a kind.
    pub(super) fn waiting(&mut self, kind: JobKind) -> &mut u32 {
        match kind {
            JobKind::Local => &mut self.counts.local_waiting,
            JobKind::BestEffort | JobKind::Grid => &mut self.counts.besteffort_waiting,
        }
    }

    /// A job takes its cores.
    pub(super) fn take(&mut self, job: &Job) {
        self.occupancy.take(job, &mut self.counts);
    }

    /// A job is over; the cores that it still holds are being cleaned up.
    pub(super) fn is_over(&mut self, job: &mut Job) {
        job.state = JobState::CleaningUp;
        if !job.released {
            self.occupancy.is_over(job, &mut self.counts);
        }
    }

    /// A job gives its cores back.
    pub(super) fn give_back(&mut self, job: &Job) {
        self.occupancy.give_back(job, &mut self.counts);
        self.guard.give_back(job);
    }

    /// Puts a node into a condition. Returns what is seen of it, if that is new.
    pub(super) fn change_node(&mut self, node: u32, condition: NodeCondition) -> Option<NodeState> {
        let before = std::mem::replace(&mut self.node_states[node as usize], condition).state();
        let after = condition.state();
        if before.is_away() != after.is_away() {
            let cores = self.node_cores(node);
            self.occupancy.set_available(&cores, !after.is_away(), &mut self.counts);
        }
        match (before == NodeState::Absent, after == NodeState::Absent) {
            (false, true) => self.counts.absent_cores += self.cores_per_node,
            (true, false) => self.counts.absent_cores -= self.cores_per_node,
            (true, true) | (false, false) => {}
        }
        (before != after).then_some(after)
    }

    /// Cores of the nodes that are not up.
    pub(super) fn unavailable(&self) -> impl Iterator<Item = Intervals> + '_ {
        let gone = |node: &u32| self.node_states[*node as usize].state().is_away();
        (0..self.nodes).filter(gone).map(|node| self.node_cores(node))
    }

    /// Lets the guard count.
    pub(super) fn check(&self) {
        let Counts { local_waiting, besteffort_waiting, .. } = self.counts;
        self.guard.counts(u64::from(local_waiting) + u64::from(besteffort_waiting), self.alive);
        self.guard.cores(&self.counts);
    }
}
