//! Which rows the jobs hold that are under way, kept up to date from job to job, so that a pass can
//! begin with a look at what is free. Knows no time but the jobs' own.

use super::entry::Entry;
use crate::oar::model::bits::{self, Bits};
use crate::oar::model::ids::{JobId, ResourceId};
use crate::oar::model::rows::RowIndex;
use gleaner_oar::states::JobState;
use std::sync::Arc;

/// Rows held by jobs under way.
#[derive(Debug, Clone)]
pub(in crate::oar) struct Holdings {
    rows: Arc<RowIndex>,
    /// Rows that owners' jobs hold.
    pub(in crate::oar) owners: Bits,
    /// Rows that best-effort jobs hold.
    pub(in crate::oar) besteffort: Bits,
    /// Jobs whose occupation is not simply their rows from start to walltime.
    odd: usize,
    /// Whether a row was ever given to two jobs at once: then all must be counted again.
    muddled: bool,
    /// No owners' job's walltime ends before.
    owners_first_end: i64,
    /// No best-effort job's walltime ends before.
    besteffort_first_end: i64,
    /// No job starts later.
    last_start: i64,
    /// Owners' jobs that came, went or changed since somebody asked, if anybody follows them.
    followed: Option<Vec<JobId>>,
}

impl Holdings {
    pub(super) fn new(rows: Arc<RowIndex>) -> Self {
        let none = bits::empty(bits::words_for(rows.len()));
        Self {
            rows,
            owners: none.clone(),
            besteffort: none,
            odd: 0,
            muddled: false,
            owners_first_end: i64::MAX,
            besteffort_first_end: i64::MAX,
            last_start: i64::MIN,
            followed: None,
        }
    }

    /// A job took its resources.
    pub(super) fn enter(&mut self, entry: &Entry) {
        self.note_change(entry.job.id, entry.job.is_besteffort());
        self.count(entry);
    }

    fn count(&mut self, entry: &Entry) {
        self.odd += usize::from(is_odd(entry));
        self.note_times(entry);
        let besteffort = entry.job.is_besteffort();
        for row in entry.job.assigned.iter().filter_map(|id| self.rows.get(*id)) {
            let row = row as usize;
            self.muddled |=
                bits::contains(&self.owners, row) || bits::contains(&self.besteffort, row);
            bits::insert(if besteffort { &mut self.besteffort } else { &mut self.owners }, row);
        }
    }

    /// A job left its resources.
    pub(super) fn leave(&mut self, id: JobId, held: &[ResourceId], besteffort: bool, odd: bool) {
        self.note_change(id, besteffort);
        self.odd -= usize::from(odd);
        let set = if besteffort { &mut self.besteffort } else { &mut self.owners };
        for row in held.iter().filter_map(|id| self.rows.get(*id)) {
            bits::take_out(set, row as usize);
        }
    }

    fn note_change(&mut self, id: JobId, besteffort: bool) {
        let Some(followed) = self.followed.as_mut().filter(|_| !besteffort) else { return };
        followed.push(id);
        // So many that looking at all of them again costs no more.
        if followed.len() > 64 + 2 * self.rows.len() {
            self.followed = None;
        }
    }

    /// Owners' jobs that came, went or changed since the last call; nothing if too many to tell.
    pub(super) fn follow(&mut self) -> Option<Vec<JobId>> {
        self.followed.replace(Vec::new())
    }

    /// The times of a job under way changed.
    pub(super) fn change_times(&mut self, entry: &Entry) {
        self.note_change(entry.job.id, entry.job.is_besteffort());
        self.note_times(entry);
    }

    /// Widens what is known of starts and ends.
    pub(super) fn note_times(&mut self, entry: &Entry) {
        let job = &entry.job;
        let first = match job.is_besteffort() {
            true => &mut self.besteffort_first_end,
            false => &mut self.owners_first_end,
        };
        *first = (*first).min(job.start.0 + job.assigned_walltime_s());
        self.last_start = self.last_start.max(job.start.0);
    }

    /// Looks at all jobs under way again: at their times, and at their rows if these are muddled.
    pub(super) fn recount<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        if self.muddled {
            let followed = self.followed.take();
            *self = Self { followed, ..Self::new(Arc::clone(&self.rows)) };
            return entries.for_each(|entry| self.count(entry));
        }
        self.owners_first_end = i64::MAX;
        self.besteffort_first_end = i64::MAX;
        self.last_start = i64::MIN;
        entries.for_each(|entry| self.note_times(entry));
    }

    /// No owners' job leaves its rows before, by its walltime and `security_s` on top.
    pub(in crate::oar) fn owners_stay_until(&self, security_s: i64) -> i64 {
        self.owners_first_end.saturating_add(security_s)
    }

    /// No job leaves its rows before, by its walltime and `security_s` on top.
    pub(in crate::oar) fn all_stay_until(&self, security_s: i64) -> i64 {
        self.owners_first_end.min(self.besteffort_first_end).saturating_add(security_s)
    }

    /// Whether at `now` every job holds just its rows, from the past to the future, with
    /// `security_s` on top.
    pub(in crate::oar) fn is_simple(&self, now: i64, security_s: i64) -> bool {
        let first_end = self.owners_first_end.min(self.besteffort_first_end);
        let lasts = first_end.saturating_add(security_s) > now;
        self.odd == 0 && !self.muddled && lasts && self.last_start <= now
    }

    /// Whether counting again could make it simple.
    pub(super) fn is_stale(&self, now: i64, security_s: i64) -> bool {
        self.odd == 0 && !self.is_simple(now, security_s)
    }
}

/// Whether a job holds more or less than its rows for its walltime.
pub(super) fn is_odd(entry: &Entry) -> bool {
    let job = &entry.job;
    let paused = job.suspended || matches!(job.state, JobState::Suspended | JobState::Resuming);
    !entry.plain || paused || job.start.0 < 0
}
