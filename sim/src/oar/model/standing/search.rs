//! Search of the earliest window over the jobs under way and those planned before: what a search slot by
//! slot finds, by steps from one planned start or end to the next. Also the end of planned jobs by OAR's rules.
//!
//! Why steps may be that long: from what is free of jobs under way nothing ever goes, so in a window only
//! planned jobs narrow it, and what its first second has of the former it has throughout. And a later
//! window gains no more than what jobs, under way or planned, give back until it begins.

use super::booked::Booked;
use super::sparse::SparseSet;
use crate::oar::model::bits;
use crate::oar::model::slots::kept::KeptSlots;
use smallvec::SmallVec;

/// Where a search begins or ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    /// Begin of a window.
    pub(super) start: i64,
    /// No window that begins before holds more resources.
    pub(super) most: u32,
}

/// What stays free from now on for some time.
#[derive(Debug)]
pub(super) struct Lasting {
    end: i64,
    set: SparseSet,
}

impl Lasting {
    /// How many resources.
    pub(super) fn count(&self) -> u32 {
        self.set.count()
    }

    /// A job is planned.
    pub(super) fn take(&mut self, start: i64, set: &SparseSet) {
        if start < self.end && self.set.intersects(set) {
            self.set = self.set.without(set);
        }
    }
}

/// What planned jobs take in the window that was tried last: a later one that begins in the same of their slots
/// lacks all of that too.
#[derive(Debug)]
pub(super) struct Taken {
    /// First and last of their slots.
    slots: Option<(usize, usize)>,
    words: Vec<u64>,
}

impl Taken {
    /// No window was tried, on a platform of so many words.
    pub(super) fn new(words: usize) -> Self {
        Self { slots: None, words: vec![0; words] }
    }
}

/// Jobs under way, and those planned so far.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) under_way: &'a KeptSlots,
    pub(super) booked: &'a Booked,
}

/// What a window holds that holds too little.
struct Lack {
    /// So many resources.
    common: u32,
    /// How many if it began with what jobs under way will have given back by its last slot.
    later: u32,
}

/// A window that was tried: slots of planned jobs, and the slot of jobs under way it begins in.
#[derive(Clone, Copy)]
struct Window {
    slot: usize,
    first: usize,
    last: usize,
}

