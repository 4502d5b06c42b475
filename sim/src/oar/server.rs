//! A simulated OAR server as the scheduler of a cluster of the World: passes, walltime polls and
//! kills in OAR's rhythm, over the very pass that golden vectors and benchmarks call. Must not
//! know true run times.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_oar::states::ResourceState;
use gleaner_oar::value::Value;

use crate::cores::Intervals;
use crate::job::{EndReason, Job as WorldJob, JobKind, JobSlot, JobTable};
use crate::oar::config::Config;
use crate::oar::error::OarError;
use crate::oar::ids::{Date, JobId, ResourceId};
use crate::oar::job::Job;
use crate::oar::lifecycle::{ENDED, KILLED};
use crate::oar::outcome::PassOutcome;
use crate::oar::pass::pass;
use crate::oar::resource::Resource;
use crate::oar::rhythm::OarRhythm;
use crate::oar::state::{Queue, State};
use crate::scheduler::{Actions, ClusterScheduler, Kill, Launch};
use crate::time::{SimSpan, SimTime};

/// Second 0 of the simulation in OAR's calendar: far from the dates that mean "not set".
const EPOCH_S: i64 = 1_000_000_000;

/// Passes in a row within one instant, after which something is taken to go round in circles.
const PASSES_MAX: u32 = 100_000;

/// OAR on one cluster whose resources are cores on nodes.
#[derive(Debug)]
pub struct OarServer {
    state: State,
    config: Config,
    rhythm: OarRhythm,
    cores_per_node: u32,
    /// The job in each slot.
    ids: Vec<JobId>,
    slots: BTreeMap<JobId, JobSlot>,
    /// When the next pass is due.
    pass_at: Option<SimTime>,
    /// Before this time no pass runs.
    not_before: SimTime,
    /// What the last job asked for, and by what another asks for the same.
    last_request: Option<((JobKind, i32, u32, SimSpan), Job)>,
    /// Ends of the running jobs' walltimes.
    limits: BTreeSet<(Date, JobId)>,
}

impl OarServer {
    /// A server for `nodes` nodes of `cores_per_node` cores, all alive and free.
    ///
    /// # Errors
    /// An order or hierarchy with properties that no resource has.
    pub fn new(
        nodes: u32,
        cores_per_node: u32,
        config: Config,
        rhythm: OarRhythm,
    ) -> Result<OarServer, OarError> {
        let resources = resources(nodes, cores_per_node);
        let state = State::new(resources, Queue::packaged(), &config)?;
        Ok(OarServer {
            state,
            config,
            rhythm,
            cores_per_node,
            ids: Vec::new(),
            slots: BTreeMap::new(),
            pass_at: None,
            not_before: SimTime::from_ms(i64::MIN),
            last_request: None,
            limits: BTreeSet::new(),
        })
    }

    /// What a job asks for. Many in a row ask for the same: only numbers and dates differ.
    fn like_the_last(&mut self, id: JobId, submission: Date, job: &WorldJob) -> Job {
        let spec = &job.spec;
        let key = (spec.kind, spec.user, spec.cores, job.estimate);
        if self.last_request.as_ref().is_none_or(|(known, _)| *known != key) {
            self.last_request = Some((key, request(id, submission, job)));
        }
        let (_, like) = self.last_request.as_ref().expect("it was just made");
        Job { id, submission, array_id: id, ..like.clone() }
    }

    /// An event asks for a pass, as soon as the floor between two allows.
    fn ask_for_pass(&mut self, now: SimTime) {
        let earliest = now.max(self.not_before);
        self.pass_at = Some(self.pass_at.map_or(earliest, |asked| asked.min(earliest)));
    }

    /// Asks the World for the next wake-up.
    fn wake(&self, now: SimTime, actions: &mut Actions) {
        let poll = self.limits.first().map(|(end, _)| self.poll_after(*end));
        if let Some(time) = [self.pass_at, poll].into_iter().flatten().min() {
            actions.wake_at(time.max(now));
        }
    }

    /// The first poll of walltimes at which a job that may run until `end` is over its time.
    fn poll_after(&self, end: Date) -> SimTime {
        let over = sim_time(Date(end.0 + 1)).ms();
        let period_ms = self.rhythm.poll.ms().max(1);
        SimTime::from_ms((over + period_ms - 1).div_euclid(period_ms) * period_ms)
    }

    fn id(&self, slot: JobSlot) -> JobId {
        self.ids[slot.index()]
    }

