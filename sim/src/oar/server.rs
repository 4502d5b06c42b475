//! A simulated OAR server as the scheduler of a cluster of the World: passes, walltime polls and
//! kills in OAR's rhythm, over the very pass that golden vectors and benchmarks call. Must not
//! decide by true run times: it only hands on that of the alternative chosen.

mod accounting;
pub mod admission;
mod ends;
mod leaving;
mod manager;
pub mod nodes;
mod orders;
mod power;
pub mod rhythm;
pub mod site;
mod take_up;
mod told;
mod waits;
mod walltimes;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gleaner_oar::states::{JobState, ResourceState};

use crate::actions::{Actions, Chosen, Launch};
use crate::cause::{Cause, Obstacle, Room};
use crate::cores::Intervals;
use crate::job::{EndReason, JobSlot, JobSpec, JobTable};
use crate::job_request::JobRequest;
use crate::manager::Manager;
use crate::node::nodes_of;
use crate::oar::life::lifecycle::{ENDED, KILLED};
use crate::oar::model::config::{Config, Predictions};
use crate::oar::model::error::OarError;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::state::State;
use crate::oar::pass::outcome::PassOutcome;
use crate::oar::pass::pass;
use crate::oar::server::accounting::Accounting;
use crate::oar::server::rhythm::OarRhythm;
use crate::oar::server::site::Site;
use crate::oar::server::told::Told;
use crate::scheduler::ClusterScheduler;
use crate::snapshot::{ClusterState, Intents};
use crate::time::{SimSpan, SimTime};

/// Second 0 of the simulation in OAR's calendar: far from the dates that mean "not set", and a Monday
/// at midnight, as calendars of quotas count.
const EPOCH_S: i64 = 1_000_080_000;

/// Passes in a row within one instant, after which something is taken to go round in circles.
const PASSES_MAX: u32 = 100_000;

