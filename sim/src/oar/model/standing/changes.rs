//! What came and went since a plan was made, as far as it could move a planned job. When in doubt, a job is
//! taken for one that moves: it is placed anew then.
//!
//! A job stays where it is if nobody took its resources, nothing that it would have chosen first came free in
//! its place, and no window before holds enough by now: each holds no more than what the most had when the
//! job was placed, and what came free for long enough since. With OAR's extra second, ends that come or go
//! beside one of the job's borders are enough for doubt.

use super::booked::Booked;
use super::planned::Planned;
use super::search::Cursor;
use super::sparse::SparseSet;
use crate::oar::model::ids::JobId;
use crate::oar::model::slots::kept::{KeptSlots, Move};

/// More parts of what came free than this are not looked at one by one.
const GAINS_MAX: usize = 32;

/// Resources that came free.
struct Gain {
    from: i64,
    /// First second in which somebody takes them again.
    to: i64,
    /// They would have come free then anyway.
    until: i64,
    set: SparseSet,
    lowest: usize,
}

impl Gain {
    fn new(from: i64, to: i64, until: i64, set: SparseSet) -> Option<Self> {
        let (lowest, _) = set.bounds()?;
        (from < to && from < until).then_some(Self { from, to, until, set, lowest })
    }
}

/// Resources that somebody took who was not planned to.
struct Loss {
    until: i64,
    set: SparseSet,
}

/// A slot of the jobs under way begins there, or no more.
struct Border {
    at: i64,
    gone: bool,
    /// Whether others begin one second before or after.
    in_row: bool,
}

impl Border {
    /// Whether it could matter to where a job ends.
    fn concerns(&self, planned: &Planned) -> bool {
        let near = |second: i64| self.in_row && (second - self.at).abs() <= 1;
        planned.asked_end() == self.at - 1
            || self.gone && planned.start == self.at
            || near(planned.start)
            || near(planned.asked_end())
            || near(planned.end)
    }
}

/// What came and went.
pub(super) struct Changes {
    now: i64,
    gains: Vec<Gain>,
    losses: Vec<Loss>,
    borders: Vec<Border>,
}

impl Changes {
    /// What jobs brought about that came under way or left; some came as they were planned.
    pub(super) fn new(
        now: i64,
        under_way: &KeptSlots,
        booked: &Booked,
        moves: &[Move],
        planned: &[JobId],
    ) -> Self {
        let mut changes = Self { now, gains: Vec::new(), losses: Vec::new(), borders: Vec::new() };
        let begins = |at| under_way.has_border(at) || booked.has_border(at);
        for moved in moves {
            let at = moved.until;
            if moved.cuts {
                let in_row = begins(at - 1) || begins(at + 1);
                changes.borders.push(Border { at, gone: !moved.came, in_row });
            }
            let set = || SparseSet::of(&moved.holder.set);
            if !moved.came {
                changes.gains.extend(Gain::new(now, i64::MAX, at, set()));
            } else if !planned.contains(&moved.id) {
                changes.losses.push(Loss { until: at, set: set() });
            }
        }
        let losses = std::mem::take(&mut changes.losses);
        losses.iter().for_each(|loss| changes.take(now, loss.until, &loss.set));
        Self { losses, ..changes }
    }

    /// Whether a job surely stays where it is, behind those that were asked about before; they do.
    pub(super) fn leave(&mut self, planned: &mut Planned) -> bool {
        let Planned { start, width_s, end, .. } = *planned;
        let taken = |loss: &Loss| start < loss.until && loss.set.intersects(&planned.set);
        if start < self.now
            || self.gains.len() > GAINS_MAX
            || self.borders.iter().any(|border| border.concerns(planned))
            || self.losses.iter().any(taken)
        {
            return false;
        }
        if self.gains.is_empty() {
            return true;
        }
        if !self.leave_choice(planned) {
            return false;
        }
        let more = self.earlier(start, width_s);
        planned.most += more;
        if more > 0 && planned.most >= planned.set.count() {
            return false;
        }
        self.take(start, end, &planned.set);
        true
    }

    /// Whether nothing came free that a job would have chosen first in its place.
    pub(super) fn leave_choice(&self, planned: &Planned) -> bool {
        let (start, asked_end) = (planned.start, planned.asked_end());
        let Some((_, highest)) = planned.set.bounds() else { return false };
        let chosen = |gain: &Gain| {
            let here = gain.from <= start && asked_end <= gain.to && start < gain.until;
            here && gain.lowest < highest || start == gain.until
        };
        !self.gains.iter().any(chosen)
    }

    /// The resources of somebody who took them until a second come free, perhaps long before.
    pub(super) fn give(&mut self, until: i64, set: SparseSet) {
        if self.gains.len() <= GAINS_MAX {
            self.gains.extend(Gain::new(self.now, i64::MAX, until, set));
        }
    }

    /// Before which second a job surely finds nothing now, behind others whose moves were told.
    pub(super) fn not_before(&self, planned: &Planned) -> Option<Cursor> {
        let Planned { start, width_s, .. } = *planned;
        if self.gains.len() > GAINS_MAX || start <= self.now {
            return None;
        }
        let most = planned.most + self.earlier(start, width_s);
        (most < planned.set.count()).then_some(Cursor { start, most })
    }

    /// How many of the gains could be of use to a window that begins before a second.
    fn earlier(&self, start: i64, width_s: i64) -> u32 {
        let of_use = |gain: &&Gain| gain.from < start && gain.from + width_s <= gain.to;
        self.gains.iter().filter(of_use).map(|gain| gain.set.count()).sum()
    }

    /// Somebody takes resources for a time: what is left of the gains.
    pub(super) fn take(&mut self, start: i64, end: i64, set: &SparseSet) {
        if self.gains.len() > GAINS_MAX {
            // Nobody asks any more.
            return;
        }
        for index in 0..self.gains.len() {
            let Gain { from, to, until, .. } = self.gains[index];
            if end <= from || to <= start {
                continue;
            }
            let common = self.gains[index].set.common(set);
            if common.is_empty() {
                continue;
            }
            let rest = self.gains[index].set.without(&common);
            let before = Gain::new(from, start, until, common.clone());
            self.gains.extend(before);
            self.gains.extend(Gain::new(end, to, until, common));
            // An empty one is of no use to anybody.
            let lowest = rest.bounds().map_or(usize::MAX, |(lowest, _)| lowest);
            self.gains[index] = Gain { lowest, set: rest, ..self.gains[index] };
        }
    }
}
