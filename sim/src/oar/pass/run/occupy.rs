//! Who holds resources when a pass begins: jobs under way and booked reservations, each over its
//! walltime and the security time; and resources that will go away.

use super::{Occupant, Run};
use crate::oar::model::bits::{self, Bits, SmallBits};
use crate::oar::model::gantt::{Entry, EntryResources};
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::Job;
use crate::oar::model::platform::Platform;
use crate::oar::model::slots::counts::Amounts;
use crate::oar::model::slots::shared::{Joins, Sharing};
use crate::oar::model::slots::{SlotSet, Span};
use crate::oar::model::state::entry::Held;
use crate::oar::pass::quotas::{Consumer, Quotas};
use gleaner_oar::job_type::JobType;
use gleaner_oar::states::{JobState, ReservationState};
use std::sync::Arc;

/// How a job shares or reserves. OAR compares the words of `timesharing` literally (`Real`);
/// meant is the job's own user and name.
#[must_use]
pub fn joins_of(job: &Job, real: bool) -> Joins {
    let mut joins = Joins::default();
    for kind in &job.types {
        match kind {
            JobType::Timesharing(user, name) => {
                let own = |word: &str, meant: &str, value: &str| {
                    if word == meant && !real { value.to_owned() } else { word.to_owned() }
                };
                let user = own(user, "user", &job.user);
                let name = own(name, "name", &job.name);
                joins.shares = Some(Sharing { user, name });
            }
            JobType::Placeholder(name) => joins.reserves = Some(name.clone()),
            JobType::Allow(name) => joins.enters = Some(name.clone()),
            JobType::Allowed(name) if !real => joins.enters = Some(name.clone()),
            _ => {}
        }
    }
    joins
}

