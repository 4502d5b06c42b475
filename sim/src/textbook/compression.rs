//! A compression of a conservative plan under way: each waiting job, in order of submission, may move
//! forward into what was given back before it. Must not know the queue.
//!
//! In a deep queue most jobs have many like them (the same cores and estimate), and one early end sets
//! a whole row of them moving: each takes the place that the one before it has left. The plan as a
//! whole only gains the first place and loses the last, so a row moves without being booked job by
//! job ([`Row`]).

use crate::textbook::classes::Classes;
use crate::textbook::policy::Waiting;
use crate::textbook::profile::Profile;
use crate::time::SimTime;

/// The plan during a compression.
pub(crate) struct Compression<'p> {
    now: SimTime,
    profile: &'p mut Profile,
    classes: &'p mut Classes,
    row: Option<Row>,
}

/// Jobs of one class that move one after the other, each to the place that the one before it has left;
/// these places may overlap.
///
/// The profile shows the row as it was when its first job had moved. What the others have done since is
/// as if one job had moved from the last place to the first.
///
/// Why the next job behind the free place takes just this place: from the hole that the first job found
/// until there, too few cores are free at any time, so no hole touches that time; a hole before would have
/// been the first job's; and from the place on until its own cores there is room.
struct Row {
    /// The job that moved last.
    last: Waiting,
    /// Where the first one went.
    hole: SimTime,
    /// The first place that was left, as the profile shows.
    shown: SimTime,
    /// The place that was left last.
    place: SimTime,
    /// Step of the profile about which `checked` is sought.
    cursor: usize,
    /// Step of the profile about the end of the place that was left first.
    end: usize,
    /// From `hole` until then, too few cores are free for another such job.
    checked: SimTime,
}

impl<'p> Compression<'p> {
    /// Begins at `now`.
    pub(crate) fn begin(
        now: SimTime,
        profile: &'p mut Profile,
        classes: &'p mut Classes,
    ) -> Compression<'p> {
        Compression { now, profile, classes, row: None }
    }

    /// Whether any of many jobs of one class that are planned for `earliest..=latest` may move.
    pub(crate) fn may_move(&self, class: u32, earliest: SimTime, latest: SimTime) -> bool {
        self.row.as_ref().is_some_and(|row| row.place < latest)
            || !self.classes.all_stay(class, self.profile, earliest, latest)
    }

    /// Moves a job that is planned for `start` to its earliest hole before, which is returned.
    #[inline]
    pub(crate) fn advance(
        &mut self,
        (job, class): (&Waiting, u32),
        start: SimTime,
    ) -> Option<SimTime> {
        let before_row = self.row.as_ref().is_none_or(|row| start <= row.place);
        if before_row && self.classes.stays(class, self.profile, start) {
            return None;
        }
        self.advance_if(job, class, start)
    }

    /// The same for a job that may move.
    fn advance_if(&mut self, job: &Waiting, class: u32, start: SimTime) -> Option<SimTime> {
        if self.row.is_some() {
            match self.follow(job, start) {
                Follow::Stays => return None,
                Follow::Takes(place) => return Some(place),
                Follow::Unclear => self.settle(),
            }
            if self.classes.stays(class, self.profile, start) {
                return None;
            }
        }
        let near = self.classes.step(class);
        let shift = self.profile.free_since(start, job.cores, near);
        let shift = shift.map(|since| since.max(self.now));
        let limit = shift.unwrap_or(start);
        let hole = self.classes.hole(class, self.profile, self.now, limit).or(shift)?;
        let end = self.profile.shift(start, hole, job.cores, job.estimate, near);
        let row =
            Row { last: *job, hole, shown: start, place: start, cursor: near, end, checked: hole };
        self.row = Some(row);
        Some(hole)
    }

    /// What the row says of the next job in order of submission.
    fn follow(&mut self, job: &Waiting, start: SimTime) -> Follow {
        let Some(row) = &mut self.row else { return Follow::Unclear };
        if job.cores != row.last.cores || job.estimate != row.last.estimate {
            return Follow::Unclear;
        }
        // No hole before the first one was found for such a job, and none can begin or go on where too few
        // cores are free. Before the first one there may be room right before a job's own cores.
        if start <= row.hole || !row.is_tight(self.profile, row.place) {
            return Follow::Unclear;
        }
        if start <= row.place {
            return Follow::Stays;
        }
        if !row.is_free(self.profile, start) {
            return Follow::Unclear;
        }
        row.last = *job;
        Follow::Takes(std::mem::replace(&mut row.place, start))
    }

    /// Books what the row has done, so that the profile shows its free place where it is, and tells the
    /// classes of it.
    fn settle(&mut self) {
        let Some(Row { last, hole, shown, place, cursor, mut end, .. }) = self.row.take() else {
            return;
        };
        let Waiting { cores, estimate, .. } = last;
        if place != shown {
            end = self.profile.shift(place, shown, cores, estimate, cursor);
        }
        let left = (place.max(hole + estimate), place + estimate);
        self.classes.give_back(self.profile, left, end);
    }

    /// Ends the compression.
    pub(crate) fn end(mut self) {
        self.settle();
    }
}

impl Row {
    /// Whether from the first hole until `time`, which is not behind the place that is free, too few cores are
    /// free for another job of the row.
    fn is_tight(&mut self, profile: &Profile, time: SimTime) -> bool {
        while self.checked < time {
            let step = profile.step_about(self.checked, self.cursor);
            // The row takes its first place for good, and ends later than shown.
            let shown =
                self.shown <= self.checked && self.checked < self.shown + self.last.estimate;
            let taken = if shown { self.last.cores } else { 0 };
            if profile.free_in(step) >= i64::from(self.last.cores) + i64::from(taken) {
                return false;
            }
            let mut until = profile.end_of(step);
            for border in [self.shown, self.shown + self.last.estimate] {
                if self.checked < border {
                    until = until.min(border);
                }
            }
            self.checked = until.min(time);
            self.cursor = step;
        }
        true
    }

    /// Whether a job of the row fits from the place that is free until `start`, where it is booked itself.
    fn is_free(&self, profile: &Profile, start: SimTime) -> bool {
        // What the row has left behind its first place is free.
        let end = start.min(self.shown + self.last.estimate);
        let mut step = profile.step_about(self.place, self.cursor);
        let mut time = self.place;
        while time < end {
            if profile.free_in(step) < i64::from(self.last.cores) {
                return false;
            }
            time = profile.end_of(step);
            step += 1;
        }
        true
    }
}

/// What a row says of a job.
enum Follow {
    /// It cannot move.
    Stays,
    /// It moves to this place.
    Takes(SimTime),
    /// The plan must be looked at.
    Unclear,
}
