//! The World: clusters, their owners' jobs and whatever is submitted from outside, driven by one
//! event queue. Carries out what schedulers decide and lets the guards watch.
//!
//! Must not know policies of the grid, files or wall clocks.

mod cluster;
mod faults;
mod lifecycle;
mod occupancy;
mod orders;
mod outside;
mod size;
mod snapshot;
mod waits;

use crate::actions::Actions;
use crate::arrivals::ArrivalError;
use crate::job::{ClusterIndex, Job, JobSlot, JobSpec, JobTable};
use crate::observer::{Counts, Observer};
use crate::queue::EventQueue;
use crate::sizes::Leave;
use crate::time::SimTime;
use crate::world::cluster::Cluster;
pub use crate::world::cluster::{ClusterSetup, Estimates};

/// Events between two looks at [`Observer::go_on`].
const EVENTS_BETWEEN_LOOKS: u32 = 512;

/// What can happen beside arrivals, in the order in which it happens at equal time. The owners'
/// jobs arrive before anything else of an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A job ends, if it is still alive and nothing has moved its end.
    End { slot: JobSlot, generation: u32 },
    /// A job's cores are clean.
    Clean { slot: JobSlot, generation: u32 },
    /// A job takes the cores it was promised.
    Begin { slot: JobSlot, generation: u32 },
    /// A node comes up or goes down; `again`: the rates draw its next change.
    Node { cluster: ClusterIndex, node: u32, up: bool, again: bool },
    /// A cluster is to have so many nodes.
    Size { cluster: ClusterIndex, nodes: u32, leave: Leave },
    /// A scheduler asked to be woken.
    Wake(ClusterIndex),
}

impl Event {
    fn class(&self) -> u8 {
        match self {
            Event::End { .. } | Event::Clean { .. } => 1,
            Event::Begin { .. } => 2,
            Event::Node { up: true, .. } => 3,
            Event::Node { up: false, .. } => 4,
            Event::Size { .. } => 5,
            Event::Wake(_) => 6,
        }
    }
}

/// Simulated clusters and what happens on them.
pub struct World<O> {
    now: SimTime,
    queue: EventQueue<Event>,
    /// The next of the owners' jobs of each cluster. Apart from the other events: there is one of each at most.
    arrivals: EventQueue<ClusterIndex>,
    clusters: Vec<Cluster>,
    jobs: JobTable,
    actions: Actions,
    /// Owners' jobs still to be submitted, over all clusters.
    to_come: u64,
    /// Why some of them cannot be had.
    failed: Option<ArrivalError>,
    observer: O,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// Nothing is left to do.
    Finished,
    /// The time limit was reached.
    Limit,
    /// The observer asked to stop.
    Stopped,
    /// Jobs wait for cores that will never come back.
    Stuck,
    /// Owners' jobs that were to come cannot be had: see [`World::failure`].
    Failed,
}

impl<O: Observer> World<O> {
    /// Creates a World of the given clusters, at the time of the first arrival.
    pub fn new(setups: Vec<ClusterSetup>, observer: O) -> World<O> {
        let mut world = World::empty(setups.len(), observer);
        for setup in setups {
            let index = world.add(setup, SimTime::from_ms(i64::MIN));
            world.begin_size(index);
        }
        world
    }

    /// Creates a World without clusters, and room for some.
    fn empty(clusters: usize, observer: O) -> World<O> {
        World {
            now: SimTime::from_ms(i64::MIN),
            queue: EventQueue::new(),
            arrivals: EventQueue::new(),
            clusters: Vec::with_capacity(clusters),
            jobs: JobTable::new(),
            actions: Actions { tell_held: observer.asks_why(), ..Actions::default() },
            to_come: 0,
            failed: None,
            observer,
        }
    }

    /// Adds a cluster, with what comes to it after `from`.
    fn add(&mut self, setup: ClusterSetup, from: SimTime) -> ClusterIndex {
        let index = ClusterIndex(self.clusters.len() as u16);
        let mut cluster = Cluster::new(setup);
        cluster.arrivals.skip(from);
        self.to_come += cluster.arrivals.left();
        self.clusters.push(cluster);
        self.schedule_arrival(index);
        self.schedule_faults(index, from);
        self.schedule_sizes(index, from);
        index
    }

    /// The present instant; before the first event, long ago.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The observer.
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// The observer, to be changed.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// Ends the World and returns its observer.
    pub fn into_observer(self) -> O {
        self.observer
    }

    /// The live jobs.
    pub fn jobs(&self) -> &JobTable {
        &self.jobs
    }

    /// Number of clusters.
    pub fn clusters(&self) -> usize {
        self.clusters.len()
    }

    /// The most cores that a cluster may have: those of all nodes declared, failed and absent ones
    /// included.
    pub fn cores(&self, cluster: ClusterIndex) -> u32 {
        self.clusters[cluster.index()].cores()
    }

    /// What a cluster holds now.
    pub fn counts(&self, cluster: ClusterIndex) -> &Counts {
        &self.clusters[cluster.index()].counts
    }

