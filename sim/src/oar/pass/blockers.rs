//! Who is in the way of a waiting job, once a pass has planned everybody. Looks long, is asked rarely, and
//! decides nothing.

use crate::oar::model::bits::{self, SmallBits};
use crate::oar::model::config::Config;
use crate::oar::model::gantt::{Entry, EntryResources};
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::platform::Platform;
use crate::oar::model::slots::search::Scratch;
use crate::oar::model::state::State;
use std::sync::Arc;

/// Returns the job that leaves last the resources planned for a job: of those under way, else of those
/// planned to be there before.
#[must_use]
pub fn last_to_leave(state: &State, config: &Config, id: JobId) -> Option<JobId> {
    let plan = Plan::of(state, config)?;
    let own = plan.entries().find(|entry| entry.job == id)?;
    let place = plan.set(own);
    let before = plan.entries().filter(|entry| entry.job != id && entry.start < own.start);
    let there = before.filter(|entry| bits::intersects(&plan.set(entry), &place));
    let last = there.max_by_key(|entry| (entry.under_way, plan.end(entry), entry.job))?;
    Some(last.job)
}

/// Returns the first job, in the order of planning, that leaves a job no place at `now`, where those under
/// way leave it one: booked resources come first.
#[must_use]
pub fn first_in_the_way(state: &mut State, now: Date, config: &Config, id: JobId) -> Option<JobId> {
    let index = state.table.index(id)?;
    let platform = Arc::clone(state.gantt.platform.as_ref()?);
    state.compile_shapes(index, &platform, config);
    let state = &*state;
    let (job, ids) = (&state.table.entry(index).job, &state.table.entry(index).shapes);
    let plan = Plan::of(state, config)?;
    let besteffort = job.is_besteffort();
    let minds = |entry: &&Entry| besteffort || !plan.is_besteffort(entry);
    let mut scratch = Scratch::new(&platform);
    ids.iter().zip(&job.alternatives).find_map(|(shape, asked)| {
        let until = now.0 + asked.walltime_s + config.job_security_time_s;
        let mut free = platform.usable.clone();
        for (_, set) in platform.available_upto.iter().filter(|(date, _)| *date < until) {
            bits::remove(&mut free, set);
        }
        let meets = |entry: &&Entry| entry.start.0 < until && plan.end(entry) > now.0;
        let planned = || plan.entries().take_while(|entry| entry.job != id);
        for entry in planned().filter(|entry| entry.under_way).filter(meets).filter(minds) {
            bits::remove(&mut free, &plan.set(entry));
        }
        let mut fits = |free: &[u64]| {
            let shape = state.shapes.get(*shape);
            scratch.solve(&platform, shape, |common| common.copy_from_slice(free))
        };
        if !fits(&free) {
            return None;
        }
        let mut taken = planned().filter(|entry| !entry.under_way).filter(meets).filter(minds);
        let first = taken.find(|entry| {
            bits::remove(&mut free, &plan.set(entry));
            !fits(&free)
        });
        first.map(|entry| entry.job)
    })
}

/// The rows of the gantt, with what their jobs say of them.
struct Plan<'a> {
    state: &'a State,
    platform: &'a Platform,
    security_s: i64,
}

impl<'a> Plan<'a> {
    fn of(state: &'a State, config: &Config) -> Option<Self> {
        let platform = state.gantt.platform.as_deref()?;
        Some(Self { state, platform, security_s: config.job_security_time_s })
    }

    /// The rows: jobs under way and booked ones, then the others in the order in which they were placed.
    fn entries(&self) -> impl Iterator<Item = &'a Entry> + use<'a> {
        self.state.gantt.entries.iter()
    }

    fn set(&self, entry: &Entry) -> SmallBits {
        match &entry.resources {
            EntryResources::Listed(ids) => self.platform.ranks_of(ids, false),
            EntryResources::Planned(from) => self.state.gantt.planned(*from, self.platform).into(),
        }
    }

    /// First second after a job's time, with the security time.
    fn end(&self, entry: &Entry) -> i64 {
        let walltime_s = |alternative: usize| {
            let asked = self.state.job(entry.job)?.alternatives.get(alternative)?;
            Some(asked.walltime_s)
        };
        entry.start.0 + walltime_s(entry.alternative).unwrap_or(0) + self.security_s
    }

    fn is_besteffort(&self, entry: &Entry) -> bool {
        self.state.job(entry.job).is_some_and(|job| job.is_besteffort())
    }
}
