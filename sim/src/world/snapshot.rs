//! A World told as plain data, and a World that begins with what such data tell. Must not know who
//! decides on its clusters.

use std::collections::BTreeSet;

use crate::job::{ClusterIndex, Job, JobSlot, JobState};
use crate::node::NodeState;
use crate::observer::Observer;
use crate::snapshot::{ClusterState, Snapshot};
use crate::time::SimTime;
use crate::world::cluster::Cluster;
use crate::world::occupancy::Occupancy;
use crate::world::{ClusterSetup, Event, World};

impl<O: Observer> World<O> {
    /// All there is at this instant. What nodes will do at random is not in it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            now: self.now,
            jobs: self.jobs.clone(),
            turns: self.turns(),
            clusters: self.clusters.iter().map(Cluster::state).collect(),
        }
    }

    /// A World that goes on from a snapshot. Owners' jobs and listed changes of nodes up to its
    /// instant are over, or in it. `observer` hears first of the nodes and jobs that are there, as if
    /// all of it had happened at that instant; the jobs tell when it really did.
    ///
    /// Schedulers go by what the snapshot tells: a simulated OAR server knows no more what fair
    /// sharing counts, since when nodes are idle, which jobs were held or reserved, and how those
    /// ended that others depend on.
    ///
    /// # Panics
    /// If the snapshot is of other clusters, or of a World to which nothing has happened yet.
    pub fn from_snapshot(setups: Vec<ClusterSetup>, snapshot: &Snapshot, observer: O) -> World<O> {
        let mut world = World::empty(setups.len(), observer);
        assert_eq!(setups.len(), snapshot.clusters.len(), "the snapshot is of other clusters");
        assert!(snapshot.now > SimTime::from_ms(i64::MIN), "the snapshot is of no instant");
        world.now = snapshot.now;
        for (setup, state) in setups.into_iter().zip(&snapshot.clusters) {
            let index = world.add(setup, snapshot.now);
            world.put_state(index, state);
        }
        world.jobs = snapshot.jobs.clone();
        let order = world.jobs.by_submission();
        for slot in &order {
            world.put_job(*slot);
        }
        for slot in turns_of_all(snapshot) {
            world.await_turn(slot);
        }
        for (at, state) in snapshot.clusters.iter().enumerate() {
            let index = ClusterIndex(at as u16);
            let here = |slot: &JobSlot| world.jobs.job(*slot).cluster == index;
            let live: Vec<JobSlot> = order.iter().copied().filter(here).collect();
            let World { clusters, jobs, actions, now, .. } = &mut world;
            clusters[at].scheduler.take_up(*now, state, &live, jobs, actions);
            world.carry_out(index);
            world.resume_leaving(index);
            world.settle(index);
        }
        world
    }

    /// The jobs to which something is about to happen, in the order of the queue.
    fn turns(&self) -> Vec<JobSlot> {
        let mut seen = BTreeSet::new();
        let meant = |(time, event): (SimTime, &Event)| match *event {
            Event::End { slot, generation }
            | Event::Clean { slot, generation }
            | Event::Begin { slot, generation } => {
                let job = self.jobs.still(slot, generation)?;
                (next_event(slot, job)?.0 == time && seen.insert(slot)).then_some(slot)
            }
            Event::Node { .. } | Event::Size { .. } | Event::Wake(_) => None,
        };
        self.queue.in_order().into_iter().filter_map(meant).collect()
    }

    fn put_state(&mut self, index: ClusterIndex, state: &ClusterState) {
        let cluster = &mut self.clusters[index.index()];
        let size = (state.nodes.len(), state.cores_per_node);
        assert_eq!(size, (cluster.nodes as usize, cluster.cores_per_node), "nodes and their cores");
        cluster.counts.submitted = state.submitted;
        cluster.number_max = cluster.number_max.max(state.number_max);
        if state.nodes.iter().any(|condition| condition.state().is_away()) {
            // Jobs may be on nodes that are not available.
            self.count_core_by_core(index);
        }
        for (node, condition) in (0..).zip(&state.nodes) {
            let cluster = &mut self.clusters[index.index()];
            if condition.else_is == NodeState::Absent {
                cluster.guard.gone(&cluster.node_cores(node));
            }
            self.put_node(index, node, *condition);
        }
    }

    /// A job is where the snapshot has it.
    fn put_job(&mut self, slot: JobSlot) {
        let job = self.jobs.job(slot).clone();
        let index = job.cluster;
        if Occupancy::asks_for_exact(&job) {
            self.count_core_by_core(index);
        }
        let cluster = &mut self.clusters[index.index()];
        cluster.guard.time(self.now);
        cluster.guard.submit();
        cluster.number_max = cluster.number_max.max(job.spec.number);
        self.observer.job_submitted(self.now, slot, &job);
        match job.state {
            JobState::Waiting => *cluster.waiting(job.spec.kind) += 1,
            JobState::Promised => {
                *cluster.waiting(job.spec.kind) += 1;
                self.observer.job_promised(self.now, slot, &job);
            }
            JobState::Running | JobState::CleaningUp => {
                cluster.guard.take(&job);
                cluster.alive += 1;
                let mut running = Job { state: JobState::Running, ..job };
                cluster.take(&running);
                self.observer.job_started(self.now, slot, &running);
                if self.jobs.job(slot).state == JobState::CleaningUp {
                    self.observer.job_ended(slot, &running);
                    cluster.is_over(&mut running);
                }
            }
            JobState::Suspended => {
                cluster.guard.take(&job);
                cluster.guard.give_back(&job);
                cluster.alive += 1;
                self.observer.job_started(self.now, slot, &job);
                self.observer.job_suspended(self.now, slot, &job);
            }
        }
    }

    fn await_turn(&mut self, slot: JobSlot) {
        if let Some((time, event)) = next_event(slot, self.jobs.job(slot)) {
            self.push(time, event);
        }
    }
}

/// What happens to a job next if nothing comes in between.
fn next_event(slot: JobSlot, job: &Job) -> Option<(SimTime, Event)> {
    let generation = job.generation;
    let (time, event) = match job.state {
        JobState::Waiting | JobState::Suspended => return None,
        JobState::Promised => (job.start, Event::Begin { slot, generation }),
        JobState::Running => (job.end, Event::End { slot, generation }),
        JobState::CleaningUp => (job.clean(), Event::Clean { slot, generation }),
    };
    (time < SimTime::NEVER).then_some((time, event))
}

/// The jobs in their turns, and behind them those of which no turn is told, by start.
fn turns_of_all(snapshot: &Snapshot) -> Vec<JobSlot> {
    let told: BTreeSet<JobSlot> = snapshot.turns.iter().copied().collect();
    let untold = snapshot.jobs.iter().filter(|(slot, _)| !told.contains(slot));
    let mut rest: Vec<_> = untold.map(|(slot, job)| (job.start, job.generation, slot)).collect();
    rest.sort_unstable();
    snapshot.turns.iter().copied().chain(rest.into_iter().map(|(.., slot)| slot)).collect()
}
