//! A site as its administrators set it up: resources, queues, names of a log's users and queues,
//! power switches. Knows no jobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::oar::model::ids::ResourceId;
use crate::oar::model::properties::Properties;
use crate::oar::model::resource::Resource;
use crate::oar::model::resources::Resources;
use crate::oar::model::state::Queue;
use crate::time::SimSpan;

/// What a simulated OAR server is set up for.
#[derive(Debug, Clone)]
pub struct Site {
    /// Cores of each node, at least 1.
    pub cores_per_node: u32,
    /// A resource for each core: the resource of core `c` has id `c + 1`.
    pub resources: Resources,
    /// Queues.
    pub queues: Vec<Queue>,
    /// How the numbers in a log are called here.
    pub names: LogNames,
    /// Power switches of the nodes, used where energy saving is on.
    pub power: PowerSwitches,
}

/// Names of the users and queues that are numbers in a workload log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogNames {
    /// Queues by number; jobs of others go to `default`.
    pub queues: BTreeMap<i32, Arc<str>>,
    /// Users by number; others are called `user` and their number.
    pub users: BTreeMap<i32, Arc<str>>,
    /// Projects by user number; others are of project `default`.
    pub projects: BTreeMap<i32, Arc<str>>,
}

/// How nodes are switched on and off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerSwitches {
    /// From the order to wake until a node is alive.
    pub boot: SimSpan,
    /// So many idle nodes are left on.
    pub keep_alive: u32,
}

impl Default for PowerSwitches {
    /// Three minutes to boot, no node left on for its own sake.
    fn default() -> PowerSwitches {
        PowerSwitches { boot: SimSpan::from_s(180), keep_alive: 0 }
    }
}

impl Site {
    /// `nodes` nodes of `cores_per_node` cores with the packaged queues: each core has the property
    /// `core`, a number of its own, and is on a node of equally long name, since OAR sorts names as
    /// text.
    pub fn flat(nodes: u32, cores_per_node: u32) -> Site {
        let mut properties = Properties::default();
        properties.set_to_id("core");
        let cores_of = |node: u32| {
            let name: Arc<str> = format!("node{node:08}").into();
            let first = node * cores_per_node + 1;
            let properties = properties.clone();
            (first..first + cores_per_node).map(move |id| {
                let mut resource = Resource::new(ResourceId(id), Arc::clone(&name));
                resource.properties = properties.clone();
                resource
            })
        };
        Site {
            cores_per_node,
            resources: (0..nodes).flat_map(cores_of).collect(),
            queues: Queue::packaged(),
            names: LogNames::default(),
            power: PowerSwitches::default(),
        }
    }
}
