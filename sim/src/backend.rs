//! The simulator as a world of the core: commands become jobs of simulated clusters, what happens
//! to them becomes facts. Must not know policies, campaigns' texts or files.
//!
//! Job facts are not kept in order of events: at each look at a cluster, whatever has changed since
//! the last look is reported, as the difference of two listings would be. So short states are skipped
//! exactly as polling skips them.

mod grid_observer;
mod network;
mod outbox;
pub mod request;
mod seconds;
mod tasks;
mod window;

use std::sync::Arc;

use gleaner_core::backend::{Backend, Stop};
use gleaner_core::decision::{Decision, Wake};
use gleaner_core::fact::Fact;
use gleaner_core::ids::ClusterId;
use gleaner_core::observation::Observation;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Timestamp;

pub use crate::backend::grid_observer::GridObserver;
pub use crate::backend::network::{Network, NetworkSettings};
use crate::backend::outbox::Outbox;
use crate::backend::seconds::{sim_time, timestamp, whole_second};
pub use crate::backend::tasks::{Behaviour, TaskBehaviour, TaskWork};
use crate::job::ClusterIndex;
use crate::observer::Observer;
use crate::snapshot::Snapshot;
use crate::time::SimTime;
use crate::world::{ClusterSetup, World};

/// Cycles in a row without a fact, a command or anything alive, after which the grid is taken to
/// wait for a person who is not simulated.
const IDLE_CYCLES_MAX: u32 = 10_000;

/// Events between two looks at [`Observer::go_on`].
const EVENTS_BETWEEN_LOOKS: u32 = 512;

/// What a grid of simulated clusters is made from, beside the clusters. A copy shares the orders and
/// the behaviour of the tasks.
#[derive(Clone)]
pub struct GridSetup {
    /// What users submit and operators order, sorted by time.
    pub orders: Arc<[(SimTime, Fact)]>,
    /// The way to each cluster.
    pub networks: Vec<Network>,
    /// How tasks behave.
    pub tasks: Arc<dyn TaskBehaviour>,
    /// When to stop early.
    pub until: SimTime,
}

/// Simulated clusters behind the core's port.
pub struct SimBackend<O> {
    world: World<GridObserver<O>>,
    outbox: Outbox,
    orders: Arc<[(SimTime, Fact)]>,
    /// How many of them have been reported.
    ordered: usize,
    networks: Vec<Network>,
    snapshots: Vec<ClusterSnapshot>,
    tasks: Arc<dyn TaskBehaviour>,
    until: SimTime,
    idle_cycles: u32,
    end: Option<GridEnd>,
}

/// Why a simulated grid has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridEnd {
    /// Nothing is left to do.
    Finished,
    /// The time limit was reached.
    Limit,
    /// The observer asked to stop.
    Stopped,
    /// Campaigns wait for something that will not come: a person, or cores that are gone.
    Stuck,
}

impl<O: Observer> SimBackend<O> {
    /// Creates a grid of the given clusters, watched by `observer`.
    pub fn new(clusters: Vec<ClusterSetup>, grid: GridSetup, observer: O) -> SimBackend<O> {
        let first_ids = clusters.iter().map(first_free_number).collect();
        let world = World::new(clusters, GridObserver::new(observer, first_ids));
        SimBackend::around(world, grid)
    }

    /// Creates a grid of the given clusters that goes on from a snapshot of them without jobs of the
    /// grid; see [`World::from_snapshot`].
    ///
    /// # Panics
    /// If the snapshot is of other clusters.
    pub fn from_snapshot(
        clusters: Vec<ClusterSetup>,
        snapshot: &Snapshot,
        grid: GridSetup,
        observer: O,
    ) -> SimBackend<O> {
        let known = snapshot.clusters.iter().map(|state| state.number_max + 1);
        let own = clusters.iter().map(first_free_number);
        let first_ids = own.zip(known).map(|(own, known)| own.max(known)).collect();
        let observer = GridObserver::new(observer, first_ids);
        SimBackend::around(World::from_snapshot(clusters, snapshot, observer), grid)
    }

    fn around(world: World<GridObserver<O>>, grid: GridSetup) -> SimBackend<O> {
        let GridSetup { orders, networks, tasks, until } = grid;
        assert_eq!(world.clusters(), networks.len(), "each cluster has its network");
        let snapshots = (0..networks.len())
            .map(|index| {
                let cores = world.cores(ClusterIndex(index as u16));
                ClusterSnapshot::empty(ClusterId(index as u16), Timestamp::ZERO, cores)
            })
            .collect();
        SimBackend {
            world,
            outbox: Outbox::new(),
            orders,
            ordered: 0,
            networks,
            snapshots,
            tasks,
            until,
            idle_cycles: 0,
            end: None,
        }
    }

    /// The observer.
    pub fn observer_mut(&mut self) -> &mut O {
        self.world.observer_mut().inner_mut()
    }

    /// The World behind the port.
    pub fn world(&self) -> &World<GridObserver<O>> {
        &self.world
    }

    /// Why the grid came to its end; none while it runs.
    pub fn end(&self) -> Option<GridEnd> {
        self.end
    }

    /// Ends the grid and returns its observer.
    pub fn into_observer(self) -> O {
        self.world.into_observer().into_inner()
    }