impl Search<'_> {
    /// The earliest window from a cursor on with `count` resources for `width_s` seconds, and the first of
    /// these resources; `None` if time ends before.
    #[inline(always)]
    pub(super) fn find(
        &self,
        count: u32,
        width_s: i64,
        from: Cursor,
        taken_last: &mut Taken,
    ) -> Option<(Cursor, SparseSet)> {
        taken_last.slots = None;
        let Self { under_way, booked } = *self;
        let Cursor { mut start, mut most } = from;
        let mut first = booked.index_at(start);
        let mut slot = under_way.index_at(start);
        // What the last window that was tried lacks, and what may have come since.
        let (mut lacks, mut come) = (0, 0);
        loop {
            let (begins, counts) = (under_way.begins(), under_way.counts());
            let (taken, here) = (booked.taken[first], counts[slot]);
            let more = (count + taken).saturating_sub(here).max(lacks - come.min(lacks));
            if more > 0 {
                // No window before the slot `there` holds more than this.
                let bound = |there: usize| {
                    let tried = count - lacks + come + (counts[there - 1] - here);
                    let free = counts[there - 1] - taken;
                    if lacks > 0 { free.min(tried) } else { free }
                };
                let end = booked.end(first);
                let there = slot + counts[slot..].partition_point(|other| *other < here + more);
                if there < begins.len() && begins[there] < end {
                    most = most.max(bound(there));
                    come += counts[there] - here;
                    (slot, start) = (there, begins[there]);
                } else if first + 1 == booked.len() {
                    return None;
                } else {
                    most = most.max(bound(under_way.index_from(slot, end - 1) + 1));
                    first += 1;
                    (slot, start) = (under_way.index_from(slot, end), end);
                    come += counts[slot] - here + booked.given_back(first);
                }
                continue;
            }
            let end = start + width_s;
            if end > under_way.end() {
                return None;
            }
            let floors = &booked.floors[first + 1..];
            let behind = booked.begins[first + 1..].iter().zip(floors);
            let mut last = first;
            let mut low = None;
            for (begin, floor) in behind {
                if *begin >= end {
                    break;
                }
                last += 1;
                if *floor < count {
                    low = Some((last, *floor));
                    break;
                }
            }
            if let Some((index, floor)) = low {
                most = most.max(floor);
                (first, start) = (index, booked.begins[index]);
                slot = under_way.index_from(slot, start);
                (lacks, come) = (0, 0);
                continue;
            }
            match self.choose(count, Window { slot, first, last }, taken_last) {
                Ok(set) => return Some((Cursor { start, most }, set)),
                Err(Lack { common, later }) if later >= count || first == last => {
                    most = most.max(common);
                    (lacks, come) = (count - common, 0);
                }
                Err(lack) => {
                    // Whatever others give back meanwhile, planned jobs are in the way.
                    let window = Window { slot, first, last };
                    let conflict = self.conflict(count, window);
                    let (index, common) = conflict.unwrap_or((first, lack.later));
                    if index + 1 == booked.len() {
                        return None;
                    }
                    most = most.max(common);
                    (first, start) = (index + 1, booked.begins[index + 1]);
                    slot = under_way.index_from(slot, start);
                    (lacks, come) = (0, 0);
                }
            }
        }
    }

    /// Whether these resources are free from a second on, at which something begins or ends, for so long.
    pub(super) fn is_free(&self, start: i64, width_s: i64, set: &SparseSet) -> bool {
        let Self { under_way, booked } = *self;
        let first = booked.index_at(start);
        let begins = booked.begins[first].max(under_way.begins()[under_way.index_at(start)]);
        let behind =
            booked.begins[first + 1..].iter().take_while(|begin| **begin < start + width_s);
        let last = first + behind.count();
        let narrowing = (first + 1..=last).filter(|index| booked.narrows(*index));
        begins == start
            && start + width_s <= under_way.end()
            && set.is_within(under_way.row(under_way.index_at(start)))
            && std::iter::once(first)
                .chain(narrowing)
                .all(|index| set.is_outside(booked.row(index)))
    }

    /// The first resources of those free throughout a window. What planned jobs take is known from the window
    /// before, as far as that began in the same slot.
    #[inline(always)]
    fn choose(&self, count: u32, window: Window, taken: &mut Taken) -> Result<SparseSet, Lack> {
        let Self { under_way, booked } = *self;
        let last = under_way.index_from(window.slot, booked.begins[window.last]);
        let (free, later) = (under_way.row(window.slot), under_way.row(last));
        let known = taken.slots.filter(|(first, _)| *first == window.first);
        let from = known.map_or(window.first, |(_, last)| last + 1);
        let rows: SmallVec<[&[u64]; 16]> = (from..=window.last)
            .filter(|index| *index == window.first || booked.narrows(*index))
            .map(|index| booked.row(index))
            .collect();
        let words = &mut taken.words[..];
        let lack = lack(count, free, later, words, &rows, known.is_some());
        if lack.common < count {
            taken.slots = Some((window.first, window.last));
            return Err(lack);
        }
        let free = free.iter().zip(&taken.words).map(|(free, taken)| free & !taken);
        Ok(SparseSet::lowest(free, count))
    }

    /// The last slot of a window that failed from which on it would fail too, whatever jobs under way give
    /// back meanwhile, and how many resources it would hold then.
    #[inline(always)]
    fn conflict(&self, count: u32, window: Window) -> Option<(usize, u32)> {
        let Self { under_way, booked } = *self;
        let last = under_way.index_from(window.slot, booked.begins[window.last]);
        let mut common: SmallVec<[u64; 128]> = under_way.row(last).into();
        bits::remove(&mut common, booked.row(window.last));
        let narrowing =
            (window.first + 1..=window.last).rev().filter(|index| booked.narrows(*index));
        for index in narrowing {
            bits::remove(&mut common, booked.row(index));
            let left = bits::count(&common);
            if left < count {
                return Some((index, left));
            }
        }
        None
    }

    /// What stays free from now on for so many seconds.
    pub(super) fn lasting(&self, width_s: i64) -> Lasting {
        let Self { under_way, booked } = *self;
        let end = under_way.begins()[0] + width_s;
        let last = booked.index_at(end - 1);
        let free = under_way.row(0).iter().zip(booked.row(0));
        let mut set = SparseSet::default();
        for (word, (free, taken)) in (0..).zip(free) {
            set.push(word, free & !taken);
        }
        for index in (1..=last).filter(|index| booked.narrows(*index)) {
            set = set.outside(booked.row(index));
        }
        if end > under_way.end() {
            set = SparseSet::default();
        }
        Lasting { end, set }
    }

    /// The last second up to this one in which something can have come free.
    pub(super) fn border_before(&self, second: i64) -> i64 {
        let Self { under_way, booked } = *self;
        let begin = booked.begins[booked.index_at(second)];
        begin.max(under_way.begins()[under_way.index_at(second)])
    }

    /// The second from which on others may have what a job takes that should end then: OAR (`Real`) lets
    /// it take one more where only that ends a slot.
    pub(super) fn end_of(&self, end: i64) -> i64 {
        let border = |at| self.under_way.has_border(at) || self.booked.has_border(at);
        if self.under_way.is_real() && !border(end) && border(end + 1) { end + 1 } else { end }
    }
}

/// What a window holds: of what is `free` at its begin, and of what is so `later`, that which no row takes; as far
/// as it must be known that it is enough. `taken` becomes what the rows take, on top of what it was if that is
/// `known`.
#[inline(always)]
fn lack(
    count: u32,
    free: &[u64],
    later: &[u64],
    taken: &mut [u64],
    rows: &[&[u64]],
    known: bool,
) -> Lack {
    /// Words that are looked at together.
    const MANY: usize = 16;
    let mut lack = Lack { common: 0, later: 0 };
    let parts = taken.chunks_mut(MANY).zip(free.chunks(MANY)).zip(later.chunks(MANY));
    for (index, ((taken, free), later)) in parts.enumerate() {
        if !known {
            taken.fill(0);
        }
        let (from, to) = (index * MANY, index * MANY + taken.len());
        if let (Some(words), Some(free), Some(later)) = (
            taken.first_chunk_mut::<MANY>(),
            free.first_chunk::<MANY>(),
            later.first_chunk::<MANY>(),
        ) {
            // The same with numbers of words that the compiler knows.
            let mut all = *words;
            rows.iter().for_each(|row| bits::unite(&mut all, &row[from..to]));
            lack.common += bits::count_without(free, &all);
            lack.later += bits::count_without(later, &all);
            *words = all;
        } else {
            rows.iter().for_each(|row| bits::unite(taken, &row[from..to]));
            lack.common += bits::count_without(free, taken);
            lack.later += bits::count_without(later, taken);
        }
        if lack.common >= count {
            break;
        }
    }
    lack
}