    /// Runs the pass that is due; in the ideal rhythm, until nothing more can start.
    fn run_pass(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions) {
        let mut passes = 0;
        loop {
            passes += 1;
            assert!(passes < PASSES_MAX, "OAR's passes at {now} come to no end");
            let outcome = pass(&mut self.state, date(now), &self.config);
            self.launch(now, &outcome, jobs, actions);
            let killed = !outcome.victims.is_empty() || !outcome.checkpointed.is_empty();
            if killed {
                self.kill(now, EndReason::Preempted, jobs, actions);
            }
            if !self.rhythm.is_ideal() || outcome.exit_code == 0 {
                self.plan_next(now, &outcome);
                self.state.drop_events();
                return;
            }
        }
    }

    /// When the next pass comes without any event.
    fn plan_next(&mut self, now: SimTime, outcome: &PassOutcome) {
        self.not_before = now + self.rhythm.duration + self.rhythm.floor;
        self.pass_at = match (self.rhythm.is_ideal(), outcome.exit_code) {
            (true, _) => self.next_predicted(now),
            (false, 1) => Some(self.not_before),
            (false, _) if self.state.anyone_waits() => Some(now + self.rhythm.ceiling),
            (false, _) => None,
        };
    }

    /// The next predicted start of a waiting job.
    fn next_predicted(&self, now: SimTime) -> Option<SimTime> {
        let today = date(now);
        let starts = self.state.gantt().starts().map(|(_, start)| start);
        starts.filter(|start| *start > today).min().map(|start| sim_time(start).max(now))
    }

    /// Hands the jobs that the pass launched to the World.
    fn launch(
        &mut self,
        now: SimTime,
        outcome: &PassOutcome,
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        for id in &outcome.launched {
            let slot = self.slots[id];
            let launched = self.state.launched(*id, date(now), &self.config);
            assert!(launched.is_ok(), "a pass launches jobs that wait");
            let job = self.state.job(*id).expect("a launched job is known");
            let cores = intervals(&job.assigned);
            self.limits.insert((Date(job.start.0 + job.assigned_walltime_s()), *id));
            let nodes = nodes_of(&cores, self.cores_per_node);
            debug_assert_eq!(cores.len(), jobs.job(slot).spec.cores);
            actions.launches.push(Launch {
                job: slot,
                cores,
                begin: now + self.rhythm.duration,
                after_victims: self.rhythm.duration > SimSpan::ZERO,
                latency: self.rhythm.launch + self.rhythm.launch_per_node.times(nodes),
                cleanup: self.rhythm.cleanup,
            });
        }
    }

    /// Leon: whoever is to be killed dies after a while; in the ideal rhythm at once.
    fn kill(&mut self, now: SimTime, reason: EndReason, jobs: &JobTable, actions: &mut Actions) {
        let outcome = self.state.leon(date(now), &self.config);
        for id in outcome.signalled {
            let slot = self.slots[&id];
            let job = jobs.job(slot);
            if job.is_dying() {
                continue;
            }
            let dead = (now + self.rhythm.kill).min(job.end);
            let clean = dead + self.rhythm.cleanup_killed;
            actions.kills.push(Kill { job: slot, dead, clean, reason });
            if clean == now {
                // The World does not tell of an end that happens at once.
                self.over(now, slot, KILLED, None);
            }
        }
    }

    /// A job has left its cores.
    fn over(&mut self, now: SimTime, slot: JobSlot, code: i32, exit_code: Option<i32>) {
        let id = self.id(slot);
        let job = self.state.job(id).expect("a job of the World is known");
        self.limits.remove(&(Date(job.start.0 + job.assigned_walltime_s()), id));
        let ended = self.state.job_end(id, code, exit_code, date(now), &self.config);
        assert!(ended.is_ok(), "a job of the World is known");
        self.state.check_node_states(date(now), &self.config);
        self.forget(slot);
    }

    fn forget(&mut self, slot: JobSlot) {
        let id = self.id(slot);
        self.slots.remove(&id);
        let forgotten = self.state.forget(id);
        assert!(forgotten.is_ok(), "an ended job can be forgotten");
        self.state.drop_events();
    }

    /// Sarko: kills the jobs beyond their walltime.
    fn poll_walltimes(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions) {
        let over = self.state.sarko(date(now), &self.config).exit_code == 1;
        self.limits = self.limits.split_off(&(date(now), JobId(0)));
        if over {
            self.kill(now, EndReason::Walltime, jobs, actions);
            // Those that die at once are not told of again.
            self.ask_for_pass(now);
        }
    }