/// OAR on one cluster whose resources are cores on nodes.
#[derive(Clone, Debug)]
pub struct OarServer {
    state: State,
    /// The server without any job.
    pristine: State,
    config: Config,
    rhythm: OarRhythm,
    site: Site,
    /// Whether some resources are not for best-effort jobs.
    spares_resources: bool,
    /// The job in each slot.
    ids: Vec<JobId>,
    slots: BTreeMap<JobId, JobSlot>,
    /// Jobs with a [`JobRequest`] by their number, and those of them that live.
    numbers: BTreeMap<u64, JobId>,
    asked: BTreeSet<JobId>,
    /// Jobs that are suspended or about to go on.
    paused: BTreeSet<JobId>,
    /// Running jobs whose walltime somebody wants to change.
    changing: BTreeSet<JobId>,
    /// When the next pass is due.
    pass_at: Option<SimTime>,
    /// Before this time no pass runs.
    not_before: SimTime,
    /// When the running jobs are to be looked at: at the end of their walltimes, or before if they
    /// want a signal then.
    limits: BTreeSet<(Date, JobId)>,
    /// The date in `limits` of the job in each slot.
    limit_dates: Vec<Date>,
    /// Nodes that are being woken, and when they are alive.
    boots: BTreeSet<(SimTime, u32)>,
    /// The last pass left an empty cluster empty: the next one tells whether anybody can ever start.
    doubtful: bool,
    accounting: Accounting,
    told: Told,
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
        OarServer::of_site(Site::flat(nodes, cores_per_node), config, rhythm)
    }

    /// A server for a site.
    ///
    /// # Errors
    /// An order or hierarchy with properties that no resource has, resources that are not numbered
    /// as [`Site::resources`] says.
    pub fn of_site(site: Site, config: Config, rhythm: OarRhythm) -> Result<OarServer, OarError> {
        let config = Config { end_of_time: Date::FAR, ..config };
        for (core, resource) in (0..).zip(site.resources.iter()) {
            if resource.id != ResourceId(core + 1) {
                return Err(OarError::BadResourceId(resource.id));
            }
        }
        let spares_resources = site.resources.iter().any(|resource| !resource.besteffort);
        let state = State::new(site.resources.clone(), site.queues.clone(), &config)?;
        Ok(OarServer {
            pristine: state.clone(),
            state,
            config,
            rhythm,
            spares_resources,
            site,
            ids: Vec::new(),
            slots: BTreeMap::new(),
            numbers: BTreeMap::new(),
            asked: BTreeSet::new(),
            paused: BTreeSet::new(),
            changing: BTreeSet::new(),
            pass_at: None,
            not_before: SimTime::from_ms(i64::MIN),
            limits: BTreeSet::new(),
            limit_dates: Vec::new(),
            boots: BTreeSet::new(),
            doubtful: false,
            accounting: Accounting::default(),
            told: Told::default(),
        })
    }

    /// Its times.
    pub fn rhythm(&self) -> &OarRhythm {
        &self.rhythm
    }

    /// The id of the live job in a slot.
    pub fn job_id(&self, slot: JobSlot) -> Option<JobId> {
        let id = *self.ids.get(slot.index())?;
        (self.slots.get(&id) == Some(&slot)).then_some(id)
    }

    /// The slot of a live job.
    pub fn slot(&self, id: JobId) -> Option<JobSlot> {
        self.slots.get(&id).copied()
    }

    /// The id that the next submission gets.
    pub fn next_job_id(&self) -> JobId {
        self.state.next_job_id()
    }

    /// An event asks for a pass, as soon as the floor between two allows.
    fn ask_for_pass(&mut self, now: SimTime) {
        let earliest = now.max(self.not_before);
        self.pass_at = Some(self.pass_at.map_or(earliest, |asked| asked.min(earliest)));
    }

    /// Asks the World for the next wake-up.
    fn wake(&self, now: SimTime, actions: &mut Actions) {
        let poll = self.limits.first().map(|(end, _)| self.poll_after(*end));
        let boot = self.boots.first().map(|(time, _)| *time);
        if let Some(time) = [self.pass_at, poll, boot].into_iter().flatten().min() {
            actions.wake_at(time.max(now));
        }
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
            self.config.notes_waits = actions.tell_held;
            let outcome = self.pass(now);
            self.tell_noted(&outcome, jobs, actions);
            self.launch(now, &outcome, jobs, actions);
            self.turn_away(&outcome, actions);
            self.switch_nodes(now, &outcome.power, actions);
            self.let_go_on(now, actions);
            self.note_walltimes(jobs, actions);
            let killed = !outcome.victims.is_empty() || !outcome.checkpointed.is_empty();
            if killed {
                self.kill(now, EndReason::Preempted, jobs, actions);
            }
            // What is launched or copied is only there when the World has heard of it, and a victim
            // that was sent a signal only has time left.
            let again = actions.copies.is_empty()
                && outcome.launched.is_empty()
                && (outcome.exit_code == 1 || !outcome.victims.is_empty());
            if !self.rhythm.is_ideal() || !again {
                self.plan_next(now, &outcome);
                self.state.drop_events();
                return;
            }
        }
    }

    fn pass(&mut self, now: SimTime) -> PassOutcome {
        let usual = self.config.predictions;
        if self.doubtful {
            self.config.predictions = Predictions::All;
        }
        let outcome = pass(&mut self.state, date(now), &self.config);
        self.config.predictions = usual;
        self.doubtful = self.nothing_is_under_way() && outcome.launched.is_empty();
        outcome
    }

    fn nothing_is_under_way(&self) -> bool {
        self.state.current_jobs().next().is_none() && self.boots.is_empty()
    }

    /// When the next pass comes without any event.
    fn plan_next(&mut self, now: SimTime, outcome: &PassOutcome) {
        self.not_before = now + self.rhythm.duration + self.rhythm.floor;
        let pass_at = match (self.rhythm.is_ideal(), outcome.exit_code) {
            // A start is an event, too: it opens containers, and lets whoever depends on the job
            // stand back. Among jobs of cores alone it changes nothing.
            (true, 0) if !outcome.launched.is_empty() && !self.asked.is_empty() => Some(now),
            (true, 0) => self.next_predicted(now),
            (true, 2) if outcome.victims.is_empty() => Some(now + SimSpan::from_s(1)),
            (true, _) => Some(now),
            (false, 1) => Some(self.not_before),
            (false, _) if self.time_matters() => Some(now + self.rhythm.ceiling),
            (false, _) => None,
        };
        let halt = self.next_halt(now).map(|due| due.max(self.not_before));
        self.pass_at = [pass_at, halt].into_iter().flatten().min();
    }

    /// Whether a later pass could decide otherwise though nothing happens in between.
    fn time_matters(&self) -> bool {
        let state = &self.state;
        if state.table.anyone_booked() || !self.paused.is_empty() || !self.changing.is_empty() {
            return true;
        }
        let waiting = state.anyone_waits();
        if !waiting || !state.gantt().complete {
            return waiting;
        }
        let waits = |id: JobId| state.job(id).is_some_and(|job| job.state == JobState::Waiting);
        state.gantt().starts().any(|(id, _)| waits(id))
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
            let nodes = nodes_of(&cores, self.site.cores_per_node).count() as i64;
            let spec = &jobs.job(slot).spec;
            let (walltime_s, alternative) = (job.assigned_walltime_s(), job.assigned_alternative);
            let chosen =
                spec.request.as_deref().map(|request| chosen(request, walltime_s, alternative));
            debug_assert!(chosen.is_some() || cores.len() == spec.cores);
            self.watch(*id, slot);
            actions.launches.push(Launch {
                job: slot,
                cores,
                begin: now + self.rhythm.duration,
                after_victims: self.rhythm.duration > SimSpan::ZERO,
                latency: self.rhythm.launch + self.rhythm.launch_per_node.times(nodes),
                cleanup: self.rhythm.cleanup,
                chosen,
            });
        }
    }

    /// Reservations that the pass refused leave.
    fn turn_away(&mut self, outcome: &PassOutcome, actions: &mut Actions) {
        for id in &outcome.refused {
            if let Some(slot) = self.slots.get(id).copied() {
                actions.withdrawn.push(slot);
                self.forget(slot);
            }
        }
    }

    /// A job of the World that was submitted at `then` is in its queue.
    fn enter(
        &mut self,
        then: SimTime,
        slot: JobSlot,
        request: Option<Arc<JobRequest>>,
        jobs: &JobTable,
    ) -> JobId {
        let world = jobs.job(slot);
        // A scheduler plans with estimates; what a user asks for in full is planned as asked.
        let spec = JobSpec { walltime: Some(world.estimate), request, ..world.spec };
        let taken = self.admitted(then, &spec).and_then(|job| {
            let id = job.id;
            self.state.submit(job, &self.config)?;
            Ok(id)
        });
        let id = taken
            .unwrap_or_else(|refusal| panic!("job {} is no valid request: {refusal}", spec.number));
        if spec.request.is_some() {
            self.numbers.insert(spec.number, id);
            self.asked.insert(id);
        }
        self.bind(id, slot);
        id
    }

    /// Binds a job of the server to a slot of the World.
    fn bind(&mut self, id: JobId, slot: JobSlot) {
        if self.ids.len() <= slot.index() {
            self.ids.resize(slot.index() + 1, JobId(0));
        }
        self.ids[slot.index()] = id;
        self.slots.insert(id, slot);
    }

    fn node_states(&mut self, cores: &Intervals, state: ResourceState) {
        for node in nodes_of(cores, self.site.cores_per_node) {
            self.boots.retain(|(_, booting)| *booting != node);
            if let Some(name) = self.node_name(node).map(str::to_owned) {
                self.state.set_node_state(&name, state);
            }
        }
    }
}

