//! Nodes that fail and come back in the World.

use crate::faults::{NodeChange, NodeFaults, NodeIndex};
use crate::job::ClusterIndex;
use crate::node::{NodeCondition, NodeState};
use crate::observer::Observer;
use crate::time::SimTime;
use crate::world::{Event, World};

impl<O: Observer> World<O> {
    /// Puts the listed changes after `from`, or each node's first failure, into the queue. Rates count
    /// from the first arrival, but not from before `from`.
    pub(super) fn schedule_faults(&mut self, index: ClusterIndex, from: SimTime) {
        let cluster = &mut self.clusters[index.index()];
        let origin = cluster.arrivals.next_submit().unwrap_or(SimTime::ZERO).max(from);
        let changes: Vec<(NodeChange, bool)> = match &mut cluster.faults {
            NodeFaults::Never => Vec::new(),
            NodeFaults::Listed(list) => {
                let later = list.iter().filter(|change| change.time > from);
                later.map(|change| (*change, false)).collect()
            }
            NodeFaults::Rates(rates) => (0..cluster.nodes)
                .map(|node| {
                    let time = origin + rates.draw(true);
                    (NodeChange { time, node: NodeIndex(node), up: false }, true)
                })
                .collect(),
        };
        for (NodeChange { time, node: NodeIndex(node), up }, again) in changes {
            self.push(time, Event::Node { cluster: index, node, up, again });
        }
    }

    /// A node is in that state from now on, but for a failure.
    pub(super) fn switch_node(&mut self, index: ClusterIndex, node: u32, state: NodeState) {
        let condition = self.clusters[index.index()].node_states[node as usize];
        self.put_node(index, node, NodeCondition { else_is: state, ..condition });
    }

    /// A node is in that condition from now on.
    pub(super) fn put_node(&mut self, index: ClusterIndex, node: u32, condition: NodeCondition) {
        if let Some(state) = self.clusters[index.index()].change_node(node, condition) {
            self.observer.node_changed(self.now, index, node, state);
        }
    }

    /// A node fails or is repaired.
    pub(super) fn change_node(&mut self, index: ClusterIndex, node: u32, up: bool, again: bool) {
        let cluster = &mut self.clusters[index.index()];
        if let (true, NodeFaults::Rates(rates)) = (again, &mut cluster.faults) {
            let time = self.now + rates.draw(up);
            self.push(time, Event::Node { cluster: index, node, up: !up, again });
        }
        let cluster = &self.clusters[index.index()];
        let (cores, before) = (cluster.node_cores(node), cluster.node_states[node as usize]);
        if before.failed != up {
            return;
        }
        // A failed node is not off any more: it comes back alive. One that leaves goes on leaving.
        let member = before.else_is.is_member();
        let else_is = if member { NodeState::Up } else { before.else_is };
        self.put_node(index, node, NodeCondition { failed: !up, else_is });
        if else_is == NodeState::Absent {
            return;
        }
        let cluster = &mut self.clusters[index.index()];
        if !member {
            // Its scheduler takes it for gone, and is told of the jobs alone.
            self.end_jobs_on(index, &cores);
        } else if up {
            cluster.scheduler.cores_up(self.now, &cores, &[], &self.jobs, &mut self.actions);
            self.carry_out(index);
        } else {
            cluster.scheduler.cores_down(self.now, &cores, &self.jobs, &mut self.actions);
            self.carry_out(index);
            self.end_jobs_on(index, &cores);
        }
    }
}
