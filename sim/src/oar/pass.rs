//! The pass: OAR's metascheduler with its internal scheduler, in one function. World, golden
//! vectors and benchmarks call this one. Knows no latencies: it decides, others carry out.

pub mod launch;
pub mod occupy;
pub mod reservations;

use crate::oar::config::Config;
use crate::oar::energy::NodePower;
use crate::oar::gantt::{Entry, Gantt, Place};
use crate::oar::ids::{Date, JobId};
use crate::oar::order::{self, Candidate};
use crate::oar::place::outlook::Outlook;
use crate::oar::platform::Platform;
use crate::oar::quotas::Quotas;
use crate::oar::slots::SlotSet;
use crate::oar::slots::search::Scratch;
use crate::oar::state::State;
use gleaner_oar::states::JobState;
use occupy::Occupant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a pass decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassOutcome {
    /// 0: done; 1: run again at once; 2: kills are pending, nothing was launched.
    pub exit_code: i32,
    /// Jobs put into `toLaunch`, by id.
    pub launched: Vec<JobId>,
    /// Best-effort jobs that must leave.
    pub victims: Vec<JobId>,
    /// Best-effort jobs to be sent their checkpoint signal before they must leave.
    pub checkpointed: Vec<JobId>,
    /// Reservations accepted.
    pub accepted: Vec<JobId>,
    /// Reservations refused or expired.
    pub refused: Vec<JobId>,
    /// Nodes to halt and to wake.
    pub power: NodePower,
    /// Waiting jobs that were tried.
    pub examined: usize,
    /// Whether the last plan was kept, at least its beginning.
    pub reused: bool,
}

/// Runs one pass at `now`, which never goes back. The settings of a server are the same in every call,
/// but for [`Config::predictions`].
pub fn pass(state: &mut State, now: Date, config: &Config) -> PassOutcome {
    state.apply_walltime_changes(now, config);
    if let Some(outcome) = crate::oar::reuse::repeat(state, now, config) {
        return outcome;
    }
    let mut run = Run::new(state, now, config);
    run.load();
    let groups = run.schedule();
    run.finish(&groups)
}

/// A pass under way.
pub(super) struct Run<'a> {
    pub(super) state: &'a mut State,
    pub(super) now: Date,
    pub(super) config: &'a Config,
    pub(super) platform: Arc<Platform>,
    pub(super) quotas: Option<Quotas>,
    /// The platform's slots.
    pub(super) main: SlotSet,
    /// Slots of containers, by name.
    pub(super) inner: BTreeMap<String, SlotSet>,
    pub(super) occupants: Vec<Occupant>,
    pub(super) gantt: Gantt,
    pub(super) scratch: Scratch,
    pub(super) outcome: PassOutcome,
    /// Whether what was placed could be placed again in another order of insertion.
    pub(super) repeatable: bool,
    /// Requests, by shape and width, that no job without special wishes can be placed with.
    pub(super) hopeless: BTreeSet<(u32, i64)>,
}

/// A group of queues and its jobs, in order.
pub(super) struct Group {
    pub(super) queues: Vec<usize>,
    pub(super) jobs: Vec<Candidate>,
    /// Whether it is the best-effort queue alone, for which best-effort jobs take their place.
    pub(super) besteffort: bool,
    /// The last job that waits in these queues, examined or not.
    pub(super) last_waiting: Option<JobId>,
}

impl<'a> Run<'a> {
    fn new(state: &'a mut State, now: Date, config: &'a Config) -> Self {
        let platform = state.platform(config);
        let quotas = Quotas::compile(config, platform.default_not_dead);
        let counted = |&level: &usize| {
            let asked = state.shapes.asks_for(&config.hierarchy_labels[level]);
            asked && !platform.levels[level].is_unit()
        };
        let levels: Vec<usize> = (0..platform.levels.len()).filter(counted).collect();
        let mut main = SlotSet::new(&platform, config.compat, now, &platform.usable, &levels);
        if let Some(quotas) = &quotas {
            quotas.start(&mut main);
        }
        let scratch = Scratch::new(&platform);
        let gantt = Gantt { platform: Some(Arc::clone(&platform)), ..Gantt::default() };
        let repeatable = quotas.is_none();
        Self {
            state,
            now,
            config,
            platform,
            quotas,
            main,
            inner: BTreeMap::new(),
            occupants: Vec::new(),
            gantt,
            scratch,
            outcome: PassOutcome::default(),
            repeatable,
            hopeless: BTreeSet::new(),
        }
    }

