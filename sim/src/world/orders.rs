//! Orders from outside to whoever manages a cluster. Each takes effect now, or is refused with the
//! manager's own reason. Must not know who manages.

use crate::job::ClusterIndex;
use crate::manager::{Manager, Order, Refused};
use crate::observer::Observer;
use crate::world::World;

impl<O: Observer> World<O> {
    /// The resource manager of a cluster, if its scheduler is a whole one.
    pub fn manager(&self, cluster: ClusterIndex) -> Option<&dyn Manager> {
        self.clusters[cluster.index()].scheduler.manager()
    }

    /// Gives an order to the resource manager of a cluster; none if nobody is there to obey.
    ///
    /// # Errors
    /// A job or node that does not exist, or is not in a state for it.
    pub fn order(&mut self, cluster: ClusterIndex, order: Order) -> Option<Result<(), Refused>> {
        self.manager(cluster)?;
        if let Order::Node(node, state) = order {
            let before = self.node_state(cluster, node);
            if !state.is_member() || before.is_some_and(|before| !before.is_member()) {
                let reason = format!("node {node} comes and leaves with the cluster's size");
                let hint = Some("change the size of the cluster, not the state of the node");
                return Some(Err(Refused { reason, hint }));
            }
            // Jobs may go on, or die slowly, on nodes that are not available any more.
            self.count_core_by_core(cluster);
        }
        let manager = self.clusters[cluster.index()].scheduler.manager_mut()?;
        let obeyed = manager.order(self.now, order, &self.jobs, &mut self.actions);
        self.carry_out(cluster);
        self.settle(cluster);
        Some(obeyed)
    }
}