impl Run<'_> {
    /// Lists current jobs and bookings, and writes their rows.
    pub(in crate::oar::pass) fn load_occupants(&mut self) {
        let current =
            self.state.table.current_bucket().iter().map(|(id, entry_index)| (*id, *entry_index));
        let queues = 0..self.state.queues.len();
        let booked = queues.flat_map(|queue| self.state.table.booked(queue).iter());
        self.load_all(current.chain(booked.map(|(id, entry_index)| (*id, *entry_index))).collect());
    }

    /// Lists the best-effort jobs under way, and writes their rows.
    pub(super) fn load_besteffort(&mut self) {
        if self.state.table.holds_no_besteffort() {
            return;
        }
        let current =
            self.state.table.current_bucket().iter().map(|(id, entry_index)| (*id, *entry_index));
        let besteffort = |(_, entry_index): &(JobId, u32)| {
            self.state.table.entry(*entry_index).job.is_besteffort()
        };
        self.load_all(current.filter(besteffort).collect());
    }

    fn load_all(&mut self, all: Vec<(JobId, u32)>) {
        self.occupants.reserve(all.len());
        self.gantt.entries.reserve(2 * all.len());
        self.main.reserve(2 * all.len());
        for (id, entry_index) in all {
            self.load_occupant(id, entry_index);
        }
        self.occupants.sort_by_key(|occupant| (occupant.sorted_by, occupant.job));
    }

    fn load_occupant(&mut self, id: JobId, entry_index: u32) {
        let real = self.config.is_real();
        let job = &self.state.table.entry(entry_index).job;
        let waits = job.state == JobState::Waiting;
        let (start, alternative, ids) = match &job.booking {
            Some(booking) if waits => {
                (booking.start, booking.alternative, Arc::clone(&booking.resources))
            }
            _ => (job.start, job.assigned_alternative, Arc::clone(&job.assigned)),
        };
        if ids.is_empty() || start < Date::UNSET {
            return;
        }
        let mut walltime_s =
            job.alternatives[alternative].walltime_s + self.config.job_security_time_s;
        if job.suspended {
            walltime_s += job.suspended_s(self.now);
        }
        let mut end = start.0 + walltime_s;
        if !real && !waits {
            // A job over its time still holds its resources.
            end = end.max(self.now.0 + 1);
        }
        let sorted_by = if job.reservation == ReservationState::None { start } else { job.start };
        let (besteffort, state) = (job.is_besteffort(), job.state);
        // The time of a suspended job grows with every pass.
        self.repeatable &= !matches!(state, JobState::Suspended | JobState::Resuming);
        let held = self.held(entry_index, ids);
        let mut set = SmallBits::from_slice(&held.set);
        let listed = if waits || !real { &held.ids } else { &held.written };
        let held = EntryResources::Listed(Arc::clone(listed));
        if state == JobState::Suspended {
            bits::remove(&mut set, &self.platform.suspendable);
        }
        let span = Span { start: start.0, width_s: end - start.0 };
        self.occupants.push(Occupant { job: id, entry_index, sorted_by, span, set, besteffort });
        self.gantt.entries.push(Entry {
            job: id,
            start,
            alternative,
            resources: held,
            under_way: !waits,
        });
    }

    /// Resources of a job as ranks, kept while platform and resources are the same.
    fn held(&mut self, entry_index: u32, ids: Arc<[ResourceId]>) -> &Held {
        let platform = &self.platform;
        let known = &mut self.state.table.entry_mut(entry_index).held;
        let fresh =
            |held: &Held| held.revision == platform.revision && Arc::ptr_eq(&held.ids, &ids);
        if !known.as_ref().is_some_and(fresh) {
            *known = None;
        }
        known.get_or_insert_with(|| {
            let set = platform.ranks_of(&ids, self.config.is_real());
            let written = written(platform, &ids, &set);
            Held { revision: platform.revision, ids, set, written }
        })
    }

    /// Takes resources away from the date on from which they are not available.
    pub(in crate::oar::pass) fn subtract_absences(&mut self) {
        let platform = Arc::clone(&self.platform);
        let absence = self.quotas.as_mut().map(Quotas::absence);
        for (date, set) in &platform.available_upto {
            let span = Span { start: *date, width_s: self.config.end_of_time.0 - date };
            let Some(slots) = self.main.carved(span) else {
                continue;
            };
            self.main.take(slots.clone(), &platform, set);
            // OAR counts the absence like a job; meant is that nobody uses these resources.
            if let (Some(absence), true) = (absence, self.config.is_real()) {
                let amounts = self.amounts(set, span.width_s);
                absence.count(&mut self.main, slots, amounts);
            }
        }
    }

    /// Takes the resources of occupants: of best-effort jobs, or of all others.
    pub(in crate::oar::pass) fn subtract_occupants(&mut self, besteffort: bool) {
        let occupants = std::mem::take(&mut self.occupants);
        let chosen = || occupants.iter().filter(|occupant| occupant.besteffort == besteffort);
        for occupant in chosen() {
            if let Some(name) = self.state.table.entry(occupant.entry_index).job.container() {
                self.open_container(&name, occupant);
            }
        }
        let mut running: Vec<(i64, &[u64])> = Vec::new();
        for occupant in chosen() {
            if let Some(end) = self.subtract(occupant) {
                running.push((end, &occupant.set));
            }
        }
        running.sort_unstable_by_key(|(end, _)| std::cmp::Reverse(*end));
        self.main.take_until(&self.platform, &running);
        self.occupants = occupants;
    }

    /// Carves and takes the place of an occupant. Of one that holds nothing but resources from the
    /// first slot on, the end is returned instead: those are taken all at once.
    fn subtract(&mut self, occupant: &Occupant) -> Option<i64> {
        let entry = self.state.table.entry(occupant.entry_index);
        let slots = match entry.job.inner() {
            None => &mut self.main,
            Some(container) => self.inner.get_mut(container)?,
        };
        self.repeatable &= entry.plain;
        let joins = if entry.plain {
            Joins::default()
        } else {
            joins_of(&entry.job, self.config.is_real())
        };
        let window = slots.carved(occupant.span)?;
        if entry.plain && self.quotas.is_none() && window.start == 0 {
            return Some(slots.end(window.end - 1));
        }
        slots.take(window.clone(), &self.platform, &occupant.set);
        slots.note_joins(window.clone(), &joins, &occupant.set);
        if let Some(quotas) = &mut self.quotas {
            let consumer = quotas.consumer(&entry.job);
            let amounts = amounts_of(&self.platform, &occupant.set, occupant.span.width_s);
            consumer.count(slots, window, amounts);
        }
        None
    }

    /// Opens the slots of a running or booked container. OAR lets them last the whole walltime from
    /// now on, however long the container has run (`Real`).
    fn open_container(&mut self, name: &str, occupant: &Occupant) {
        let real = self.config.is_real();
        let start = occupant.span.start.max(self.now.0);
        let security_s = self.config.job_security_time_s;
        let end = if real {
            start + occupant.span.width_s - security_s
        } else {
            occupant.span.end() - security_s
        };
        if end <= start {
            return;
        }
        if !self.inner.contains_key(name) {
            let mut fresh = self.empty_slots(1..self.config.end_of_time.0 + i64::from(real));
            if let Some(quotas) = &self.quotas {
                quotas.start(&mut fresh);
            }
            self.inner.insert(name.to_owned(), fresh);
        }
        let slots = self.inner.get_mut(name).expect("the container has just been opened");
        if let Some(window) = slots.carved(Span { start, width_s: end - start }) {
            // Nobody can ask for what is not usable, though it may stand there as rank 0.
            let mut usable: Bits = occupant.set[..].into();
            bits::keep(&mut usable, &self.platform.usable);
            slots.give(window, &self.platform, &usable);
        }
    }

    /// Slots without resources.
    pub(in crate::oar::pass) fn empty_slots(&self, time: std::ops::Range<i64>) -> SlotSet {
        let none = bits::empty(self.platform.words);
        SlotSet::bounded(&self.platform, self.config.is_real(), time, &none, &[])
    }

    /// What a job that holds a set for a time adds to its counters.
    pub(in crate::oar::pass) fn amounts(&self, set: &[u64], width_s: i64) -> Amounts {
        amounts_of(&self.platform, set, width_s)
    }

    /// What quotas know of a job, if there are any.
    pub(in crate::oar::pass) fn consumer(&mut self, entry_index: u32) -> Option<Consumer> {
        let quotas = self.quotas.as_mut()?;
        Some(quotas.consumer(&self.state.table.entry(entry_index).job))
    }
}

/// What a job that holds a set for a time adds to its counters.
pub(super) fn amounts_of(platform: &Platform, set: &[u64], width_s: i64) -> Amounts {
    amounts(bits::count_common(set, &platform.default_kind), width_s)
}

/// What a job that holds so many resources of type `default` for a time adds to its counters.
pub(super) fn amounts(resources: u32, width_s: i64) -> Amounts {
    let resources = i64::from(resources);
    [resources, 1, resources.saturating_mul(width_s)]
}

/// Ids that OAR writes back for a current job: through its table of ranks, in which unusable
/// resources stand for rank 0.
fn written(platform: &Platform, ids: &Arc<[ResourceId]>, set: &[u64]) -> Arc<[ResourceId]> {
    if platform.all_usable {
        return Arc::clone(ids);
    }
    let usable = |id: &ResourceId| {
        platform.rank(*id).is_some_and(|rank| bits::contains(&platform.usable, rank))
    };
    if ids.iter().all(usable) { Arc::clone(ids) } else { platform.ids_of(set).into() }
}