impl ClusterScheduler for OarServer {
    fn duplicate(&self) -> Box<dyn ClusterScheduler> {
        Box::new(self.clone())
    }

    fn submitted(&mut self, now: SimTime, slot: JobSlot, jobs: &JobTable, actions: &mut Actions) {
        let id = self.enter(now, slot, jobs.job(slot).spec.request.clone(), jobs);
        self.ask_for_pass(now);
        self.tell_submitted(now, id, actions);
        self.wake(now, actions);
    }

    fn copied(&mut self, now: SimTime, key: u64, slot: JobSlot) {
        let id = JobId(key);
        self.bind(id, slot);
        self.asked.insert(id);
        let old = self.state.job(id).and_then(|job| job.resubmit_of);
        if let Some((number, _)) = self.numbers.iter().find(|(_, known)| Some(**known) == old) {
            let number = *number;
            self.numbers.insert(number, id);
        }
        self.ask_for_pass(now);
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
        self.over(now, slot, code, exit_code, jobs, actions);
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
        self.finish_boots(now, actions);
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
        _holders: &[JobSlot],
        _jobs: &JobTable,
        actions: &mut Actions,
    ) {
        self.node_states(cores, ResourceState::Alive);
        self.ask_for_pass(now);
        self.wake(now, actions);
    }

