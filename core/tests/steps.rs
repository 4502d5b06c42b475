//! The deciding steps can be replaced: other orders, placements and selections are handed to a scheduler,
//! which keeps its limits and its counts under all of them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

use std::collections::BTreeMap;

use gleaner_core::config::{Rules, SchedulerConfig};
use gleaner_core::decision::{Action, Decision, Work};
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId, TaskId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::ledger::bag::Class;
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::restore::ParameterSource;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::invariants::Violation;
use gleaner_core::sharing::Candidate;
use gleaner_core::sharing::order::Order;
use gleaner_core::sharing::placement::{Placement, Table};
use gleaner_core::sharing::selection::{Grant, Selected, Selection, Served, Source};
use gleaner_core::sharing::steps::Steps;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Duration;

const CLUSTERS: usize = 3;
const CORES: u32 = 10;

/// Earliest deadline first; without one, last.
#[derive(Debug)]
struct EarliestDeadline(BTreeMap<CampaignId, i64>);

impl Order for EarliestDeadline {
    fn sort(&self, campaigns: &mut [Candidate]) {
        let deadline = |id| self.0.get(&id).copied().unwrap_or(i64::MAX);
        campaigns.sort_by_key(|it| (deadline(it.campaign), it.campaign));
    }
}

/// Who has the fewest tasks left goes first, which changes from cycle to cycle.
#[derive(Debug)]
struct FewestLeft;

impl Order for FewestLeft {
    fn sort(&self, campaigns: &mut [Candidate]) {
        let over =
            |it: &Candidate| it.tasks.of(TaskState::Done) + it.tasks.of(TaskState::Cancelled);
        let left = |it: &Candidate| it.tasks.total() - u64::from(over(it));
        campaigns.sort_by_key(|it| (left(it), it.campaign));
    }

    fn varies(&self) -> bool {
        true
    }
}

/// Fills the queues of one cluster before the next gets anything, and leaves tasks where they are.
#[derive(Debug)]
struct OneByOne;

impl Placement for OneByOne {
    fn place(&mut self, table: &mut Table) {
        for cluster in table.clusters() {
            for row in 0..table.rows(cluster).len() {
                while table.place(cluster, row) {}
            }
        }
    }

    fn moves(&self) -> bool {
        false
    }
}

/// Serves the last campaign that its policy lets send anything, and asks for more than it may.
#[derive(Debug)]
struct LastServed;

impl Selection for LastServed {
    fn select(
        &self,
        _source: Source,
        campaigns: &[Candidate],
        ask: &mut dyn FnMut(usize) -> Grant,
    ) -> Selected {
        let mut ready = (0..campaigns.len()).rev().filter(|position| campaigns[*position].ready);
        let granted = ready.find(|position| matches!(ask(*position), Grant::Jobs(_)));
        let served = granted.map(|position| Served { position, jobs: u32::MAX, last: Class::End });
        Selected { served, held_by: None }
    }
}

/// A grid of equal clusters, on which a job runs for two cycles.
struct Grid {
    scheduler: Scheduler,
    observation: Observation,
    /// What the last cycle was told.
    told: Observation,
    decision: Decision,
    running: Vec<(ClusterId, RemoteJobId, u32)>,
    jobs: u64,
    done: BTreeMap<TaskId, u32>,
    works: BTreeMap<(ClusterId, RemoteJobId), TaskId>,
}

impl Grid {
    fn new(steps: Steps) -> Grid {
        let mut config = SchedulerConfig::new(world::clusters(CLUSTERS, "greedy:max=8,reserve=0"));
        config.placed_max = 20;
        let scheduler = Scheduler::new(config, &injection::standard()).unwrap();
        Grid {
            scheduler: scheduler.with_steps(steps),
            observation: Observation::new(),
            told: Observation::new(),
            decision: Decision::new(),
            running: Vec::new(),
            jobs: 0,
            done: BTreeMap::new(),
            works: BTreeMap::new(),
        }
    }

