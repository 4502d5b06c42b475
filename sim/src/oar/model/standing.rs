//! The plan that stands from pass to pass: where waiting jobs that ask for any so many resources were placed,
//! in order. When jobs come or go it is kept up to the first job that could be placed otherwise now, and goes
//! on from there. Must not know what a pass does with it; equal to placing all anew (a property test of
//! passes holds it to that).

mod booked;
mod changes;
mod found;
mod hope;
pub mod line;
pub mod planned;
mod search;
pub mod sparse;

use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::slots::kept::{KeptSlots, Move};
use booked::Booked;
use changes::Changes;
use found::Found;
use hope::Hope;
use line::Asking;
use planned::Planned;
use search::{Cursor, Search, Taken};

/// The plan.
#[derive(Debug, Clone)]
pub struct Standing {
    booked: Booked,
    /// In order of placing.
    plan: Vec<Planned>,
    found: Found,
}

impl Standing {
    /// Nobody is planned.
    #[must_use]
    pub fn new(words: usize, now: Date) -> Self {
        let booked = Booked::new(words, now.0);
        Self { booked, plan: Vec::new(), found: Found::default() }
    }

    /// Planned jobs, in order.
    #[must_use]
    pub fn plan(&self) -> &[Planned] {
        &self.plan
    }

    /// Whether nobody is planned to have started by `now`. Then, if nobody came or went, nobody can start.
    #[must_use]
    pub fn rests(&self, now: Date) -> bool {
        self.plan.iter().all(|planned| planned.start > now.0)
    }

    /// Brings the plan to what it is at `now`, after these jobs came under way or left: keeps it up to the first
    /// job that could be placed otherwise, or does not come next in the queue, and places the jobs that follow,
    /// until none is left that could start now. Returns how many were placed; `None` if one of them finds no
    /// place at all.
    pub fn renew(
        &mut self,
        now: Date,
        under_way: &KeptSlots,
        moves: &[Move],
        queue: &[Asking],
    ) -> Option<usize> {
        // With the wide registers and the counting of bits that the machine has.
        pulp::Arch::new().dispatch(|| self.renewed(now, under_way, moves, queue))
    }

    #[inline(always)]
    fn renewed(
        &mut self,
        now: Date,
        under_way: &KeptSlots,
        moves: &[Move],
        queue: &[Asking],
    ) -> Option<usize> {
        let became = |moved: &&Move| moved.came && self.plan.iter().any(|p| p.became(moved));
        let launched: Vec<JobId> = moves.iter().filter(became).map(|moved| moved.id).collect();
        let mut changes = Changes::new(now.0, under_way, &self.booked, moves, &launched);
        let former = self.keep(&mut changes, &launched, queue);
        self.booked.advance(now.0, under_way);
        self.extend(now.0, under_way, &mut changes, former, queue)
    }

    /// Keeps the plan up to the first job in doubt, and returns the others.
    #[inline(always)]
    fn keep(
        &mut self,
        changes: &mut Changes,
        launched: &[JobId],
        queue: &[Asking],
    ) -> impl Iterator<Item = Planned> + use<> {
        let Self { booked, plan, found } = self;
        found.clear();
        let give_back = |planned: &Planned, booked: &mut Booked| {
            booked.give_back(planned.start..planned.end, &planned.set, planned.narrows);
        };
        if !launched.is_empty() {
            let gone = plan.extract_if(.., |planned| launched.contains(&planned.id));
            gone.for_each(|planned| give_back(&planned, booked));
        }
        let mut kept = 0;
        for (planned, asking) in plan.iter_mut().zip(queue) {
            if planned.id != asking.id || !changes.leave(planned) {
                break;
            }
            found.note(asking.count, asking.width_s, planned.cursor());
            kept += 1;
        }
        let former = plan.split_off(kept);
        former.iter().for_each(|planned| give_back(planned, booked));
        former.into_iter()
    }

    #[inline(always)]
    fn extend(
        &mut self,
        now: i64,
        under_way: &KeptSlots,
        changes: &mut Changes,
        former: impl Iterator<Item = Planned>,
        queue: &[Asking],
    ) -> Option<usize> {
        let before = self.plan.len();
        let mut hope = Hope::new(queue.len());
        let mut former = former.peekable();
        let mut taken = Taken::new(under_way.row(0).len());
        while self.plan.len() < queue.len() {
            let search = Search { under_way, booked: &self.booked };
            let position = self.plan.len();
            if !hope.is_left(search, queue, position) {
                break;
            }
            let Asking { id, count, width_s, .. } = queue[position];
            // Who waits no more is not in the way of those behind; who came in between is in everybody's.
            while let Some(left) = former.next_if(|known| known.id != id) {
                changes.give(left.end, left.set);
            }
            let last = former.next_if(|known| known.id == id);
            let known = last.as_ref().and_then(|last| changes.not_before(last));
            let stays = |last: &&Planned| {
                known.is_some()
                    && changes.leave_choice(last)
                    && search.is_free(last.start, width_s, &last.set)
            };
            let (cursor, set) = if let Some(known) = known
                && let Some(last) = last.as_ref().filter(stays)
            {
                (known, last.set.clone())
            } else {
                let mut from = self.found.before(count, width_s, now);
                if let Some(known) = known.filter(|known| known.start > from.start) {
                    from = Cursor { start: search.border_before(known.start), ..known };
                }
                search.find(count, width_s, from, &mut taken)?
            };
            let Cursor { start, most } = cursor;
            let end = search.end_of(start + width_s);
            if let Some(last) = last {
                let stays = (last.start, last.end) == (start, end);
                changes.give(last.end, if stays { last.set.without(&set) } else { last.set });
            }
            changes.take(start, end, &set);
            let narrows = self.booked.book(under_way, start..end, &set);
            hope.take(start, &set);
            self.found.note(count, width_s, cursor);
            self.plan.push(Planned { id, start, width_s, end, most, narrows, set });
        }
        Some(self.plan.len() - before)
    }
}
