//! A pass under way: what its steps share. Calls none of them; [`crate::oar::pass`] does, in order.

pub mod early_stop;
mod floors;
pub mod keep;
pub mod launch;
pub mod occupy;
pub mod place;
pub mod reservations;
mod waits;
mod windows;

use crate::oar::model::bits::{Bits, SmallBits};
use crate::oar::model::config::Config;
use crate::oar::model::gantt::{Entry, EntryResources, Gantt};
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::platform::Platform;
use crate::oar::model::slots::search::Scratch;
use crate::oar::model::slots::{SlotSet, Span};
use crate::oar::model::state::State;
use crate::oar::pass::order::{self, Candidate};
use crate::oar::pass::outcome::PassOutcome;
use crate::oar::pass::quotas::Quotas;
use floors::Floors;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A job that holds or has booked resources.
pub(in crate::oar::pass) struct Occupant {
    pub(in crate::oar::pass) job: JobId,
    /// Index in the job table.
    pub(in crate::oar::pass) entry_index: u32,
    /// The start by which OAR sorts.
    pub(super) sorted_by: Date,
    pub(in crate::oar::pass) span: Span,
    pub(in crate::oar::pass) set: SmallBits,
    pub(in crate::oar::pass) besteffort: bool,
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
    /// When requests can start at the earliest in the platform's slots.
    floors: Floors,
    /// What owners' jobs leave free before anybody is placed, where somebody asks what jobs wait for.
    free_before: Option<Bits>,
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
    pub(super) fn new(state: &'a mut State, now: Date, config: &'a Config) -> Self {
        let platform = state.platform(config);
        let quotas = Quotas::compile(config, platform.default_not_dead);
        let counted = |&level: &usize| {
            let asked = state.shapes.asks_for(&config.hierarchy_labels[level]);
            asked && !platform.is_unit(level)
        };
        let levels: Vec<usize> = (0..platform.level_count()).filter(counted).collect();
        let mut main = SlotSet::new(
            &platform,
            config.compat,
            now..config.end_of_time,
            &platform.usable,
            &levels,
        );
        if let Some(quotas) = &quotas {
            quotas.start(&mut main);
        }
        let gantt = Gantt { platform: Some(Arc::clone(&platform)), ..Gantt::default() };
        Self::over(state, now, config, platform, main, gantt, quotas)
    }

    /// A pass over these slots, which begins with nothing done.
    pub(super) fn over(
        state: &'a mut State,
        now: Date,
        config: &'a Config,
        platform: Arc<Platform>,
        main: SlotSet,
        gantt: Gantt,
        quotas: Option<Quotas>,
    ) -> Self {
        let scratch = Scratch::new(&platform);
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
            floors: Floors::default(),
            free_before: None,
        }
    }

    /// The active queues of a group, and the jobs examined of it.
    pub(super) fn group(&self, queues: &[usize]) -> Group {
        let active: Vec<usize> =
            queues.iter().copied().filter(|&index| self.state.queues[index].active).collect();
        let limit = self.config.jobs_per_round_max.unwrap_or(usize::MAX);
        let fifo = self.config.job_priority == crate::oar::model::config::JobPriority::Fifo;
        let per_queue = if fifo { limit } else { usize::MAX };
        let mut jobs: Vec<Candidate> = Vec::new();
        for &index in &active {
            let waiting = self.state.table.waiting(index).iter().take(per_queue);
            jobs.extend(waiting.map(|(id, entry_index)| (*id, *entry_index)));
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

    /// Adds a row for resources in `scratch.chosen`.
    pub(super) fn plan(&mut self, job: JobId, start: i64, alternative: usize) {
        let from = self.gantt.arena.len();
        self.gantt.arena.extend_from_slice(&self.scratch.chosen);
        let resources = EntryResources::Planned(from);
        let start = Date(start);
        self.gantt.entries.push(Entry { job, start, alternative, resources, under_way: false });
    }
}
