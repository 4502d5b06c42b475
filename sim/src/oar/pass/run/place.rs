//! Placing waiting jobs, one after the other, each at its earliest place behind those before it.

use super::early_stop::EarlyStop;
use super::floors::Asked;
use super::occupy::joins_of;
use super::windows::{Special, leap, walk};
use super::{Group, Run};
use crate::cause::Cause;
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::job::Job;
use crate::oar::model::slots::search::Wanted;
use crate::oar::model::slots::shared::Joins;
use crate::oar::model::slots::{SlotSet, Span};
use crate::oar::pass::quotas::Consumer;
use gleaner_oar::states::JobState;
use std::collections::BTreeMap;

/// What became of the jobs of a batch so far: second after the end with security time, or none.
type Ends = BTreeMap<JobId, Option<Option<i64>>>;

/// What the dependencies of a job say.
enum Earliest {
    /// Not now.
    Postponed,
    /// At any time.
    Any,
    /// Not before.
    From(i64),
}

impl Earliest {
    /// Why not now, if so.
    fn cause(&self) -> Option<Cause> {
        match self {
            Earliest::Any => None,
            Earliest::Postponed | Earliest::From(_) => Some(Cause::Dependency),
        }
    }
}

/// A found place.
struct Found {
    start: i64,
    width_s: i64,
    alternative: usize,
}

impl Found {
    /// First second after it, with the security time.
    fn end(&self) -> i64 {
        self.start + self.width_s
    }
}

