//! Nodes come and leave while a cluster runs, by list and by order: no job is lost or on a node that is not
//! there (the guard looks), and whoever watches hears of it.

use gleaner_oar::request::Request;
use gleaner_sim::faults::NodeFaults;
use gleaner_sim::job::{ClusterIndex, EndReason, Job, JobSlot, JobSpec};
use gleaner_sim::job_request::{JobRequest, RequestAlternative};
use gleaner_sim::manager::Order;
use gleaner_sim::node::NodeState;
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::sizes::{Leave, SizeError, Sizes};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{ClusterSetup, RunEnd, World};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::instance::{Instance, Kind, for_seeds, job, kinds};

const CLUSTER: ClusterIndex = ClusterIndex(0);

/// Who ended when and why, and which nodes were where.
#[derive(Default)]
struct Heard {
    states: Vec<NodeState>,
    changes: Vec<(SimTime, u32, NodeState)>,
    cores_per_node: u32,
    /// Number, start, end, reason, cores.
    ended: Vec<(u64, SimTime, SimTime, EndReason, String)>,
    withdrawn: usize,
    looks: usize,
}

impl Observer for Heard {
    fn job_withdrawn(&mut self, _: SimTime, _: JobSlot, _: &Job) {
        self.withdrawn += 1;
    }

    fn job_ended(&mut self, _: JobSlot, job: &Job) {
        let cores = job.cores.to_string();
        self.ended.push((job.spec.number, job.start, job.end, job.reason, cores));
    }

    fn node_changed(&mut self, now: SimTime, _: ClusterIndex, node: u32, state: NodeState) {
        let before = std::mem::replace(&mut self.states[node as usize], state);
        assert_ne!(before, state, "node {node} is told to be as it was");
        self.changes.push((now, node, state));
    }

    fn changed(&mut self, now: SimTime, _: ClusterIndex, counts: &Counts) {
        let absent = self.states.iter().filter(|state| **state == NodeState::Absent).count() as u32;
        assert_eq!(counts.absent_cores, absent * self.cores_per_node, "absent at {now}");
        self.looks += 1;
    }
}

fn world(setup: ClusterSetup) -> World<Heard> {
    let states = vec![NodeState::Up; setup.nodes as usize];
    let cores_per_node = setup.cores_per_node;
    World::new(vec![setup], Heard { states, cores_per_node, ..Heard::default() })
}

/// Any nodes come and leave, in any way.
fn order(world: &mut World<Heard>, nodes: u32, rng: &mut Pcg64Mcg) {
    let leave = [Leave::Drain, Leave::Kill][rng.random_range(0..2)];
    let node = rng.random_range(0..nodes);
    let before = world.size(CLUSTER);
    match rng.random_range(0..3) {
        0 => {
            let wanted = rng.random_range(0..=nodes);
            assert_eq!(world.resize(CLUSTER, wanted, leave), Ok(()));
            assert_eq!(world.size(CLUSTER), wanted);
        }
        1 => {
            let there = world.node_state(CLUSTER, node).is_some_and(NodeState::is_member);
            let expected = if there { Err(SizeError::There(node)) } else { Ok(()) };
            assert_eq!(world.add_nodes(CLUSTER, &[node]), expected);
            assert_eq!(world.size(CLUSTER), before + u32::from(!there));
        }
        _ => {
            let there = world.node_state(CLUSTER, node).is_some_and(NodeState::is_member);
            let expected = if there { Ok(()) } else { Err(SizeError::NotThere(node)) };
            assert_eq!(world.remove_nodes(CLUSTER, &[node], leave), expected);
            assert_eq!(world.size(CLUSTER), before - u32::from(there));
        }
    }
}

