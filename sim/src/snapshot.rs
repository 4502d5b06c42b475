//! A World at an instant, as plain data: who waits and who runs where, how nodes are, what schedulers
//! have in mind. Taken from a World, or written by whoever knows a real cluster. Must not know how a
//! World goes on from it.

use std::collections::BTreeMap;

use crate::cores::Intervals;
use crate::job::{ClusterIndex, Job, JobSlot, JobTable};
use crate::node::{NodeCondition, cores_of};
use crate::time::SimTime;

/// Clusters at an instant.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The instant; everything up to it has happened.
    pub now: SimTime,
    /// The live jobs of all clusters, those submitted first added first.
    pub jobs: JobTable,
    /// Jobs that hold cores or were promised some, in the order in which it is their turn where at
    /// one instant something happens to several. Those left out come behind, by their start.
    pub turns: Vec<JobSlot>,
    /// The clusters.
    pub clusters: Vec<ClusterState>,
}

impl Snapshot {
    /// Returns one snapshot of the clusters of several, which are of one instant; `None` of none.
    ///
    /// # Panics
    /// If they are of different instants.
    pub fn join(parts: impl IntoIterator<Item = Snapshot>) -> Option<Snapshot> {
        let mut parts = parts.into_iter();
        let mut all = parts.next()?;
        for part in parts {
            assert_eq!(part.now, all.now, "snapshots of different instants");
            let first = all.clusters.len() as u16;
            let mut slots: BTreeMap<JobSlot, JobSlot> = BTreeMap::new();
            for slot in part.jobs.by_submission() {
                let job = part.jobs.job(slot);
                let cluster = ClusterIndex(job.cluster.0 + first);
                slots.insert(slot, all.jobs.insert_as(Job { cluster, ..job.clone() }));
            }
            all.turns.extend(part.turns.iter().map(|slot| slots[slot]));
            for mut cluster in part.clusters {
                for (slot, _) in cluster.intents.iter_mut().flat_map(|i| &mut i.promises) {
                    *slot = slots[slot];
                }
                all.clusters.push(cluster);
            }
        }
        Some(all)
    }
}

/// A cluster at an instant, apart from its jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterState {
    /// Its nodes.
    pub nodes: Vec<NodeCondition>,
    /// Cores of each node.
    pub cores_per_node: u32,
    /// Highest number of a job so far.
    pub number_max: u64,
    /// Jobs submitted from outside so far: all but the owners'.
    pub submitted: u64,
    /// What its scheduler has in mind; `None` where that is not known, so that it begins with a pass.
    pub intents: Option<Intents>,
}

impl ClusterState {
    /// The cores of each node on which no job may start: failed, about to leave, or absent.
    pub fn closed(&self) -> impl Iterator<Item = Intervals> + '_ {
        let nodes = (0..).zip(&self.nodes).filter(|(_, condition)| !condition.is_open());
        nodes.map(|(node, _)| cores_of(node, self.cores_per_node))
    }
}

/// What a cluster's scheduler has in mind beside what its jobs show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intents {
    /// Starts that jobs which wait were promised.
    pub promises: Vec<(JobSlot, SimTime)>,
    /// Before this time it does not look at its queue.
    pub rests_until: Option<SimTime>,
    /// When it means to look at its queue if nothing happens before.
    pub next_pass: Option<SimTime>,
}