    /// Whether owners' jobs are still to come, or any job is alive.
    pub fn has_work(&self) -> bool {
        self.to_come > 0 || !self.jobs.is_empty()
    }

    /// Whether owners' jobs that were to come cannot be had: then nothing that happens from now on is to be
    /// believed.
    #[inline]
    pub fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Why owners' jobs that were to come cannot be had, told once; of several reasons the first.
    pub fn failure(&mut self) -> Option<ArrivalError> {
        self.failed.take()
    }

    /// When the next thing happens.
    pub fn next_event(&self) -> Option<SimTime> {
        let event = self.queue.peek().map(|(time, _)| time);
        let arrival = self.arrivals.peek().map(|(time, _)| time);
        [event, arrival].into_iter().flatten().min()
    }

    /// Runs until nothing is left to do, or until everything up to and including `limit` has
    /// happened.
    pub fn run(&mut self, limit: SimTime) -> RunEnd {
        let mut looks = 0;
        while self.has_work() {
            match self.next_event() {
                _ if self.has_failed() => return RunEnd::Failed,
                None => return RunEnd::Stuck,
                Some(time) if time > limit => return RunEnd::Limit,
                Some(_) => self.step(),
            }
            looks += 1;
            if looks == EVENTS_BETWEEN_LOOKS {
                looks = 0;
                if !self.observer.go_on(self.now) {
                    return RunEnd::Stopped;
                }
            }
        }
        RunEnd::Finished
    }

    /// Lets everything up to and including `time` happen, and makes it the present.
    pub fn advance(&mut self, time: SimTime) {
        while self.next_event().is_some_and(|next| next <= time) {
            self.step();
        }
        self.now = self.now.max(time);
    }

    /// Lets the next event happen if it comes no later than `limit`. Returns whether it did.
    pub fn advance_one(&mut self, limit: SimTime) -> bool {
        let due = self.next_event().is_some_and(|next| next <= limit);
        if due {
            self.step();
        }
        due
    }

    /// Submits a job from outside, now.
    pub fn submit(&mut self, cluster: ClusterIndex, spec: JobSpec) -> JobSlot {
        let slot = self.accept(cluster, spec);
        self.settle(cluster);
        slot
    }

    /// Cancels a job from outside, now: a waiting one leaves the queue, a running one dies at
    /// once. One that is dying already is left alone.
    pub fn cancel(&mut self, slot: JobSlot) {
        let cluster = self.jobs.job(slot).cluster;
        self.cancel_job(slot);
        self.settle(cluster);
    }

    /// Takes the next event and lets it happen.
    fn step(&mut self) {
        let event = self.queue.peek().map(|(time, _)| time);
        let arrives = |time| event.is_none_or(|event| time <= event);
        if self.arrivals.peek().is_some_and(|(time, _)| arrives(time)) {
            let (now, cluster) = self.arrivals.pop().expect("an arrival was seen");
            self.now = now;
            self.arrive(cluster);
            return self.settle(cluster);
        }
        let (now, event) = self.queue.pop().expect("an event was seen");
        self.now = now;
        let cluster = match event {
            Event::Node { cluster, node, up, again } => {
                self.change_node(cluster, node, up, again);
                cluster
            }
            Event::Size { cluster, nodes, leave } => {
                self.apply_size(cluster, nodes, leave);
                cluster
            }
            Event::Wake(cluster) => {
                if !self.wake(cluster) {
                    return;
                }
                cluster
            }
            Event::End { slot, generation } => match self.live(slot, generation) {
                Some(cluster) if self.jobs.job(slot).end == now => {
                    self.end(slot);
                    cluster
                }
                Some(_) | None => return,
            },
            Event::Clean { slot, generation } => {
                let Some(cluster) = self.live(slot, generation) else {
                    return;
                };
                self.clean(slot);
                cluster
            }
            Event::Begin { slot, generation } => {
                let Some(cluster) = self.live(slot, generation) else {
                    return;
                };
                self.begin(slot);
                cluster
            }
        };
        self.settle(cluster);
    }

    /// The cluster of a job that is still the one meant by an event.
    fn live(&self, slot: JobSlot, generation: u32) -> Option<ClusterIndex> {
        self.jobs.still(slot, generation).map(|job: &Job| job.cluster)
    }

    /// After each event: lets the guard count, and tells the observer.
    fn settle(&mut self, index: ClusterIndex) {
        let cluster = &mut self.clusters[index.index()];
        cluster.guard.time(self.now);
        cluster.check();
        self.observer.changed(self.now, index, &cluster.counts);
        let Counts { local_waiting, besteffort_waiting, .. } = cluster.counts;
        if self.actions.tell_held && local_waiting + besteffort_waiting > 0 {
            self.tell_why(index);
        }
    }

    pub(crate) fn push(&mut self, time: SimTime, event: Event) {
        self.queue.push(time, event.class(), event);
    }
}