#[test]
fn nodes_come_and_leave_by_order_and_no_job_is_lost() {
    for_seeds("nodes_come_and_leave_by_order_and_no_job_is_lost", 150, |seed| {
        for kind in kinds() {
            let instance = Instance::random(seed);
            let rng = &mut Pcg64Mcg::seed_from_u64(seed);
            let mut world = world(instance.setup(kind));
            let mut visitors = instance.besteffort.iter().peekable();
            for _ in 0..rng.random_range(0..30) {
                let now = world.now().max(SimTime::ZERO);
                let next = now + SimSpan::from_ms(rng.random_range(0..60_000));
                while let Some(visitor) = visitors.next_if(|visitor| visitor.submit <= next) {
                    world.advance(visitor.submit);
                    world.submit(CLUSTER, visitor.clone());
                }
                world.advance(next);
                order(&mut world, instance.nodes, rng);
            }
            // Later changes by the list leave all nodes there, too.
            world.resize(CLUSTER, instance.nodes, Leave::Drain).unwrap();
            for visitor in visitors {
                world.advance(visitor.submit);
                world.submit(CLUSTER, visitor.clone());
            }
            assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished, "{kind:?}");
            let heard = world.into_observer();
            let jobs = instance.owners.len() + instance.besteffort.len();
            // A job that was promised cores of a node that is taken away is withdrawn.
            let over = heard.ended.len() + heard.withdrawn;
            assert_eq!(over, jobs, "{kind:?}: every job is over once");
            assert!(heard.looks > 0);
        }
    });
}

/// Four nodes of two cores, and nothing random.
fn quiet(owners: Vec<JobSpec>, kind: Kind) -> World<Heard> {
    let instance = Instance {
        nodes: 4,
        cores_per_node: 2,
        owners,
        besteffort: Vec::new(),
        estimates: Default::default(),
        rhythm: Default::default(),
        harvest: Default::default(),
        faults: None,
        sizes: Sizes::default(),
    };
    world(ClusterSetup { faults: NodeFaults::Never, ..instance.setup(kind) })
}

fn starts(world: &World<Heard>) -> Vec<(u64, i64)> {
    let mut all: Vec<_> =
        world.observer().ended.iter().map(|job| (job.0, job.1.whole_s())).collect();
    all.sort_unstable();
    all
}

#[test]
fn a_node_that_drains_leaves_with_its_last_job_and_gets_no_new_one() {
    // Who came last and is served first would hold up the others.
    let lifo = Kind::named("lifo");
    for kind in kinds().into_iter().filter(|kind| *kind != lifo) {
        // Job 1 is on all nodes; job 2 wants two cores as soon as it may.
        let mut world = quiet(vec![job(1, 0, 8, 100), job(2, 10, 2, 50), job(3, 20, 6, 50)], kind);
        world.advance(SimTime::from_s(30));
        world.resize(CLUSTER, 1, Leave::Drain).unwrap();
        assert_eq!(world.node_state(CLUSTER, 3), Some(NodeState::Draining));
        assert_eq!((world.size(CLUSTER), world.counts(CLUSTER).absent_cores), (1, 0));
        world.advance(SimTime::from_s(140));
        assert_eq!(world.node_state(CLUSTER, 3), Some(NodeState::Absent), "{kind:?}");
        assert_eq!(world.counts(CLUSTER).absent_cores, 6, "{kind:?}");
        // Job 3 is wider than what is left, and waits.
        assert_eq!(world.run(SimTime::from_s(1_000)), RunEnd::Stuck, "{kind:?}");
        world.advance(SimTime::from_s(1_000));
        world.add_nodes(CLUSTER, &[1, 3]).unwrap();
        assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
        let told = starts(&world);
        let (second, third) = (told[1].1, told[2].1);
        assert!(
            (100..110).contains(&second) && (1_000..1_040).contains(&third),
            "{kind:?} {told:?}"
        );
        let third = world.observer().ended.iter().find(|ended| ended.0 == 3).unwrap();
        assert_eq!(third.4, "0-3 6-7", "{kind:?}: cores of nodes 0, 1 and 3");
    }
}

#[test]
fn a_node_that_is_taken_back_before_it_has_left_goes_on() {
    for kind in kinds() {
        let mut world = quiet(vec![job(1, 0, 8, 100), job(2, 10, 8, 50)], kind);
        world.advance(SimTime::from_s(30));
        world.resize(CLUSTER, 2, Leave::Drain).unwrap();
        world.advance(SimTime::from_s(40));
        world.resize(CLUSTER, 4, Leave::Drain).unwrap();
        assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
        let told = starts(&world);
        assert!((100..110).contains(&told[1].1), "{kind:?} {told:?}");
        let absent = |change: &&(SimTime, u32, NodeState)| change.2 == NodeState::Absent;
        assert_eq!(world.observer().changes.iter().filter(absent).count(), 0, "{kind:?}");
    }
}