    /// When the next fact would be known if nothing further happened.
    fn next_known(&self) -> SimTime {
        let order = self.orders.get(self.ordered).map(|(time, _)| *time);
        let answer = self.outbox.next_answer();
        let port = self.world.observer();
        let now = self.world.now();
        let with_news =
            self.networks.iter().enumerate().filter(|(index, _)| port.has_changes(*index));
        let looks = with_news.map(|(_, network)| network.next_look(now));
        let returns = self.networks.iter().filter_map(Network::next_return);
        [order, answer]
            .into_iter()
            .flatten()
            .chain(looks)
            .chain(returns)
            .min()
            .unwrap_or(SimTime::NEVER)
    }

    /// Lets the world go on until a cycle has to run, and returns when that is.
    fn wait(&mut self, wake: SimTime, not_before: SimTime) -> Result<SimTime, Stop> {
        let mut events = 0;
        'known: loop {
            // A world that goes on from a snapshot has no earlier time.
            let cycle = self.next_known().min(wake).max(not_before).max(self.world.now());
            let cycle = whole_second(cycle);
            let limit = cycle.min(self.until);
            if let Some(effect) = self.outbox.next_effect().filter(|effect| *effect <= limit) {
                if self.world.advance_one(effect) {
                    continue;
                }
                self.world.advance(effect);
                self.outbox.carry_out(effect, &mut self.world, self.tasks.as_ref());
                continue;
            }
            if let Some(error) = self.world.failure() {
                return Err(Stop::Failed(error));
            }
            while self.world.advance_one(limit) {
                events += 1;
                if self.world.has_failed() {
                    continue 'known;
                }
                if events % EVENTS_BETWEEN_LOOKS == 0 && !self.go_on() {
                    return Err(self.stop(GridEnd::Stopped));
                }
                if cycle == SimTime::NEVER && !self.world.has_work() {
                    return Err(self.stop(GridEnd::Finished));
                }
                // Without news of a grid job the next thing to know is what it was.
                if self.world.observer().any_changes() {
                    continue 'known;
                }
            }
            if cycle == SimTime::NEVER && !self.world.has_work() {
                return Err(self.stop(GridEnd::Finished));
            }
            if cycle == SimTime::NEVER && self.world.next_event().is_none() {
                return Err(self.stop(GridEnd::Stuck));
            }
            if limit == self.until && cycle > limit {
                self.world.advance(limit);
                return Err(self.stop(GridEnd::Limit));
            }
            self.world.advance(cycle);
            return Ok(cycle);
        }
    }

    fn go_on(&mut self) -> bool {
        let now = self.world.now();
        self.world.observer_mut().inner_mut().go_on(now)
    }

    fn stop(&mut self, end: GridEnd) -> Stop {
        self.end = Some(end);
        Stop::Finished
    }

    /// Appends what became known up to `now`.
    fn report(&mut self, now: SimTime, into: &mut Observation) {
        while let Some((_, fact)) = self.orders.get(self.ordered).filter(|(time, _)| *time <= now) {
            into.facts.push(fact.clone());
            self.ordered += 1;
        }
        self.outbox.answers(now, &mut into.facts);
        for (index, network) in self.networks.iter_mut().enumerate() {
            network.report_outages(now, ClusterId(index as u16), &mut into.facts);
            if !network.look(now) {
                continue;
            }
            let counts = *self.world.counts(ClusterIndex(index as u16));
            let cores = self.world.cores(ClusterIndex(index as u16));
            let port = self.world.observer_mut();
            port.report_changes(index, &mut into.facts);
            let snapshot = &mut self.snapshots[index];
            port.fill(index, &counts, cores, snapshot);
            snapshot.observed_at = timestamp(now);
        }
        for (index, snapshot) in self.snapshots.iter_mut().enumerate() {
            snapshot.commands_in_flight = self.outbox.in_flight(index);
            into.clusters.push(snapshot.clone());
        }
    }
}

impl<O: Observer> Backend for SimBackend<O> {
    fn observe(&mut self, wake: Wake, into: &mut Observation) -> Result<(), Stop> {
        if self.end.is_some() {
            return Err(Stop::Finished);
        }
        if !self.go_on() {
            return Err(self.stop(GridEnd::Stopped));
        }
        let now = self.wait(sim_time(wake.latest), sim_time(wake.earliest))?;
        into.now = timestamp(now);
        self.report(now, into);
        let quiet = into.facts.is_empty() && !self.world.has_work() && self.outbox.is_empty();
        self.idle_cycles = if quiet { self.idle_cycles + 1 } else { 0 };
        if self.idle_cycles > IDLE_CYCLES_MAX {
            return Err(self.stop(GridEnd::Stuck));
        }
        Ok(())
    }

    fn dispatch(&mut self, decision: &Decision) -> Result<(), Stop> {
        let now = self.world.now();
        for command in &decision.commands {
            self.idle_cycles = 0;
            let network = &mut self.networks[command.cluster.index()];
            self.outbox.send(now, command.clone(), network);
        }
        // What takes effect at once happens now, before anything else of the next instant.
        self.outbox.carry_out(now, &mut self.world, self.tasks.as_ref());
        Ok(())
    }
}

/// Grid jobs are numbered behind the owners' jobs, so that a number names one job of a cluster.
fn first_free_number(setup: &ClusterSetup) -> u64 {
    setup.arrivals.facts().number_max() + 1
}
