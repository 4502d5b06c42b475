//! Whoever watches hears of nodes what the World counts: that they fail, come back, are switched off,
//! boot, and are put into a state by order.

use gleaner_sim::faults::{NodeChange, NodeFaults, NodeIndex};
use gleaner_sim::job::{ClusterIndex, JobSpec};
use gleaner_sim::manager::Order;
use gleaner_sim::node::NodeState;
use gleaner_sim::oar::model::config::{Config, EnergySaving};
use gleaner_sim::oar::server::OarServer;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::oar::server::site::{PowerSwitches, Site};
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::sizes::Sizes;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{ClusterSetup, Estimates, World};

use crate::instance::{Instance, Kind, for_seeds, job};

const CLUSTER: ClusterIndex = ClusterIndex(0);

/// What was heard of nodes.
#[derive(Default)]
struct Heard {
    changes: Vec<(SimTime, u32, NodeState)>,
    states: Vec<NodeState>,
    cores_per_node: u32,
    looks: usize,
}

impl Heard {
    fn of(nodes: u32, cores_per_node: u32) -> Heard {
        let states = vec![NodeState::Up; nodes as usize];
        Heard { states, cores_per_node, ..Heard::default() }
    }
}

impl Observer for Heard {
    fn node_changed(&mut self, now: SimTime, _: ClusterIndex, node: u32, state: NodeState) {
        let before = std::mem::replace(&mut self.states[node as usize], state);
        assert_ne!(before, state, "node {node} is told to be as it was");
        self.changes.push((now, node, state));
    }

    fn changed(&mut self, now: SimTime, _: ClusterIndex, counts: &Counts) {
        let gone = self.states.iter().filter(|state| **state != NodeState::Up).count() as u32;
        let (down, gone) = (counts.down_cores, gone * self.cores_per_node);
        // Jobs may hold on to cores of a node that was taken away.
        let held = counts.local_cores + counts.besteffort_cores;
        assert!(down <= gone && (down == gone || held > 0), "{down} of {gone} cores at {now}");
        self.looks += 1;
    }
}

#[test]
fn failures_and_repairs_are_heard() {
    for_seeds("failures_and_repairs_are_heard", 40, |seed| {
        for kind in [Kind::named("easy"), Kind::named("conservative"), Kind::OarReal] {
            let mut instance = Instance::random(seed);
            instance.faults = Some(seed);
            instance.sizes = Sizes::default();
            let heard = Heard::of(instance.nodes, instance.cores_per_node);
            let mut world = World::new(vec![instance.setup(kind)], heard);
            world.advance(SimTime::from_s(2_000));
            let heard = world.observer();
            assert!(heard.looks > 0);
            let down = heard.changes.iter().filter(|(.., state)| *state == NodeState::Down).count();
            let up = heard.changes.iter().filter(|(.., state)| *state == NodeState::Up).count();
            assert!(down > 0 && down >= up && down + up == heard.changes.len(), "{down} {up}");
        }
    });
}

/// Two nodes of one core, which are switched off when they have nothing to do.
fn saving(faults: NodeFaults) -> World<Heard> {
    let config = Config {
        energy_saving: Some(EnergySaving { idle_s: 30, sleep_s: 30, wake_up_s: 60 }),
        ..Config::default()
    };
    let mut site = Site::flat(2, 1);
    for resource in site.resources.iter_mut() {
        resource.available_upto = 2_147_483_646;
    }
    site.power = PowerSwitches { boot: SimSpan::from_s(40), keep_alive: 0 };
    let job = |number, submit_s| JobSpec {
        walltime: Some(SimSpan::from_s(60)),
        ..job(number, submit_s, 2, 10)
    };
    let server = OarServer::of_site(site, config, OarRhythm::real()).unwrap();
    let setup = ClusterSetup {
        name: "saving".to_owned(),
        nodes: 2,
        cores_per_node: 1,
        scheduler: Box::new(server),
        estimates: Estimates::Requested,
        arrivals: vec![job(1, 0), job(2, 600)].into(),
        faults,
        sizes: Sizes::default(),
    };
    World::new(vec![setup], Heard::of(2, 1))
}

fn states_of(world: &World<Heard>, node: u32) -> Vec<NodeState> {
    let changes = world.observer().changes.iter();
    changes.filter(|(_, other, _)| *other == node).map(|(.., state)| *state).collect()
}

#[test]
fn energy_saving_is_heard() {
    let mut world = saving(NodeFaults::Never);
    world.advance(SimTime::from_s(800));
    for node in [0, 1] {
        let states = states_of(&world, node);
        assert_eq!(states[..3], [NodeState::Off, NodeState::Booting, NodeState::Up], "node {node}");
    }
    let at = |state| world.observer().changes.iter().find(|(.., s)| *s == state).unwrap().0;
    assert_eq!(at(NodeState::Up) - at(NodeState::Booting), SimSpan::from_s(40));
}

#[test]
fn orders_and_failures_are_heard_as_they_stand() {
    let change = |time_s, up| NodeChange { time: SimTime::from_s(time_s), node: NodeIndex(1), up };
    let mut world = saving(NodeFaults::Listed(vec![change(5, false), change(9, true)]));
    world.advance(SimTime::from_s(2));
    assert_eq!(world.order(CLUSTER, Order::Node(1, NodeState::Dead)), Some(Ok(())));
    // A failed node is failed, whatever else it is; repaired, it is up again.
    world.advance(SimTime::from_s(10));
    assert_eq!(states_of(&world, 1), [NodeState::Dead, NodeState::Down, NodeState::Up]);
    let refused = world.order(CLUSTER, Order::Node(1, NodeState::Booting));
    assert!(refused.is_some_and(|refused| refused.is_err()), "nobody boots by order");
    assert_eq!(states_of(&world, 1).len(), 3);
}
