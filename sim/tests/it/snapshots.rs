//! A cluster that starts from a snapshot of itself at noon gives the same afternoon as the whole day
//! did, event by event and core by core, under every scheduler.

use gleaner_sim::faults::{NodeChange, NodeFaults, NodeIndex};
use gleaner_sim::job::{ClusterIndex, Job, JobSlot, JobSpec, JobState, JobTable};
use gleaner_sim::node::{NodeCondition, NodeState};
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::snapshot::{ClusterState, Snapshot};
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_sim::world::{ClusterSetup, RunEnd, World};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::instance::{Instance, Kind, for_seeds, kinds};

const CLUSTER: ClusterIndex = ClusterIndex(0);

/// Everything that was heard, in words.
#[derive(Default)]
struct Diary {
    lines: Vec<String>,
    counts: Counts,
}

impl Diary {
    fn note(&mut self, now: SimTime, what: &str, job: &Job) {
        let Job { start, end, reason, cores, .. } = job;
        let (kind, number) = (job.spec.kind, job.spec.number);
        self.lines.push(match what {
            "ended" => format!("{now} {kind:?} {number} {what} {start}..{end} {reason:?} {cores}"),
            _ => format!("{now} {kind:?} {number} {what} {cores}"),
        });
    }
}

impl Observer for Diary {
    fn job_submitted(&mut self, now: SimTime, _: JobSlot, job: &Job) {
        self.note(now, "submitted", job);
    }

    fn job_promised(&mut self, now: SimTime, _: JobSlot, job: &Job) {
        self.note(now, "promised", job);
    }

    fn job_started(&mut self, now: SimTime, _: JobSlot, job: &Job) {
        self.note(now, "started", job);
    }

    fn job_ended(&mut self, _: JobSlot, job: &Job) {
        self.note(job.end, "ended", job);
    }

    fn job_withdrawn(&mut self, now: SimTime, _: JobSlot, job: &Job) {
        self.note(now, "withdrawn", job);
    }

    fn node_changed(&mut self, now: SimTime, _: ClusterIndex, node: u32, state: NodeState) {
        self.lines.push(format!("{now} node {node} {state:?}"));
    }

    fn changed(&mut self, _: SimTime, _: ClusterIndex, counts: &Counts) {
        self.counts = *counts;
    }
}

/// A day, and when it is noon.
struct Day {
    instance: Instance,
    faults: NodeFaults,
    noon: SimTime,
}

impl Day {
    fn random(seed: u64) -> Day {
        let instance = Instance::random(seed);
        let rng = &mut Pcg64Mcg::seed_from_u64(seed ^ 0x5eed);
        let last = instance.owners.last().map_or(SimTime::ZERO, |spec| spec.submit);
        let noon = SimTime::from_ms(rng.random_range(0..=last.ms() + 60_000));
        let mut faults = NodeFaults::Never;
        if instance.faults.is_some() {
            let mut time = SimTime::ZERO;
            let mut changes = Vec::new();
            for _ in 0..rng.random_range(1..10) {
                let node = NodeIndex(rng.random_range(0..instance.nodes));
                time = time + SimSpan::from_ms(rng.random_range(0..100_000));
                changes.push(NodeChange { time, node, up: false });
                time = time + SimSpan::from_ms(rng.random_range(1..100_000));
                changes.push(NodeChange { time, node, up: true });
            }
            faults = NodeFaults::Listed(changes);
        }
        Day { instance, faults, noon }
    }

    fn setup(&self, kind: Kind) -> ClusterSetup {
        ClusterSetup { faults: self.faults.clone(), ..self.instance.setup(kind) }
    }

    fn until_noon(&self, kind: Kind) -> World<Diary> {
        let mut world = World::new(vec![self.setup(kind)], Diary::default());
        self.visit(&mut world, SimTime::from_ms(i64::MIN), self.noon);
        world.advance(self.noon);
        world
    }

    /// Best-effort jobs come after `from`, up to `to`.
    fn visit(&self, world: &mut World<Diary>, from: SimTime, to: SimTime) {
        for visitor in &self.instance.besteffort {
            if from < visitor.submit && visitor.submit <= to {
                world.advance(visitor.submit);
                world.submit(CLUSTER, visitor.clone());
            }
        }
    }

    /// What is heard from noon on.
    fn afternoon(&self, mut world: World<Diary>) -> Diary {
        world.observer_mut().lines.clear();
        self.visit(&mut world, self.noon, SimTime::NEVER);
        assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished);
        world.into_observer()
    }
}