    fn submit(&mut self, id: u32, user: &str, tasks: u32) {
        let jdl = world::jdl(tasks, "c1,c2,c3", "");
        self.observation.facts.push(world::submitted(&self.scheduler, id, user, &jdl));
    }

    /// Runs a cycle; answers who is served where, with how many jobs.
    fn cycle(&mut self) -> Vec<(u16, u32, usize)> {
        let now = self.observation.now + Duration::from_seconds(60);
        self.observation.now = now;
        for id in (0..CLUSTERS as u16).map(ClusterId) {
            let mut seen = ClusterSnapshot::empty(id, now, CORES);
            let here = self.running.iter().filter(|(cluster, ..)| *cluster == id).count() as u32;
            (seen.ours.running_cores, seen.everybody.running_cores) = (here, here);
            self.observation.clusters.push(seen);
        }
        self.told = self.observation.clone();
        self.scheduler.step(&self.observation, &mut self.decision);
        self.scheduler.check_invariants_fully().unwrap();
        self.observation.facts.clear();
        self.observation.clusters.clear();
        let mut served = Vec::new();
        for command in &self.decision.commands {
            let Action::Submit(submission) = &command.action else { panic!("{command:?}") };
            let Work::Tasks(tasks) = &submission.work else { panic!("there are no scripts") };
            served.push((command.cluster.0, submission.campaign.0, tasks.len()));
            let first = self.jobs + 1;
            self.jobs += tasks.len() as u64;
            let jobs: Vec<RemoteJobId> = (first..=self.jobs).map(RemoteJobId).collect();
            for (&job, &task) in jobs.iter().zip(tasks) {
                self.works.insert((command.cluster, job), task);
                self.running.push((command.cluster, job, 2));
            }
            self.observation.facts.push(Fact::CommandAccepted { command: command.id, jobs });
        }
        self.run();
        served
    }

    /// Lets time go on for the jobs.
    fn run(&mut self) {
        for cluster in (0..CLUSTERS as u16).map(ClusterId) {
            let here = self.running.iter().filter(|(id, ..)| *id == cluster).count();
            assert!(here <= CORES as usize, "{here} jobs on cluster {cluster}");
        }
        let (at, outcome) = (self.observation.now, Outcome::Exited(0));
        for (cluster, job, left) in &mut self.running {
            let (cluster, job) = (*cluster, *job);
            *left -= 1;
            self.observation.facts.push(match left {
                0 => Fact::JobEnded { cluster, job, at, outcome },
                _ => Fact::JobStarted { cluster, job, at },
            });
            if *left == 0 {
                *self.done.entry(self.works[&(cluster, job)]).or_default() += 1;
            }
        }
        self.running.retain(|(.., left)| *left > 0);
    }

    /// Runs until everything is done, once.
    fn finish(&mut self, tasks: u32) {
        let mut cycles = 0;
        while !self.observation.facts.is_empty() || !self.scheduler.is_idle() {
            self.cycle();
            cycles += 1;
            assert!(cycles < 200, "no end");
        }
        assert_eq!(self.done.len() as u32, tasks);
        assert!(self.done.values().all(|times| *times == 1), "{:?}", self.done);
    }
}

fn shared() -> Steps {
    Steps::of(Rules::Shared)
}

#[test]
fn another_order_serves_others_first() {
    let mut grid = Grid::new(shared());
    (1..=3).for_each(|id| grid.submit(id, "ann", 20));
    assert_eq!(grid.cycle(), [(0, 1, 7), (1, 1, 7), (2, 1, 6)], "first come, first served");

    let deadlines = BTreeMap::from([(CampaignId(2), 900), (CampaignId(3), 600)]);
    let order = Box::new(EarliestDeadline(deadlines));
    let mut grid = Grid::new(Steps { order, ..shared() });
    (1..=3).for_each(|id| grid.submit(id, "ann", 20));
    assert_eq!(grid.cycle(), [(0, 3, 7), (1, 3, 7), (2, 3, 6)]);
    // Whoever comes later with an earlier deadline overtakes: nobody looks at who was there first.
    grid.submit(4, "ann", 4);
    assert!(grid.cycle().iter().all(|(_, campaign, _)| *campaign == 2));
    grid.finish(64);
}

