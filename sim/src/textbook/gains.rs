//! What a plan got back since its jobs were last looked at: a job can only move forward into a
//! hole that one of these gains has opened. Must not know the queue.

use crate::textbook::policy::Waiting;
use crate::textbook::profile::Profile;
use crate::time::SimTime;

/// The most gains kept apart. Where one end sets a whole queue of like jobs moving, each looking at
/// the gains of all before it would cost more than the plan itself.
const GAINS_MAX: usize = 8;

/// Cores that were given back for a while, maybe taken again in part.
#[derive(Clone, Copy, Debug)]
struct Gain {
    from: SimTime,
    to: SimTime,
    /// Arrival of the job that gave it back; the jobs behind it have been offered it in the same
    /// compression. `u32::MAX` between compressions.
    giver: u32,
    /// At least the most cores that are free at any time within.
    widest: i64,
}

/// The gains of the running compression and what the last one has left for this one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gains {
    list: Vec<Gain>,
    /// So many of the list are older than the running compression.
    old: usize,
    /// The first of the list was made of many.
    merged: bool,
    /// Earliest begin and greatest width in the list.
    first: SimTime,
    widest: i64,
}

impl Gains {
    /// Between compressions, `from..to` was given back.
    pub(crate) fn freed(&mut self, from: SimTime, to: SimTime) {
        self.list.push(Gain { from, to, giver: u32::MAX, widest: 0 });
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
        for gain in &mut self.list {
            gain.from = gain.from.max(now);
            gain.widest = profile.widest(gain.from, gain.to);
        }
        self.list.retain(|gain| gain.from < gain.to && gain.widest > 0);
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
        for (number, gain) in self.list.iter().enumerate() {
            let offered = number < self.old && gain.giver <= job.arrival;
            let limit = best.unwrap_or(start);
            if !offered && cores <= gain.widest && gain.from < limit {
                let within = (gain.from, gain.to.min(limit));
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
        // A gain that was made of many is long and hardly ever used up.
        let made_of_many = usize::from(self.merged);
        for gain in &mut self.list[made_of_many..] {
            if gain.from < taken_to && hole < gain.to {
                gain.widest = profile.widest(gain.from, gain.to);
            }
        }
        let from = if hole < start { start.max(taken_to) } else { start };
        let widest = profile.widest(from, to);
        self.list.push(Gain { from, to, giver: job.arrival, widest });
        self.sum_up();
        if self.list.len() > GAINS_MAX {
            self.merge();
        }
    }

    /// Makes one gain of all, which everybody is offered: more than they gave, never less.
    fn merge(&mut self) {
        let to = self.list.iter().map(|gain| gain.to).max().unwrap_or(self.first);
        self.list.clear();
        self.list.push(Gain { from: self.first, to, giver: u32::MAX, widest: self.widest });
        self.old = 0;
        self.merged = true;
    }

    fn sum_up(&mut self) {
        self.first = self.list.iter().map(|gain| gain.from).min().unwrap_or(SimTime::NEVER);
        self.widest = self.list.iter().map(|gain| gain.widest).max().unwrap_or(0);
    }
}