    fn cores_closed(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        _holders: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        // OAR leaves running jobs on suspected resources alone, and starts none there.
        self.node_states(cores, ResourceState::Suspected);
        self.shrink_reservations(now, cores, jobs, actions);
        self.ask_for_pass(now);
        self.wake(now, actions);
    }

    fn cores_gone(&mut self, _now: SimTime, cores: &Intervals) {
        self.node_states(cores, ResourceState::Dead);
    }

    fn room(&self, seen: Room) -> Room {
        // Whoever had to leave has left before a pass launches anybody.
        Room { promised: Cause::Pass, ..seen }
    }

    fn why(&self, now: SimTime, slot: JobSlot, jobs: &JobTable, room: &Room) -> Obstacle {
        self.obstacle(now, slot, jobs, room)
    }

    fn intents(&self) -> Intents {
        // What a pass predicts binds no later one.
        let (rests_until, next_pass) = (Some(self.not_before), self.pass_at);
        Intents { promises: Vec::new(), rests_until, next_pass }
    }

    fn take_up(
        &mut self,
        now: SimTime,
        cluster: &ClusterState,
        live: &[JobSlot],
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        self.take_up_nodes(now, cluster);
        self.take_up_jobs(now, live, jobs);
        self.tell_taken_up(live, cluster.intents.is_some(), jobs, actions);
        match &cluster.intents {
            None => self.ask_for_pass(now),
            Some(intents) => {
                self.not_before = intents.rests_until.unwrap_or(self.not_before);
                self.pass_at = intents.next_pass;
                self.doubtful = self.nothing_is_under_way();
            }
        }
        self.wake(now, actions);
    }

    fn manager(&self) -> Option<&dyn Manager> {
        Some(self)
    }

    fn manager_mut(&mut self) -> Option<&mut dyn Manager> {
        Some(self)
    }

    fn enforces_walltimes(&self) -> bool {
        true
    }
}

/// The alternative that a job runs with; a job that executes nothing lasts until it is killed.
fn chosen(request: &JobRequest, walltime_s: i64, alternative: usize) -> Chosen {
    let run =
        if request.is_noop() { SimSpan::FOREVER } else { request.alternatives[alternative].run };
    Chosen { walltime: SimSpan::from_s(walltime_s), run }
}

fn intervals(resources: &[ResourceId]) -> Intervals {
    let mut intervals = Intervals::new();
    if resources.is_sorted() {
        resources.iter().for_each(|id| intervals.push(id.0 - 1, id.0 - 1));
        return intervals;
    }
    let mut cores: Vec<u32> = resources.iter().map(|id| id.0 - 1).collect();
    cores.sort_unstable();
    cores.into_iter().for_each(|core| intervals.push(core, core));
    intervals
}

/// An instant by the server's clock, which counts whole seconds, rounded down.
pub fn date(time: SimTime) -> Date {
    Date(time.whole_s() + EPOCH_S)
}

/// The instant at which the server's clock shows a date.
pub fn sim_time(date: Date) -> SimTime {
    SimTime::from_s(date.0 - EPOCH_S)
}

/// Whole seconds of a span, rounded up.
fn whole_seconds(span: SimSpan) -> i64 {
    (span.ms() + 999) / 1000
}
