//! Advance reservations: booked ones that are late or miss resources, and new ones.

use super::Run;
use crate::cause::Cause;
use crate::oar::model::bits;
use crate::oar::model::event::EventKind;
use crate::oar::model::gantt::{Entry, EntryResources};
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::Booking;
use crate::oar::model::slots::Span;
use gleaner_oar::states::{JobState, ReservationState};
use std::sync::Arc;

impl Run<'_> {
    /// Looks at booked reservations of a queue whose start has passed: expired ones end, those
    /// with missing resources wait for a while and then start with the rest.
    pub(in crate::oar::pass) fn treat_booked(&mut self, queue: usize) {
        let booked: Vec<JobId> = self.state.table.booked(queue).keys().copied().collect();
        for id in booked {
            let Some(job) = self.state.job(id) else {
                continue;
            };
            let Some(booking) = job.booking.clone() else {
                continue;
            };
            let walltime_s = job.alternatives[booking.alternative].walltime_s;
            let asked_start = job.start;
            let end = booking.start.0 + walltime_s + self.config.job_security_time_s;
            if self.now.0 > end {
                self.repeatable = false;
                self.outcome.refused.push(id);
                self.state.set_state(id, JobState::Error, self.now, self.config);
            } else if booking.start < self.now {
                self.treat_late(id, booking, asked_start);
            } else {
                // A start that was put off just now, for nodes that are missing, lies a second ahead.
                let near = booking.start.0 <= self.now.0 + 1;
                let missing = near && !booking.resources.iter().all(|id| self.is_usable(*id));
                self.note_wait(id, if missing { Cause::Nodes } else { Cause::StartTime });
            }
        }
    }

    /// OAR's aliasing of unusable resources to rank 0 makes them look available (`Real`), and the
    /// start it compares with the time-out moves along; meant is the start asked for.
    fn treat_late(&mut self, id: JobId, booking: Booking, asked_start: Date) {
        let real = self.config.is_real();
        let (present, missing): (Vec<_>, Vec<_>) =
            booking.resources.iter().copied().partition(|id| self.is_usable(*id));
        let aliased = real
            && !missing.is_empty()
            && self.platform.words > 0
            && bits::contains(&self.platform.usable, 0);
        let available = if aliased { booking.resources.len() } else { present.len() };
        let since = if real { booking.start } else { asked_start };
        let in_time = since.0 + self.config.reservation_timeout_s > self.now.0;
        if available == 0 || (in_time && available < booking.resources.len()) {
            self.rebook(id, Booking { start: Date(self.now.0 + 1), ..booking });
        } else if !in_time && (real || available < booking.resources.len()) {
            if available < booking.resources.len() {
                self.rebook(id, Booking { resources: present.into(), ..booking });
            }
            self.state.log(EventKind::ReduceReservationResources, id, self.now);
        }
    }

    fn is_usable(&self, id: ResourceId) -> bool {
        let rank = self.platform.rank(id);
        rank.is_some_and(|rank| bits::contains(&self.platform.usable, rank))
    }

    fn rebook(&mut self, id: JobId, booking: Booking) {
        for entry in self.gantt.entries.iter_mut().filter(|entry| entry.job == id) {
            entry.start = booking.start;
            entry.resources = EntryResources::Listed(Arc::clone(&booking.resources));
        }
        self.repeatable = false;
        self.note_wait(id, Cause::Nodes);
        let real = self.config.is_real();
        self.state.table.update(id, |job| {
            if real {
                job.start = booking.start;
            }
            job.booking = Some(booking);
        });
    }

    /// Examines the new reservations of a queue, after its waiting jobs have been placed.
    pub(in crate::oar::pass) fn examine_reservations(&mut self, queue: usize) {
        let new: Vec<(JobId, u32)> = self
            .state
            .table
            .to_schedule(queue)
            .iter()
            .map(|(id, entry_index)| (*id, *entry_index))
            .collect();
        for (id, entry_index) in new {
            self.repeatable = false;
            self.examine(id, entry_index);
        }
    }

    fn examine(&mut self, id: JobId, entry_index: u32) {
        let job = &self.state.table.entry(entry_index).job;
        let walltime_s = job.alternatives[0].walltime_s;
        let width_s = walltime_s + self.config.job_security_time_s;
        if self.now.0 >= job.start.0 + width_s {
            self.refuse(id);
            return;
        }
        let start = job.start.max(self.now);
        self.state.table.update(id, |job| job.start = start);
        let span = Span { start: start.0, width_s };
        if start.0 + width_s > self.config.end_of_time.0
            || !self.solve_reservation(entry_index, span, walltime_s)
        {
            self.refuse(id);
        } else {
            self.book(id, entry_index, span);
        }
        self.state.table.update(id, |job| job.reservation = ReservationState::Scheduled);
    }

    fn refuse(&mut self, id: JobId) {
        self.outcome.refused.push(id);
        self.state.set_state(id, JobState::ToError, self.now, self.config);
    }

    /// Whether the first alternative fits at its time, quotas included.
    fn solve_reservation(&mut self, entry_index: u32, span: Span, walltime_s: i64) -> bool {
        self.compile_shapes(entry_index);
        let consumer = self.consumer(entry_index);
        let entry = self.state.table.entry(entry_index);
        let joins = super::occupy::joins_of(&entry.job, self.config.is_real());
        // Resources must be free up to and including the second after the walltime.
        let last = self.main.index_at(span.start + walltime_s);
        let window = self.main.index_at(span.start)..last + 1;
        let shape = self.state.shapes.get(entry.shapes[0]);
        let (main, job) = (&self.main, &entry.job);
        let found = self.scratch.solve(&self.platform, shape, |free| {
            main.joinable(window.clone(), &joins, &job.user, &job.name, free);
        });
        if !found {
            return false;
        }
        let amounts = self.amounts(&self.scratch.chosen, span.width_s);
        match (&self.quotas, consumer) {
            // OAR checks reservations even if they are free of quotas.
            (Some(quotas), Some(consumer)) if consumer.checked || self.config.is_real() => {
                quotas.allow(&mut self.main, window, consumer, amounts, span.width_s)
            }
            _ => true,
        }
    }

    fn book(&mut self, id: JobId, entry_index: u32, span: Span) {
        let consumer = self.consumer(entry_index);
        let joins = super::occupy::joins_of(
            &self.state.table.entry(entry_index).job,
            self.config.is_real(),
        );
        let slots = self.main.carved_reservation(span);
        self.main.take(slots.clone(), &self.platform, &self.scratch.chosen);
        self.main.note_joins(slots.clone(), &joins, &self.scratch.chosen);
        if let Some(consumer) = consumer {
            let amounts = self.amounts(&self.scratch.chosen, span.width_s);
            consumer.count(&mut self.main, slots, amounts);
        }
        let resources: Arc<[ResourceId]> = self.platform.ids_of(&self.scratch.chosen).into();
        let start = Date(span.start);
        let listed = EntryResources::Listed(Arc::clone(&resources));
        let under_way = false;
        self.gantt.entries.push(Entry {
            job: id,
            start,
            alternative: 0,
            resources: listed,
            under_way,
        });
        self.outcome.accepted.push(id);
        let now = span.start <= self.now.0;
        self.note_wait(id, if now { Cause::Pass } else { Cause::StartTime });
        let booking = Some(Booking { start, alternative: 0, resources });
        self.state.table.update(id, |job| job.booking = booking);
        self.state.set_state(id, JobState::ToAckReservation, self.now, self.config);
    }
}
