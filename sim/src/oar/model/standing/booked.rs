//! What planned jobs take over time, on top of the slots of the jobs under way: slots of their own, cut only
//! where a planned job starts or ends. Bookings come and go in any order; what is left is what the others make.

use super::sparse::SparseSet;
use crate::oar::model::slots::kept::KeptSlots;
use std::ops::Range;

/// Slots of planned jobs, in order of time, without gaps; the last one never ends.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    words: usize,
    /// First second of each slot; of the first slot: now.
    pub(super) begins: Vec<i64>,
    /// How many resources planned jobs take in each slot.
    pub(super) taken: Vec<u32>,
    /// How many resources are free in the first second of each slot, in which fewest are.
    pub(super) floors: Vec<u32>,
    /// Jobs that start or end where a slot begins. Nobody does at the begin of the first.
    uses: Vec<u32>,
    /// Jobs that start there and take something that is free right before: only there windows narrow.
    starts: Vec<u32>,
    /// Resources of the jobs that end there.
    given: Vec<u32>,
    /// Row of each slot in the pool.
    rows: Vec<u32>,
    pool: Vec<u64>,
    vacant: Vec<u32>,
}

impl Booked {
    /// Nothing is booked.
    pub(super) fn new(words: usize, now: i64) -> Self {
        Self {
            words,
            begins: vec![now],
            taken: vec![0],
            floors: vec![0],
            uses: vec![0],
            starts: vec![0],
            given: vec![0],
            rows: vec![0],
            pool: vec![0; words],
            vacant: Vec::new(),
        }
    }

    /// Number of slots.
    pub(super) fn len(&self) -> usize {
        self.begins.len()
    }

    /// First second after a slot, if it ends.
    pub(super) fn end(&self, index: usize) -> i64 {
        self.begins.get(index + 1).copied().unwrap_or(i64::MAX)
    }

    /// What planned jobs take in a slot.
    pub(super) fn row(&self, index: usize) -> &[u64] {
        let from = self.rows[index] as usize * self.words;
        &self.pool[from..from + self.words]
    }

    fn row_mut(&mut self, index: usize) -> &mut [u64] {
        let from = self.rows[index] as usize * self.words;
        &mut self.pool[from..from + self.words]
    }

    /// Whether what is free can become less from the slot before to this one.
    pub(super) fn narrows(&self, index: usize) -> bool {
        self.starts[index] > 0
    }

    /// How many resources planned jobs give back where a slot begins.
    pub(super) fn given_back(&self, index: usize) -> u32 {
        self.given[index]
    }

    /// Index of the slot that holds a second.
    pub(super) fn index_at(&self, second: i64) -> usize {
        self.begins.partition_point(|begin| *begin <= second).saturating_sub(1)
    }

    /// Whether some slot begins there.
    pub(super) fn has_border(&self, second: i64) -> bool {
        self.begins.binary_search(&second).is_ok()
    }

    /// Moves on to `now`, before which nothing is booked any more, over the slots as they are now.
    pub(super) fn advance(&mut self, now: i64, under_way: &KeptSlots) {
        let gone = self.index_at(now);
        self.vacant.extend(self.rows.drain(..gone));
        for list in
            [&mut self.taken, &mut self.floors, &mut self.uses, &mut self.starts, &mut self.given]
        {
            list.drain(..gone);
        }
        self.begins.drain(..gone);
        self.begins[0] = now;
        (self.uses[0], self.starts[0], self.given[0]) = (0, 0, 0);
        let mut slot = 0;
        for index in 0..self.len() {
            slot = under_way.index_from(slot, self.begins[index]);
            self.floors[index] = under_way.counts()[slot] - self.taken[index];
        }
    }

    /// Books resources that are free meanwhile. Whether some of them are free right before.
    #[inline(always)]
    pub(super) fn book(
        &mut self,
        under_way: &KeptSlots,
        time: Range<i64>,
        set: &SparseSet,
    ) -> bool {
        let first = self.border(under_way, time.start);
        let end = self.border(under_way, time.end);
        let before = first.checked_sub(1).map(|before| {
            let slot = under_way.index_at(time.start - 1);
            set.meets(under_way.row(slot), self.row(before))
        });
        let narrows = before.unwrap_or(false);
        if first > 0 {
            self.uses[first] += 1;
            self.starts[first] += u32::from(narrows);
        }
        self.uses[end] += 1;
        self.given[end] += set.count();
        for index in first..end {
            set.add_to(self.row_mut(index));
        }
        self.taken[first..end].iter_mut().for_each(|taken| *taken += set.count());
        self.floors[first..end].iter_mut().for_each(|floor| *floor -= set.count());
        narrows
    }

    /// Gives back what was booked, with what booking it said.
    #[inline(always)]
    pub(super) fn give_back(&mut self, time: Range<i64>, set: &SparseSet, narrows: bool) {
        let first = self.index_at(time.start.max(self.begins[0]));
        let end = self.index_at(time.end);
        for index in first..end {
            set.take_from(self.row_mut(index));
        }
        self.taken[first..end].iter_mut().for_each(|taken| *taken -= set.count());
        self.floors[first..end].iter_mut().for_each(|floor| *floor += set.count());
        self.given[end] -= set.count();
        self.leave(end);
        if first > 0 {
            self.starts[first] -= u32::from(narrows);
            self.leave(first);
        }
    }

    /// Index of the slot that begins at a second, cut there if none does.
    #[inline(always)]
    fn border(&mut self, under_way: &KeptSlots, at: i64) -> usize {
        let index = self.index_at(at);
        if self.begins[index] == at {
            return index;
        }
        let row = self.rows[index] as usize * self.words;
        let fresh = if let Some(fresh) = self.vacant.pop() {
            self.pool.copy_within(row..row + self.words, fresh as usize * self.words);
            fresh
        } else {
            self.pool.extend_from_within(row..row + self.words);
            u32::try_from(self.pool.len() / self.words - 1).expect("slots fit 32 bits")
        };
        let taken = self.taken[index];
        self.begins.insert(index + 1, at);
        self.rows.insert(index + 1, fresh);
        self.taken.insert(index + 1, taken);
        self.floors.insert(index + 1, under_way.counts()[under_way.index_at(at)] - taken);
        self.uses.insert(index + 1, 0);
        self.starts.insert(index + 1, 0);
        self.given.insert(index + 1, 0);
        index + 1
    }

    /// A job that starts or ends there goes; with the last one the border goes.
    #[inline(always)]
    fn leave(&mut self, index: usize) {
        self.uses[index] -= 1;
        if self.uses[index] == 0 {
            self.begins.remove(index);
            self.taken.remove(index);
            self.floors.remove(index);
            self.uses.remove(index);
            self.starts.remove(index);
            self.given.remove(index);
            self.vacant.push(self.rows.remove(index));
        }
    }
}