#[test]
fn jobs_on_nodes_that_leave_at_once_are_killed() {
    for kind in kinds() {
        let mut world = quiet(vec![job(1, 0, 2, 100), job(2, 0, 6, 100)], kind);
        world.advance(SimTime::from_s(30));
        world.remove_nodes(CLUSTER, &[2], Leave::Kill).unwrap();
        assert_eq!(world.node_state(CLUSTER, 2), Some(NodeState::Absent));
        assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
        let ended = &world.observer().ended;
        let of = |number| ended.iter().find(|ended| ended.0 == number).expect("it ended");
        assert_eq!((of(1).3, of(2).3), (EndReason::Completed, EndReason::NodeFailure), "{kind:?}");
        assert_eq!(of(2).2, SimTime::from_s(30), "{kind:?}");
    }
}

#[test]
fn a_head_that_waits_for_nodes_to_drain_is_not_delayed_by_who_overtakes() {
    // Job 1 has nodes 0 to 2 until 100; of them node 2 drains. The head wants what nodes 0 and 1 give
    // back and what node 3 has: job 3 is too long to go before it, job 4 is not.
    for kind in ["easy", "easy-sjbf"].map(Kind::named) {
        let owners =
            vec![job(1, 0, 6, 100), job(2, 10, 6, 50), job(3, 20, 2, 200), job(4, 30, 2, 40)];
        let mut world = quiet(owners, kind);
        world.advance(SimTime::from_s(15));
        world.remove_nodes(CLUSTER, &[2], Leave::Drain).unwrap();
        assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
        assert_eq!(starts(&world), [(1, 0), (2, 100), (3, 150), (4, 30)], "{kind:?}");
    }
}

#[test]
fn what_was_not_declared_is_refused_and_nothing_is_changed() {
    let mut world = quiet(vec![job(1, 0, 1, 10)], Kind::named("easy"));
    world.advance(SimTime::from_s(5));
    let most = 4;
    assert_eq!(world.resize(CLUSTER, 5, Leave::Drain), Err(SizeError::TooMany { nodes: 5, most }));
    let unknown = Err(SizeError::NoSuchNode { node: 4, most });
    assert_eq!(world.remove_nodes(CLUSTER, &[3, 4], Leave::Kill), unknown);
    assert_eq!(world.add_nodes(CLUSTER, &[4]), unknown);
    assert_eq!(world.remove_nodes(CLUSTER, &[2, 2], Leave::Drain), Err(SizeError::NotThere(2)));
    assert_eq!((world.size(CLUSTER), world.observer().changes.len()), (4, 0));
}

#[test]
fn an_administrator_does_not_bring_back_a_node_that_has_left() {
    let mut world = quiet(vec![job(1, 0, 1, 10)], Kind::OarReal);
    world.advance(SimTime::from_s(5));
    world.remove_nodes(CLUSTER, &[3], Leave::Drain).unwrap();
    let refused = world.order(CLUSTER, Order::Node(3, NodeState::Up)).unwrap().unwrap_err();
    assert_eq!(refused.reason, "node 3 comes and leaves with the cluster's size");
    assert_eq!(world.node_state(CLUSTER, 3), Some(NodeState::Absent));
}

/// A reservation of all nodes from 300 on.
fn reserved() -> World<Heard> {
    let run = SimSpan::from_s(50);
    let request = Request::parse("/network_address=4,walltime=0:1:0").unwrap();
    let mut asked = JobRequest::new("ann", vec![RequestAlternative { request, run }]);
    asked.reservation = Some(SimTime::from_s(300));
    let spec = JobSpec { request: Some(asked.into()), ..job(1, 0, 8, 50) };
    let mut world = quiet(vec![spec], Kind::OarIdeal);
    world.advance(SimTime::from_s(100));
    world
}

#[test]
fn a_reservation_goes_on_with_the_nodes_that_stay() {
    let mut world = reserved();
    world.remove_nodes(CLUSTER, &[1, 2], Leave::Drain).unwrap();
    assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
    let (_, start, end, reason, cores) = world.observer().ended[0].clone();
    assert_eq!((start, end), (SimTime::from_s(300), SimTime::from_s(350)));
    assert_eq!((reason, &*cores), (EndReason::Completed, "0-1 6-7"));
}

#[test]
fn a_reservation_that_has_lost_all_its_nodes_is_gone() {
    let mut world = reserved();
    world.resize(CLUSTER, 0, Leave::Drain).unwrap();
    assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
    assert!(world.observer().ended.is_empty() && world.jobs().is_empty());
}