    /// Step 2 and 3: who holds or has booked what.
    fn load(&mut self) {
        self.load_occupants();
        self.subtract_absences();
        self.subtract_occupants(false);
    }

    /// Step 4: the queues, by descending priority.
    fn schedule(&mut self) -> Vec<Group> {
        let groups: Vec<Group> =
            self.state.queue_groups().into_iter().map(|queues| self.group(queues)).collect();
        let mut outlook = Outlook::new(self, &groups);
        for (index, group) in groups.iter().enumerate() {
            if group.besteffort {
                self.subtract_occupants(true);
            }
            self.place_jobs(index, group, &mut outlook);
            for &queue in &group.queues {
                self.treat_booked(queue);
                self.examine_reservations(queue);
            }
        }
        self.gantt.complete = !outlook.stopped();
        groups
    }

    /// The active queues of a group, and the jobs examined of it.
    fn group(&self, queues: Vec<usize>) -> Group {
        let active: Vec<usize> =
            queues.into_iter().filter(|&index| self.state.queues[index].active).collect();
        let limit = self.config.jobs_per_round_max.unwrap_or(usize::MAX);
        let fifo = self.config.job_priority == crate::oar::config::JobPriority::Fifo;
        let per_queue = if fifo { limit } else { usize::MAX };
        let mut jobs: Vec<Candidate> = Vec::new();
        for &index in &active {
            let waiting = self.state.table.waiting(index).iter().take(per_queue);
            jobs.extend(waiting.map(|(id, place)| (*id, *place)));
        }
        if active.len() > 1 {
            jobs.sort_unstable();
        }
        order::sort(&mut jobs, self.state, &active, &self.config.job_priority, self.now);
        jobs.truncate(limit);
        let last = |&index: &usize| self.state.table.waiting(index).keys().next_back().copied();
        let last_waiting = active.iter().filter_map(last).max();
        let named = |index: usize| &*self.state.queues[index].name == "besteffort";
        let besteffort = matches!(active[..], [only] if named(only));
        Group { queues: active, jobs, besteffort, last_waiting }
    }

    /// Steps 5 to 7: kills or launches, power, and what was under way.
    fn finish(mut self, groups: &[Group]) -> PassOutcome {
        let candidates = self.launch_candidates(0);
        self.kill_besteffort(&candidates);
        if self.outcome.victims.is_empty() && self.outcome.checkpointed.is_empty() {
            self.launch(&candidates);
        } else {
            self.outcome.exit_code = 2;
        }
        let gantt = std::mem::take(&mut self.gantt);
        self.state.gantt = gantt;
        if let Some(energy) = &self.config.energy_saving {
            self.outcome.power = self.state.node_power(*energy, self.now);
        }
        self.state.resume_jobs(self.now, self.config);
        self.conclude_reservations();
        crate::oar::reuse::remember(&mut self, groups);
        self.outcome
    }

    /// Starts what is due of the rows from `first` on, where best-effort jobs stand in nobody's way.
    pub(super) fn launch_arrivals(&mut self, first: usize) -> PassOutcome {
        let candidates = self.launch_candidates(first);
        self.launch(&candidates);
        std::mem::take(&mut self.outcome)
    }

    /// Refused reservations end, accepted ones wait for their time. A start that is due asks for
    /// another pass at once.
    fn conclude_reservations(&mut self) {
        for id in self.state.table.to_error() {
            self.state.set_state(id, JobState::Error, self.now, self.config);
        }
        for id in self.state.table.to_ack() {
            self.state.set_state(id, JobState::Waiting, self.now, self.config);
            let due = self.state.job(id).is_some_and(|job| job.start.0 - 1 <= self.now.0);
            if due && self.outcome.exit_code == 0 {
                self.outcome.exit_code = 1;
            }
        }
    }

    /// Adds a row for resources in `scratch.chosen`.
    pub(super) fn plan(&mut self, job: JobId, start: i64, alternative: usize) {
        let from = self.gantt.arena.len();
        self.gantt.arena.extend_from_slice(&self.scratch.chosen);
        let place = Place::Planned(from);
        self.gantt.entries.push(Entry { job, start: Date(start), alternative, place });
    }
}