#[test]
fn an_order_may_change_from_cycle_to_cycle() {
    let mut grid = Grid::new(Steps { order: Box::new(FewestLeft), ..shared() });
    grid.submit(1, "ann", 30);
    grid.submit(2, "ann", 24);
    assert!(grid.cycle().iter().all(|(_, campaign, _)| *campaign == 2));
    let first = |grid: &Grid| grid.scheduler.pairs(ClusterId(0)).next().unwrap().campaign;
    assert_eq!(first(&grid), CampaignId(2));
    let parameters = std::sync::Arc::new(Parameters::count(20).unwrap());
    let added = Fact::JobsAdded { campaign: CampaignId(2), first: 24, parameters };
    grid.observation.facts.push(added);
    grid.cycle();
    assert_eq!(first(&grid), CampaignId(1), "the other has more left now");
    grid.finish(74);
}

#[test]
fn another_placement_fills_one_cluster_after_the_other() {
    let mut grid = Grid::new(Steps { placement: Box::new(OneByOne), ..shared() });
    grid.submit(1, "ann", 6);
    assert_eq!(grid.cycle(), [(0, 1, 6)], "two clusters stay idle");
    grid.submit(2, "ann", 30);
    grid.finish(36);

    let mut grid = Grid::new(shared());
    grid.submit(1, "ann", 6);
    assert_eq!(grid.cycle(), [(0, 1, 2), (1, 1, 2), (2, 1, 2)], "round robin");
}

#[test]
fn another_selection_is_kept_to_what_is_granted() {
    let mut grid = Grid::new(Steps { selection: Box::new(LastServed), ..shared() });
    (1..=3).for_each(|id| grid.submit(id, "ann", 60));
    let served = grid.cycle();
    assert!(served.iter().all(|(_, campaign, jobs)| *campaign == 3 && *jobs == 8), "{served:?}");
    grid.finish(180);
}

/// Loses a campaign, and has another twice: a bug.
#[derive(Debug)]
struct Loses;

impl Order for Loses {
    fn sort(&self, campaigns: &mut [Candidate]) {
        if let [first, second, ..] = campaigns {
            *second = *first;
        }
    }
}

#[test]
fn an_order_that_loses_a_campaign_is_found_out() {
    let mut grid = Grid::new(Steps { order: Box::new(Loses), ..shared() });
    grid.submit(1, "ann", 5);
    grid.submit(2, "ann", 5);
    grid.scheduler.step(&grid.observation, &mut grid.decision);
    let found = grid.scheduler.check_invariants_fully();
    assert_eq!(found, Err(Violation::CampaignsDiffer { cluster: ClusterId(0) }));
}

/// Every part as the campaigns above have it.
struct Counted;

impl ParameterSource for Counted {
    fn parameters(
        &mut self,
        campaign: CampaignId,
        _first: u32,
    ) -> Result<std::sync::Arc<Parameters>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(std::sync::Arc::new(Parameters::count(u64::from(campaign.0) * 20)?))
    }
}

#[test]
fn a_restored_scheduler_goes_on_under_the_steps_that_it_is_given() {
    let steps = || Steps { order: Box::new(FewestLeft), placement: Box::new(OneByOne), ..shared() };
    let mut grid = Grid::new(steps());
    grid.submit(3, "ann", 60);
    grid.submit(2, "bob", 40);
    (0..3).for_each(|_| drop(grid.cycle()));
    let saved = grid.scheduler.checkpoint();
    let config = saved.config().clone();
    let twin = Scheduler::restore(config, &injection::standard(), saved, &mut Counted).unwrap();
    let mut twin = twin.with_steps(steps());
    let mut decision = Decision::new();
    for _ in 0..6 {
        grid.cycle();
        twin.step(&grid.told, &mut decision);
        assert_eq!(decision.commands, grid.decision.commands);
        assert_eq!(decision.report, grid.decision.report);
    }
}
