//! What a plan got back since its jobs were last looked at: a job can only move forward into a
//! hole that one of these spans has opened. Must not know the queue.

use crate::textbook::policy::Waiting;
use crate::textbook::profile::Profile;
use crate::time::SimTime;

/// The most spans kept apart. Where one end sets a whole queue of like jobs moving, each looking at
/// the spans of all before it would cost more than the plan itself.
const SPANS_MAX: usize = 8;

/// Cores that were given back for a while, maybe taken again in part.
#[derive(Clone, Copy, Debug)]
struct FreedSpan {
    from: SimTime,
    to: SimTime,
    /// Arrival of the job that gave it back; the jobs behind it have been offered it in the same
    /// compression. `u32::MAX` between compressions.
    giver: u32,
    /// At least the most cores that are free at any time within.
    widest: i64,
}

/// The spans freed in the running compression, and those that the last one has left for this one.
#[derive(Clone, Debug, Default)]
pub(crate) struct FreedSpans {
    list: Vec<FreedSpan>,
    /// So many of the list are older than the running compression.
    old: usize,
    /// The first of the list was made of many.
    merged: bool,
    /// Earliest begin and greatest width in the list.
    first: SimTime,
    widest: i64,
}

impl FreedSpans {
    /// Between compressions, `from..to` was given back.
    pub(crate) fn add(&mut self, from: SimTime, to: SimTime) {
        self.list.push(FreedSpan { from, to, giver: u32::MAX, widest: 0 });
    }

    /// Forgets everything: all have been looked at.
    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.old = 0;
        self.merged = false;
    }

    /// Begins a compression at `now`.
    pub(crate) fn begin(&mut self, now: SimTime, profile: &Profile) {
        self.list.drain(..self.old);
        self.merged = false;
        for span in &mut self.list {
            span.from = span.from.max(now);
            span.widest = profile.widest(span.from, span.to);
        }
        self.list.retain(|span| span.from < span.to && span.widest > 0);
        self.old = self.list.len();
        self.sum_up();
    }

    /// Whether a job of at least `cores` cores that starts at `latest` or before may find a hole.
    #[inline]
    pub(crate) fn may_serve(&self, cores: u32, latest: SimTime) -> bool {
        i64::from(cores) <= self.widest && self.first < latest
    }

    /// The earliest hole for `job` before its `start`, if there is one.
    pub(crate) fn hole(
        &self,
        profile: &Profile,
        now: SimTime,
        job: &Waiting,
        start: SimTime,
    ) -> Option<SimTime> {
        if !self.may_serve(job.cores, start) {
            return None;
        }
        let cores = i64::from(job.cores);
        let mut best = None;
        for (number, span) in self.list.iter().enumerate() {
            let offered = number < self.old && span.giver <= job.arrival;
            let limit = best.unwrap_or(start);
            if !offered && cores <= span.widest && span.from < limit {
                let within = (span.from, span.to.min(limit));
                let hole = profile.hole_about(within, now, cores, job.estimate, start);
                best = hole.filter(|hole| *hole < limit).or(best);
            }
        }
        best
    }

    /// `job` has left `start` and taken `hole`, as the profile shows already.
    pub(crate) fn moved(
        &mut self,
        profile: &Profile,
        job: &Waiting,
        start: SimTime,
        hole: SimTime,
    ) {
        let (taken_to, to) = (hole + job.estimate, start + job.estimate);
        // A freed span that was made of many is long and hardly ever used up.
        let made_of_many = usize::from(self.merged);
        for span in &mut self.list[made_of_many..] {
            if span.from < taken_to && hole < span.to {
                span.widest = profile.widest(span.from, span.to);
            }
        }
        let from = if hole < start { start.max(taken_to) } else { start };
        let widest = profile.widest(from, to);
        self.list.push(FreedSpan { from, to, giver: job.arrival, widest });
        self.sum_up();
        if self.list.len() > SPANS_MAX {
            self.merge();
        }
    }

    /// Merges all spans into one, which everybody is offered: it covers more than they did, never less.
    fn merge(&mut self) {
        let to = self.list.iter().map(|span| span.to).max().unwrap_or(self.first);
        self.list.clear();
        self.list.push(FreedSpan { from: self.first, to, giver: u32::MAX, widest: self.widest });
        self.old = 0;
        self.merged = true;
    }

    fn sum_up(&mut self) {
        self.first = self.list.iter().map(|span| span.from).min().unwrap_or(SimTime::NEVER);
        self.widest = self.list.iter().map(|span| span.widest).max().unwrap_or(0);
    }
}