    fn node_states(&mut self, cores: &Intervals, state: ResourceState) {
        let mut nodes: Vec<u32> = cores.cores().map(|core| core / self.cores_per_node).collect();
        nodes.dedup();
        for node in nodes {
            self.state.set_node_state(&node_name(node), state);
        }
    }
}

impl ClusterScheduler for OarServer {
    fn submitted(&mut self, now: SimTime, slot: JobSlot, jobs: &JobTable, actions: &mut Actions) {
        let job = jobs.job(slot);
        let id = self.state.next_job_id();
        let request = self.like_the_last(id, date(now), job);
        let taken = self.state.submit(request, &self.config);
        assert!(taken.is_ok(), "a job of cores is a valid request: {taken:?}");
        if self.ids.len() <= slot.index() {
            self.ids.resize(slot.index() + 1, JobId(0));
        }
        self.ids[slot.index()] = id;
        self.slots.insert(id, slot);
        self.ask_for_pass(now);
        self.wake(now, actions);
    }

    fn ended(&mut self, now: SimTime, slot: JobSlot, jobs: &JobTable, actions: &mut Actions) {
        let job = jobs.job(slot);
        let (code, exit_code) = match job.reason {
            EndReason::Completed => (ENDED, Some(job.spec.exit_code << 8)),
            EndReason::Walltime
            | EndReason::Preempted
            | EndReason::NodeFailure
            | EndReason::Cancelled => (KILLED, None),
        };
        self.over(now, slot, code, exit_code);
        self.ask_for_pass(now);
        self.wake(now, actions);
    }

    fn withdrawn(&mut self, now: SimTime, slot: JobSlot, _jobs: &JobTable, actions: &mut Actions) {
        let known = self.state.frag(self.id(slot), date(now));
        assert!(known.is_ok(), "a waiting job of the World is known");
        self.state.leon(date(now), &self.config);
        self.forget(slot);
        self.ask_for_pass(now);
        self.wake(now, actions);
    }

    fn woken(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions) {
        if self.limits.first().is_some_and(|(end, _)| self.poll_after(*end) <= now) {
            self.poll_walltimes(now, jobs, actions);
        }
        if self.pass_at.is_some_and(|time| time <= now) {
            self.pass_at = None;
            self.run_pass(now, jobs, actions);
        }
        self.wake(now, actions);
    }

    fn cores_down(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        _jobs: &JobTable,
        actions: &mut Actions,
    ) {
        self.node_states(cores, ResourceState::Suspected);
        self.ask_for_pass(now);
        self.wake(now, actions);
    }

    fn cores_up(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        _jobs: &JobTable,
        actions: &mut Actions,
    ) {
        self.node_states(cores, ResourceState::Alive);
        self.ask_for_pass(now);
        self.wake(now, actions);
    }

    fn enforces_walltimes(&self) -> bool {
        true
    }
}

/// What a job of the World asks OAR for.
fn request(id: JobId, submission: Date, job: &WorldJob) -> Job {
    let walltime_s = (job.estimate.ms() + 999) / 1000;
    let asked =
        Job::new(id, submission).asking(&[("resource_id", job.spec.cores)], walltime_s.max(1));
    let user = job.spec.user;
    let asked = Job { user: format!("user{user}").into(), ..asked };
    match job.spec.kind {
        JobKind::Local | JobKind::Grid => asked,
        JobKind::BestEffort => asked.besteffort(),
    }
}

/// One resource a core: number, node and core.
fn resources(nodes: u32, cores_per_node: u32) -> Vec<Resource> {
    (0..nodes * cores_per_node)
        .map(|core| {
            Resource::new(ResourceId(core + 1), node_name(core / cores_per_node))
                .with("core", Value::Int(i64::from(core) + 1))
        })
        .collect()
}

/// Names of equal length, because OAR sorts them as text.
fn node_name(node: u32) -> String {
    format!("node{node:08}")
}

/// The cores of resources, which ascend.
fn intervals(resources: &[ResourceId]) -> Intervals {
    let mut intervals = Intervals::new();
    for core in resources.iter().map(|resource| resource.0 - 1) {
        intervals.push(core, core);
    }
    intervals
}

fn nodes_of(cores: &Intervals, cores_per_node: u32) -> i64 {
    let mut last = None;
    let mut nodes = 0;
    for node in cores.cores().map(|core| core / cores_per_node) {
        nodes += i64::from(last != Some(node));
        last = Some(node);
    }
    nodes
}

/// OAR counts whole seconds, rounded down.
fn date(time: SimTime) -> Date {
    Date(time.whole_s() + EPOCH_S)
}

fn sim_time(date: Date) -> SimTime {
    SimTime::from_s(date.0 - EPOCH_S)
}