impl Run<'_> {
    /// Places the jobs of a group in order.
    pub(in crate::oar::pass) fn place_jobs(
        &mut self,
        index: usize,
        group: &Group,
        early_stop: &mut EarlyStop,
    ) {
        let depends = |(_, entry_index): &(JobId, u32)| {
            !self.state.table.entry(*entry_index).job.depends_on.is_empty()
        };
        let tracked = group.jobs.iter().any(depends);
        let mut ends: Ends = match tracked {
            true => group.jobs.iter().map(|(id, _)| (*id, None)).collect(),
            false => Ends::new(),
        };
        for (position, &(id, entry_index)) in group.jobs.iter().enumerate() {
            if early_stop.may_stop(self, index, position) {
                return;
            }
            self.outcome.examined += 1;
            let found = self.place_job(entry_index, &ends, group.last_waiting == Some(id));
            if let Some(found) = &found {
                self.plan(id, found.start, found.alternative);
                early_stop.note_placed(found.start, &self.scratch.chosen);
            }
            if tracked {
                ends.insert(id, Some(found.as_ref().map(|found| found.start + found.width_s)));
            }
            if self.config.is_real() {
                let start = found.map_or(Date::UNPREDICTED, |found| Date(found.start));
                self.state.table.entry_mut(entry_index).job.start = start;
            }
        }
    }

    /// Places plain jobs that arrived after all others.
    pub(in crate::oar::pass) fn place_arrivals(&mut self, arrivals: &[(JobId, u32)]) {
        for &(id, entry_index) in arrivals {
            self.outcome.examined += 1;
            let found = self.place_job(entry_index, &Ends::new(), false);
            if let Some(found) = &found {
                self.plan(id, found.start, found.alternative);
            }
            if self.config.is_real() {
                let start = found.map_or(Date::UNPREDICTED, |found| Date(found.start));
                self.state.table.entry_mut(entry_index).job.start = start;
            }
        }
    }

    fn place_job(&mut self, entry_index: u32, ends: &Ends, last: bool) -> Option<Found> {
        self.compile_shapes(entry_index);
        let entry = self.state.table.entry(entry_index);
        let stable = entry.shapes.iter().all(|shape| self.state.shapes.get(*shape).stable);
        self.repeatable &= entry.plain && stable;
        if entry.plain && self.quotas.is_none() {
            let found = self.search_plain(entry_index, last)?;
            let span = Span { start: found.start, width_s: found.width_s };
            let window = self.main.carved(span)?;
            self.main.take_free(window, &self.platform, &self.scratch.chosen);
            return Some(found);
        }
        self.place_special(entry_index, ends, last)
    }

    /// The alternative that ends first, of a job without special needs.
    fn search_plain(&mut self, entry_index: u32, last: bool) -> Option<Found> {
        let real = self.config.is_real();
        let entry = self.state.table.entry(entry_index);
        let count = entry.shapes.len();
        let mut best: Option<Found> = None;
        let mut chosen = Vec::new();
        for (alternative, (&id, asked)) in
            entry.shapes.iter().zip(&entry.job.alternatives).enumerate()
        {
            let width_s = asked.walltime_s + self.config.job_security_time_s;
            let shape = self.state.shapes.get(id);
            let asked = shape.form.as_ref().map(|form| Asked { form, width_s, least: 0 });
            let floor = asked.map_or(i64::MIN, |asked| self.floors.floor(asked));
            let Some(known) = self.main.index_from(floor) else { continue };
            let key = (id.0, width_s, real && !last && alternative + 1 == count);
            // OAR searches every alternative to its end, and remembers what it found.
            let before = match &best {
                Some(best) if !real => best.end() - width_s,
                _ => i64::MAX,
            };
            let resumed = self.main.resume_at(key);
            let wanted = Wanted { from: resumed.max(known), width_s, before };
            let first = self.main.find(&self.platform, shape, wanted, &mut self.scratch);
            if let Some(asked) = asked
                && resumed <= known
            {
                let begin = first.map_or(before, |first| self.main.begin(first));
                self.floors.raise(asked, None, begin);
            }
            let Some(first) = first else { continue };
            self.main.note_found(key, first);
            let found = Found { start: self.main.begin(first), width_s, alternative };
            if best.as_ref().is_none_or(|best| found.end() < best.end()) {
                best = Some(found);
                if count > 1 {
                    chosen.clone_from(&self.scratch.chosen);
                }
            }
        }
        if count > 1 && best.is_some() {
            self.scratch.chosen.copy_from_slice(&chosen);
        }
        best
    }

    /// Dependencies, containers, sharing and quotas.
    fn place_special(&mut self, entry_index: u32, ends: &Ends, last: bool) -> Option<Found> {
        let real = self.config.is_real();
        let consumer = self.consumer(entry_index);
        let job = self.state.table.entry(entry_index).job.clone();
        let earliest = self.earliest(&job, ends);
        let inner = job.inner().map(str::to_owned);
        let Some(mut slots) = self.slots_for(inner.as_deref()) else {
            self.note_wait(job.id, earliest.cause().unwrap_or(Cause::Container));
            return None;
        };
        let joins = joins_of(&job, real);
        let found =
            self.search_special(entry_index, &mut slots, &job, &joins, consumer, &earliest, last);
        if self.config.notes_waits && found.as_ref().is_none_or(|found| found.start > self.now.0) {
            let checked = consumer.is_some_and(|consumer| consumer.checked);
            let cause = match earliest.cause() {
                None if checked && self.fits_now(entry_index, &mut slots, &job, &joins) => {
                    Some(Cause::Quotas)
                }
                None => inner.as_ref().map(|_| Cause::Container),
                dependency => dependency,
            };
            if let Some(cause) = cause {
                self.note_wait(job.id, cause);
            }
        }
        if let Some(found) = &found {
            let span = Span { start: found.start, width_s: found.width_s };
            if let Some(window) = slots.carved(span) {
                slots.take(window.clone(), &self.platform, &self.scratch.chosen);
                slots.note_joins(window.clone(), &joins, &self.scratch.chosen);
                if let Some(consumer) = consumer {
                    let amounts = self.amounts(&self.scratch.chosen, found.width_s);
                    consumer.count(&mut slots, window, amounts);
                }
            }
        }
        match inner {
            None => self.main = slots,
            Some(name) => {
                self.inner.insert(name, slots);
            }
        }
        if let (Some(found), Some(name)) = (&found, job.container()) {
            self.extend_container(&name, found);
        }
        found
    }

    /// Takes the slots in which a job is placed: the platform's, or those of a container, if it has any.
    fn slots_for(&mut self, container: Option<&str>) -> Option<SlotSet> {
        match container {
            None => {
                let nothing = self.empty_slots(0..1);
                Some(std::mem::replace(&mut self.main, nothing))
            }
            Some(name) => self.inner.remove(name),
        }
    }

    /// Whether a job would find a place now if there were no quotas.
    fn fits_now(
        &mut self,
        entry_index: u32,
        slots: &mut SlotSet,
        job: &Job,
        joins: &Joins,
    ) -> bool {
        let chosen = self.scratch.chosen.clone();
        let entry = self.state.table.entry(entry_index);
        let fits = entry.shapes.iter().zip(&job.alternatives).any(|(id, asked)| {
            let width_s = asked.walltime_s + self.config.job_security_time_s;
            let from = slots.index_at(self.now.0);
            let wanted = Wanted { from, width_s, before: self.now.0 + 1 };
            let special = Special { shape: self.state.shapes.get(*id), job, joins, consumer: None };
            let (platform, scratch) = (&self.platform, &mut self.scratch);
            if joins.may_join() {
                walk(None, platform, scratch, slots, &special, wanted).is_some()
            } else {
                leap(None, platform, scratch, slots, &special, wanted).found.is_some()
            }
        });
        self.scratch.chosen = chosen;
        fits
    }

    /// When a job may start at the earliest. OAR takes a job that is not placed, or comes later in
    /// the order, for one that does not matter, beyond its last prediction (`Real`).
    fn earliest(&self, job: &Job, ends: &Ends) -> Earliest {
        let mut from = -1;
        for id in &job.depends_on {
            let Some(required) = self.state.job(*id) else {
                continue;
            };
            match required.state {
                JobState::Error => {}
                JobState::Terminated if required.exit_code.unwrap_or(0) == 0 => {}
                JobState::Waiting => match ends.get(id) {
                    None => return Earliest::Postponed,
                    Some(Some(Some(end))) => from = from.max(*end),
                    Some(_) if !self.config.is_real() => return Earliest::Postponed,
                    Some(Some(None)) => {}
                    Some(None) => from = from.max(required.start.0),
                },
                _ => return Earliest::Postponed,
            }
        }
        if from < 0 { Earliest::Any } else { Earliest::From(from) }
    }

    #[expect(clippy::too_many_arguments, reason = "all of them vary from job to job")]
    fn search_special(
        &mut self,
        entry_index: u32,
        slots: &mut SlotSet,
        job: &Job,
        joins: &Joins,
        consumer: Option<Consumer>,
        earliest: &Earliest,
        last: bool,
    ) -> Option<Found> {
        let real = self.config.is_real();
        let from = self.first_slot(slots, earliest)?;
        let shapes = self.state.table.entry(entry_index).shapes.clone();
        let consumer = consumer.filter(|consumer| consumer.checked);
        let sliced = self.quotas.as_ref().is_some_and(|quotas| quotas.calendar().is_some());
        // OAR's cache; what it cannot change is not looked up otherwise.
        let cached = real
            && matches!(earliest, Earliest::Any)
            && !joins.may_join()
            && joins.reserves.is_none();
        let mut best: Option<Found> = None;
        let mut chosen = vec![0; self.platform.words];
        for (alternative, (id, asked)) in shapes.iter().zip(&job.alternatives).enumerate() {
            let width_s = asked.walltime_s + self.config.job_security_time_s;
            let key = (id.0, width_s, !last && alternative + 1 == shapes.len());
            let before = match &best {
                Some(best) if !real => best.end() - width_s,
                _ => i64::MAX,
            };
            let mut from = if cached { slots.resume_at(key) } else { from };
            let shape = self.state.shapes.get(*id);
            // What the calendar allows comes and goes, and in a container something may become free.
            let lasting = !sliced && job.inner().is_none() && !joins.may_join();
            let form = shape.form.as_ref().filter(|_| lasting);
            let limit = self.quotas.as_ref().zip(consumer).filter(|_| form.is_some());
            let counter = limit.and_then(|(quotas, who)| quotas.refuses_for_good(who));
            let asked = form.map(|form| Asked { form, width_s, least: shape.least_default });
            let floor = asked.map_or(i64::MIN, |asked| self.floors.floor(asked));
            let both = asked.zip(counter);
            let limited_floor =
                both.map_or(i64::MIN, |(asked, counter)| self.floors.limited_floor(asked, counter));
            let Some(known) = slots.index_from(floor.max(limited_floor)) else { continue };
            let all_seen = from <= known;
            from = from.max(known);
            let wanted = Wanted { from, width_s, before };
            let special = Special { shape, job, joins, consumer };
            let (quotas, platform, scratch) =
                (self.quotas.as_ref(), &self.platform, &mut self.scratch);
            let first = if joins.may_join() || (sliced && consumer.is_some()) {
                walk(quotas, platform, scratch, slots, &special, wanted)
            } else {
                let leap = leap(quotas, platform, scratch, slots, &special, wanted);
                let limited = leap.limited || limited_floor > floor;
                let known = all_seen && (!limited || counter.is_some());
                if let Some(asked) = asked.filter(|_| known) {
                    self.floors.raise(asked, counter.filter(|_| limited), leap.floor);
                }
                leap.found
            };
            let Some(first) = first else { continue };
            if cached && consumer.is_none() {
                slots.note_found(key, first);
            }
            let found = Found { start: slots.begin(first), width_s, alternative };
            if best.as_ref().is_none_or(|best| found.end() < best.end()) {
                best = Some(found);
                chosen.copy_from_slice(&self.scratch.chosen);
            }
        }
        self.scratch.chosen.copy_from_slice(&chosen);
        best
    }

    /// The slot with which the search begins. OAR takes the one that holds the date, though it may
    /// begin before it, and the first if the date lies beyond the end (`Real`).
    fn first_slot(&self, slots: &mut SlotSet, earliest: &Earliest) -> Option<usize> {
        let date = match earliest {
            Earliest::Postponed => return None,
            Earliest::Any => return Some(0),
            Earliest::From(date) => *date,
        };
        let last_end = slots.end(slots.len() - 1);
        if date < slots.begin(0) {
            return Some(0);
        }
        if date >= last_end {
            return self.config.is_real().then_some(0);
        }
        let mut index = slots.index_at(date);
        if !self.config.is_real() && slots.begin(index) < date {
            slots.cut(index, date);
            index += 1;
        }
        Some(index)
    }

    /// Gives a placed container's resources to its slots. In OAR a new set lasts one second longer
    /// than the walltime (`Real`).
    fn extend_container(&mut self, name: &str, found: &Found) {
        let real = self.config.is_real();
        let width_s = found.width_s - self.config.job_security_time_s;
        let span = Span { start: found.start, width_s };
        let known = self.inner.remove(name);
        let mut slots = known.unwrap_or_else(|| {
            let end = if real { span.end() + 1 } else { self.config.end_of_time.0 };
            let begin = if real { span.start } else { self.now.0 };
            let mut fresh = self.empty_slots(begin..end);
            if let Some(quotas) = &self.quotas {
                quotas.start(&mut fresh);
            }
            fresh
        });
        if let Some(window) = slots.carved(span) {
            slots.give(window, &self.platform, &self.scratch.chosen);
        }
        self.inner.insert(name.to_owned(), slots);
    }

    /// Compiles the request of a job for this platform.
    pub(in crate::oar::pass) fn compile_shapes(&mut self, entry_index: u32) {
        self.state.compile_shapes(entry_index, &self.platform, self.config);
    }
}