#[test]
fn the_afternoon_is_that_of_the_whole_day() {
    for_seeds("the_afternoon_is_that_of_the_whole_day", 150, |seed| {
        for kind in kinds() {
            let day = Day::random(seed);
            let whole = day.until_noon(kind);
            let snapshot = whole.snapshot();
            let at_noon = whole.observer().counts;
            let half = World::from_snapshot(vec![day.setup(kind)], &snapshot, Diary::default());
            assert_eq!(half.now(), day.noon);
            if snapshot.jobs.iter().next().is_some() {
                assert_eq!(half.observer().counts, at_noon, "{kind:?}");
            }
            let (whole, half) = (day.afternoon(whole), day.afternoon(half));
            for (at, (expected, line)) in whole.lines.iter().zip(&half.lines).enumerate() {
                assert_eq!(line, expected, "{kind:?}: line {at} after noon at {}", day.noon);
            }
            assert_eq!(whole.lines.len(), half.lines.len(), "{kind:?}");
            assert_eq!(whole.counts, half.counts, "{kind:?}");
        }
    });
}

/// Noons of many days.
fn noons(kind: Kind) -> impl Iterator<Item = (Day, World<Diary>)> {
    (0..60).map(Day::random).map(move |day| {
        let world = day.until_noon(kind);
        (day, world)
    })
}

#[test]
fn noon_finds_jobs_in_every_state() {
    for kind in kinds() {
        let mut states = [0; 4];
        for (_, world) in noons(kind) {
            for (_, job) in world.jobs().iter() {
                let place = match job.state {
                    JobState::Waiting => 0,
                    JobState::Running | JobState::Suspended => 1,
                    JobState::Promised => 2,
                    JobState::CleaningUp => 3,
                };
                states[place] += 1;
            }
        }
        // In the ideal rhythm nothing takes time.
        let in_between = if kind == Kind::OarIdeal { &states[..2] } else { &states[..] };
        assert!(in_between.iter().all(|count| *count > 0), "{kind:?}: {states:?}");
    }
}

#[test]
fn what_schedulers_have_in_mind_matters() {
    for kind in [Kind::named("conservative"), Kind::OarReal] {
        let mut others = 0;
        for (day, whole) in noons(kind) {
            let mut snapshot = whole.snapshot();
            snapshot.clusters[0].intents = None;
            let half = World::from_snapshot(vec![day.setup(kind)], &snapshot, Diary::default());
            others += usize::from(day.afternoon(whole).lines != day.afternoon(half).lines);
        }
        assert!(others > 0, "{kind:?} goes by the jobs alone");
    }
}

#[test]
fn a_snapshot_of_a_snapshot_is_the_same() {
    for_seeds("a_snapshot_of_a_snapshot_is_the_same", 30, |seed| {
        for kind in kinds() {
            let day = Day::random(seed);
            let first = day.until_noon(kind).snapshot();
            let again =
                World::from_snapshot(vec![day.setup(kind)], &first, Diary::default()).snapshot();
            assert_eq!((first.now, &first.turns), (again.now, &again.turns), "{kind:?}");
            assert_eq!(first.clusters, again.clusters, "{kind:?}");
        }
    });
}

/// The queue of a cluster with nobody on it, as somebody might know it who asked for it.
fn known_from_outside(instance: &Instance) -> Snapshot {
    let mut jobs = JobTable::new();
    for (number, spec) in (1..).zip(&instance.owners) {
        let spec = JobSpec { number, submit: SimTime::ZERO, ..spec.clone() };
        let estimate = instance.estimates.of(&spec);
        jobs.insert(spec, CLUSTER, estimate);
    }
    let nodes = vec![NodeCondition::default(); instance.nodes as usize];
    let (number_max, cores_per_node) = (instance.owners.len() as u64, instance.cores_per_node);
    Snapshot {
        now: SimTime::from_s(1_000),
        jobs,
        turns: Vec::new(),
        clusters: vec![ClusterState {
            nodes,
            cores_per_node,
            number_max,
            submitted: 0,
            intents: None,
        }],
    }
}

#[test]
fn a_cluster_of_which_no_intents_are_known_begins_with_a_pass() {
    for_seeds("a_cluster_of_which_no_intents_are_known_begins_with_a_pass", 20, |seed| {
        for kind in kinds() {
            let instance = Instance { faults: None, ..Instance::random(seed) };
            let snapshot = known_from_outside(&instance);
            let setup = ClusterSetup { arrivals: Vec::new().into(), ..instance.setup(kind) };
            let mut world = World::from_snapshot(vec![setup], &snapshot, Diary::default());
            assert_eq!(world.run(SimTime::NEVER), RunEnd::Finished, "{kind:?}");
            let lines = &world.observer().lines;
            let ended = lines.iter().filter(|line| line.contains(" ended ")).count();
            assert_eq!(ended, instance.owners.len(), "{kind:?}");
            let first = lines.iter().find(|line| line.contains(" started ")).unwrap();
            let soon = ["1000 s", "1000.5 s"].iter().any(|now| first.starts_with(now));
            assert!(soon, "{kind:?}: {first}");
        }
    });
}
