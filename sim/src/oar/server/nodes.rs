//! How a node is, in OAR's words and in the World's. Decides nothing.

use gleaner_oar::states::ResourceState;

use crate::node::NodeState;

/// OAR's word for how a node is; one that boots is absent until it is there.
pub fn resource_state(state: NodeState) -> ResourceState {
    match state {
        NodeState::Up => ResourceState::Alive,
        NodeState::Down | NodeState::Draining => ResourceState::Suspected,
        NodeState::Off | NodeState::Booting => ResourceState::Absent,
        NodeState::Dead | NodeState::Absent => ResourceState::Dead,
    }
}

/// How a node is whose resources are in a state.
pub fn node_state(state: ResourceState) -> NodeState {
    match state {
        ResourceState::Alive => NodeState::Up,
        ResourceState::Suspected => NodeState::Down,
        ResourceState::Absent => NodeState::Off,
        ResourceState::Dead => NodeState::Dead,
    }
}
