//! Which rows the jobs hold that are under way, kept up to date from job to job, so that a pass can
//! begin with a look at what is free. Knows no time but the jobs' own.

use super::table::Entry;
use crate::oar::bits::{self, Bits};
use crate::oar::ids::ResourceId;
use crate::oar::rows::RowIndex;
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
    /// No job's walltime ends before.
    pub(in crate::oar) first_end: i64,
    /// No job starts later.
    last_start: i64,
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
            first_end: i64::MAX,
            last_start: i64::MIN,
        }
    }

    /// A job took its resources.
    pub(super) fn enter(&mut self, entry: &Entry) {
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
    pub(super) fn leave(&mut self, held: &[ResourceId], besteffort: bool, odd: bool) {
        self.odd -= usize::from(odd);
        let set = if besteffort { &mut self.besteffort } else { &mut self.owners };
        for row in held.iter().filter_map(|id| self.rows.get(*id)) {
            bits::take_out(set, row as usize);
        }
    }

    /// Widens what is known of starts and ends.
    pub(super) fn note_times(&mut self, entry: &Entry) {
        let job = &entry.job;
        self.first_end = self.first_end.min(job.start.0 + job.assigned_walltime_s());
        self.last_start = self.last_start.max(job.start.0);
    }

    /// Counts all jobs under way again.
    pub(super) fn recount<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        *self = Self::new(Arc::clone(&self.rows));
        entries.for_each(|entry| self.enter(entry));
    }

    /// Whether at `now` every job holds just its rows, from the past to the future, with
    /// `security_s` on top.
    pub(in crate::oar) fn is_simple(&self, now: i64, security_s: i64) -> bool {
        let lasts = self.first_end.saturating_add(security_s) > now;
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
