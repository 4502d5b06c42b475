//! Submission: checks a job and puts it into its queue. Also takes jobs in any state, so that a
//! server can be set up in the middle of its life.

use crate::oar::model::config::{Config, OarCompat};
use crate::oar::model::error::OarError;
use crate::oar::model::gantt::{Entry as GanttEntry, EntryResources};
use crate::oar::model::ids::JobId;
use crate::oar::model::job::{Alternative, Job};
use crate::oar::model::state::State;
use crate::oar::model::state::entry::Entry;
use crate::oar::model::state::shapes::{checked_filter, effective_filter};
use gleaner_oar::job_type::JobType;
use gleaner_oar::request::{Amount, Group};
use gleaner_oar::states::{JobState, ReservationState};
use gleaner_oar::walltime::WALLTIME_MAX_S;
use std::sync::Arc;

impl State {
    /// The id the next job should have.
    #[must_use]
    pub fn next_job_id(&self) -> JobId {
        self.table.next_id()
    }

    /// Takes a job, whatever its state. A waiting one is placed from the next pass on.
    ///
    /// # Errors
    /// An id in use, an unknown queue, level or resource, a filter that cannot be used, a walltime
    /// outside `1..=2147483647`, no resources asked for.
    pub fn submit(&mut self, job: Job, config: &Config) -> Result<(), OarError> {
        let queue = self.check(&job, config)?;
        let id = job.id;
        if job.state == JobState::Waiting && job.reservation == ReservationState::None {
            self.memory.note_arrival(id);
        } else if !job.state.is_final() {
            self.memory.forget();
        }
        self.insert(job, queue);
        Ok(())
    }

    /// Puts a checked job into the table; a booked one into the gantt too.
    pub(in crate::oar) fn insert(&mut self, job: Job, queue: usize) {
        let shapes = job
            .alternatives
            .iter()
            .map(|chosen| self.shapes.intern(&job.properties, &chosen.groups))
            .collect();
        let special = |kind: &JobType| {
            matches!(
                kind,
                JobType::Container(_)
                    | JobType::Inner(_)
                    | JobType::Timesharing(..)
                    | JobType::Placeholder(_)
                    | JobType::Allow(_)
                    | JobType::Allowed(_)
            )
        };
        let plain = job.depends_on.is_empty() && !job.types.iter().any(special);
        if let Some(booking) = &job.booking {
            self.gantt.entries.push(GanttEntry {
                job: job.id,
                start: booking.start,
                alternative: booking.alternative,
                resources: EntryResources::Listed(Arc::clone(&booking.resources)),
                under_way: false,
            });
        }
        let least = job.alternatives.iter().map(least).min().unwrap_or(1);
        self.table.insert(Entry { job, queue, shapes, plain, least, held: None });
    }

    /// The job's queue, if all is well.
    fn check(&self, job: &Job, config: &Config) -> Result<usize, OarError> {
        let id = job.id;
        if id.0 == 0 || self.table.get(id).is_some() {
            return Err(OarError::DuplicateJob(id));
        }
        let queue = self.queues.iter().position(|queue| queue.name == job.queue);
        let queue = queue
            .ok_or_else(|| OarError::UnknownQueue { job: id, queue: job.queue.to_string() })?;
        let bad = |what, must| Err(OarError::BadRequest { job: id, what, must });
        if job.alternatives.is_empty() || job.assigned_alternative >= job.alternatives.len() {
            return bad("number of alternatives", "at least one");
        }
        let booked = job.booking.iter().flat_map(|booking| booking.resources.iter());
        for resource in job.assigned.iter().chain(booked) {
            if self.resource(*resource).is_none() {
                return Err(OarError::UnknownResource(*resource));
            }
        }
        for chosen in &job.alternatives {
            if !(1..=WALLTIME_MAX_S).contains(&chosen.walltime_s) {
                return bad("walltime", "within 1 and 2147483647 seconds");
            }
            if chosen.groups.is_empty() {
                return bad("request", "for at least one group of resources");
            }
            for group in chosen.groups.iter() {
                if group.levels.is_empty() {
                    return bad("group", "of at least one level");
                }
                self.check_group(job, group, config)?;
            }
        }
        Ok(queue)
    }

    fn check_group(&self, job: &Job, group: &Group, config: &Config) -> Result<(), OarError> {
        for (level, amount) in &group.levels {
            if !config.hierarchy_labels.contains(level) {
                return Err(OarError::UnknownLevel { job: job.id, level: level.clone() });
            }
            if *amount == Amount::Count(0) {
                let (what, must) = ("amount", "at least one");
                return Err(OarError::BadRequest { job: job.id, what, must });
            }
        }
        for compat in [OarCompat::Real, OarCompat::Intended] {
            let filter = effective_filter(&job.properties, &group.filter, compat);
            if !filter.is_empty() {
                checked_filter(&filter, &self.resources).map_err(|source| OarError::Filter {
                    job: job.id,
                    filter,
                    source,
                })?;
            }
        }
        Ok(())
    }
}

/// Fewest resources that can satisfy an alternative, whatever the platform: blocks of a level do
/// not overlap, so counts multiply; groups may share resources, so the largest decides.
fn least(alternative: &Alternative) -> u32 {
    let count = |(_, amount): &(String, Amount)| match amount {
        Amount::Count(count) => *count,
        Amount::All | Amount::Best | Amount::HalfBest => 1,
    };
    let of = |group: &Group| group.levels.iter().map(count).fold(1, u32::saturating_mul);
    alternative.groups.iter().map(of).max().unwrap_or(1)
}
