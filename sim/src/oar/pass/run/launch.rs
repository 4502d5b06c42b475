//! The end of a pass: best-effort jobs that stand in the way are killed, or what is due starts.

use super::Run;
use super::occupy::joins_of;
use crate::cause::Cause;
use crate::oar::model::bits::{self, SmallBits};
use crate::oar::model::event::EventKind;
use crate::oar::model::gantt::{Entry, EntryResources};
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::Job;
use gleaner_oar::states::{JobState, ReservationState};
use std::sync::Arc;

/// A waiting job whose start is due, or close enough to kill for it.
pub(in crate::oar::pass) struct Due {
    job: JobId,
    start: Date,
    alternative: usize,
    set: SmallBits,
    /// Resources of a booking, as booked.
    booked: Option<Arc<[ResourceId]>>,
}

impl Run<'_> {
    /// Starts what is due of the rows from `first` on, where best-effort jobs stand in nobody's way.
    pub(in crate::oar::pass) fn launch_arrivals(&mut self, first: usize) {
        let candidates = self.launch_candidates(first);
        self.launch(&candidates);
    }

    /// Waiting jobs predicted to start by now, or within the time in which best-effort jobs are
    /// killed ahead, of the rows from `first` on; by id.
    pub(in crate::oar::pass) fn launch_candidates(&self, first: usize) -> Vec<Due> {
        let until = self.now.0 + self.config.besteffort_kill_before_s;
        let mut due: Vec<Due> = Vec::new();
        let due_now = |entry: &&Entry| !entry.under_way && entry.start.0 <= until;
        for entry in self.gantt.entries[first..].iter().filter(due_now) {
            let waits = |job: &Job| job.state == JobState::Waiting;
            if !self.state.job(entry.job).is_some_and(waits) {
                continue;
            }
            let (set, booked) = match &entry.resources {
                EntryResources::Planned(from) => {
                    (self.gantt.planned(*from, &self.platform).into(), None)
                }
                EntryResources::Listed(ids) => {
                    let set = self.platform.ranks_of(ids, self.config.is_real());
                    (set, Some(Arc::clone(ids)))
                }
            };
            let (job, start, alternative) = (entry.job, entry.start, entry.alternative);
            due.push(Due { job, start, alternative, set, booked });
        }
        due.sort_by_key(|due| due.job);
        due
    }

    /// Asks to kill the best-effort jobs on the resources of what is due.
    pub(in crate::oar::pass) fn kill_besteffort(&mut self, candidates: &[Due]) {
        let mut owner: Vec<Option<usize>> = Vec::new();
        let occupants = std::mem::take(&mut self.occupants);
        for (index, occupant) in occupants.iter().enumerate().filter(|(_, o)| o.besteffort) {
            owner.resize(self.platform.ids.len(), None);
            for rank in bits::numbers(&occupant.set) {
                owner[rank] = Some(index);
            }
        }
        if !owner.is_empty() {
            let mut treated: Vec<JobId> = Vec::new();
            for due in candidates {
                for rank in bits::numbers(&due.set) {
                    let Some(victim) = owner[rank].map(|index| occupants[index].job) else {
                        continue;
                    };
                    if !treated.contains(&victim) && !self.may_share(victim, due.job) {
                        treated.push(victim);
                        self.evict(victim);
                    }
                }
            }
        }
        self.occupants = occupants;
    }

    /// Whether a best-effort job may stay because both share. OAR 3 asks for a type that it has
    /// already taken out of the list, and so never finds it (`Real`).
    fn may_share(&self, victim: JobId, other: JobId) -> bool {
        if self.config.is_real() {
            return false;
        }
        let sharing = |id| self.state.job(id).and_then(|job| joins_of(job, false).shares);
        match (sharing(victim), sharing(other)) {
            (Some(one), Some(two)) => one == two,
            _ => false,
        }
    }

    /// Kills a best-effort job; one that wants a signal first gets it, and its time.
    fn evict(&mut self, victim: JobId) {
        let Some(job) = self.state.job(victim) else {
            return;
        };
        if job.checkpoint_s > 0 {
            let over =
                job.past.checkpoint.is_some_and(|first| self.now.0 > first.0 + job.checkpoint_s);
            if !over {
                if job.past.checkpoint.is_none() {
                    self.state.log(EventKind::Checkpoint, victim, self.now);
                }
                self.outcome.checkpointed.push(victim);
                return;
            }
        }
        self.state.log(EventKind::BesteffortKill, victim, self.now);
        let known = self.state.frag(victim, self.now);
        assert!(known.is_ok(), "occupants are known");
        self.outcome.victims.push(victim);
    }

    /// Puts into `toLaunch` what is due and has no absent resource.
    pub(in crate::oar::pass) fn launch(&mut self, candidates: &[Due]) {
        for due in candidates {
            let awake = !bits::intersects(&due.set, &self.platform.absent);
            if due.start <= self.now && awake {
                self.shorten_late(due);
                self.start(due);
            } else if due.start <= self.now {
                // Its prediction moves along with time.
                self.repeatable = false;
                self.note_wait(due.job, self.cause_asleep());
            }
        }
    }

    /// What is due waits until those have left who must leave for it, or for others: meanwhile OAR starts
    /// nobody.
    pub(in crate::oar::pass) fn postpone(&mut self, candidates: &[Due]) {
        let now = self.now;
        for due in candidates.iter().filter(|due| due.start <= now) {
            let asleep = bits::intersects(&due.set, &self.platform.absent);
            self.note_wait(due.job, if asleep { self.cause_asleep() } else { Cause::Preemption });
        }
    }

    /// Why a job waits whose nodes are absent: without energy saving nobody wakes them.
    fn cause_asleep(&self) -> Cause {
        if self.config.energy_saving.is_some() { Cause::WakeUp } else { Cause::Nodes }
    }

    /// A reservation that starts late loses the time it is late. OAR adds the security time to what
    /// is left (`Real`).
    fn shorten_late(&mut self, due: &Due) {
        let late_s = self.now.0 - due.start.0;
        let reserved = |job: &Job| job.reservation == ReservationState::Scheduled;
        if late_s <= 0 || !self.state.job(due.job).is_some_and(reserved) {
            return;
        }
        self.repeatable = false;
        let extra_s = if self.config.is_real() { self.config.job_security_time_s } else { 0 };
        self.state.table.update(due.job, |job| {
            let walltime_s = &mut job.alternatives[due.alternative].walltime_s;
            *walltime_s = (*walltime_s + extra_s - late_s).max(1);
        });
        for entry in self.gantt.entries.iter_mut().filter(|entry| entry.job == due.job) {
            entry.start = self.now;
        }
        self.state.log(EventKind::ReduceReservationWalltime, due.job, self.now);
    }

    fn start(&mut self, due: &Due) {
        let assigned = match &due.booked {
            Some(booked) => {
                // Until it starts, what it booked is written; then what OAR makes of that where
                // resources are missing.
                self.repeatable = false;
                Arc::clone(booked)
            }
            None => self.platform.ids_of(&due.set).into(),
        };
        self.state.start_job(due.job, due.alternative, assigned, self.now, self.config);
        self.outcome.launched.push(due.job);
    }
}
