//! What owners' jobs under way leave free over time, kept from pass to pass: most passes begin with the
//! jobs of the last one, but for a few. Must be, slot for slot, what taking them all out anew gives.
//!
//! With OAR's extra second, a border depends on which jobs were taken out before, if others end one
//! second before or after. Where a job leaves such a row of ends, or comes into it out of order, nothing
//! is kept. All other borders are the ends themselves, in whatever order the jobs came.

use super::flags::Flags;
use super::{SlotSet, Span};
use crate::oar::model::bits::{self, SmallBits};
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::platform::Platform;
use std::collections::BTreeMap;

/// A job under way, as it is taken out of the slots.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// When it started, by which it is sorted.
    pub start: Date,
    /// First second after its walltime and the security time.
    pub end: i64,
    /// Ranks of its resources.
    pub set: SmallBits,
}

/// A job that came under way or left since the slots were last brought up to date.
#[derive(Debug)]
pub struct Move {
    /// The job.
    pub id: JobId,
    /// What it holds, or held.
    pub holder: Holder,
    /// Whether it came.
    pub came: bool,
    /// First second in which others may have what it holds.
    pub until: i64,
    /// Whether a slot begins there now that did not, or no more.
    pub cuts: bool,
}

/// Slots of owners' jobs under way.
#[derive(Debug, Clone)]
pub struct KeptSlots {
    slots: SlotSet,
    /// Revision of the platform whose ranks these are.
    revision: u64,
    security_s: i64,
    holders: BTreeMap<JobId, Holder>,
    /// How many jobs end when; and dates from which resources are gone, which stay.
    ends: BTreeMap<i64, u32>,
    /// The first of these dates, or the end of the slots: jobs that last longer cannot be kept.
    whole_until: i64,
    /// No holder comes later in OAR's order.
    last: (Date, JobId),
}

impl KeptSlots {
    /// Keeps slots from which just these jobs were taken out; `None` for slots that cannot be kept.
    #[must_use]
    pub fn keep(
        slots: &SlotSet,
        platform: &Platform,
        security_s: i64,
        holders: impl Iterator<Item = (JobId, Holder)>,
    ) -> Option<Self> {
        if !can_be_kept(slots, platform) {
            return None;
        }
        let gone = platform.available_upto.iter().map(|(date, _)| *date);
        let mut kept = Self {
            slots: slots.packed_into(None),
            revision: platform.revision,
            security_s,
            holders: BTreeMap::new(),
            whole_until: gone.clone().next().map_or(slots.end, |date| date.min(slots.end)),
            ends: gone.map(|date| (date, 1)).collect(),
            last: (Date(i64::MIN), JobId(0)),
        };
        for (id, holder) in holders {
            if holder.end >= kept.whole_until {
                return None;
            }
            kept.note(id, holder);
        }
        Some(kept)
    }

    /// Brings the slots to what they are at `now`, when these jobs have come, gone or changed; `holder`
    /// tells what one of them holds, if it still does. Returns what moved; `None` if that was not possible:
    /// then they are of no use any more.
    pub fn follow(
        &mut self,
        now: Date,
        platform: &Platform,
        security_s: i64,
        mut changed: Vec<JobId>,
        holder: impl Fn(JobId) -> Option<Holder>,
    ) -> Option<Vec<Move>> {
        if self.revision != platform.revision || self.security_s != security_s {
            return None;
        }
        changed.sort_unstable();
        changed.dedup();
        let (mut moves, mut coming) = (Vec::new(), Vec::new());
        for id in changed {
            let holder = holder(id);
            if holder.as_ref() == self.holders.get(&id) {
                continue;
            }
            if self.holders.contains_key(&id) {
                moves.push(self.leave(id)?);
            }
            coming.extend(holder.map(|holder| (id, holder)));
        }
        if now.0 >= self.slots.end(0) {
            // Resources are gone since.
            return None;
        }
        self.slots.advance(now);
        coming.sort_by_key(|(id, holder)| (holder.start, *id));
        for (id, holder) in coming {
            moves.push(self.enter(id, holder, platform)?);
        }
        Some(moves)
    }

    /// First second of each slot.
    #[must_use]
    pub fn begins(&self) -> &[i64] {
        &self.slots.begins
    }

    /// How many resources are free in each slot. Nothing that is free once is taken later.
    #[must_use]
    pub fn counts(&self) -> &[u32] {
        &self.slots.free_sets[0].counts
    }

    /// What is free in a slot.
    #[must_use]
    pub fn row(&self, index: usize) -> &[u64] {
        self.slots.free(index)
    }

    /// First second after the last slot.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.slots.end
    }

    /// Whether OAR's extra second is taken.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.slots.real
    }

    /// Index of the slot that holds a second.
    #[must_use]
    pub fn index_at(&self, second: i64) -> usize {
        self.slots.index_at(second)
    }

    /// The same, from a slot on that begins no later.
    #[must_use]
    pub fn index_from(&self, slot: usize, second: i64) -> usize {
        let begins = &self.slots.begins[slot..];
        slot + begins.partition_point(|begin| *begin <= second).saturating_sub(1)
    }

    /// Whether a slot begins there.
    #[must_use]
    pub fn has_border(&self, second: i64) -> bool {
        self.slots.begins.binary_search(&second).is_ok()
    }

    /// Whether resources go at some date, whoever is under way.
    #[must_use]
    pub fn loses_some(&self) -> bool {
        self.whole_until < self.slots.end
    }

    /// The slots, to be filled, in the memory of others that are not needed any more.
    #[must_use]
    pub fn slots(&self, spare: Option<SlotSet>) -> SlotSet {
        self.slots.packed_into(spare)
    }

    fn note(&mut self, id: JobId, holder: Holder) {
        *self.ends.entry(holder.end).or_default() += 1;
        self.last = self.last.max((holder.start, id));
        self.holders.insert(id, holder);
    }

    /// Whether some job ends one second before or after.
    fn is_in_row(&self, end: i64) -> bool {
        self.ends.contains_key(&(end - 1)) || self.ends.contains_key(&(end + 1))
    }

    /// A job takes its resources.
    fn enter(&mut self, id: JobId, holder: Holder, platform: &Platform) -> Option<Move> {
        let in_order = (holder.start, id) > self.last;
        if holder.end >= self.whole_until || (self.is_in_row(holder.end) && !in_order) {
            return None;
        }
        let span = Span { start: holder.start.0, width_s: holder.end - holder.start.0 };
        let slots = self.slots.len();
        let window = self.slots.carved(span).filter(|window| window.start == 0)?;
        let until = self.slots.end(window.end - 1);
        self.slots.take(window, platform, &holder.set);
        self.note(id, holder.clone());
        let cuts = self.slots.len() > slots;
        Some(Move { id, holder, came: true, until, cuts })
    }

    /// A job gives its resources back.
    fn leave(&mut self, id: JobId) -> Option<Move> {
        let holder = self.holders.remove(&id)?;
        if self.is_in_row(holder.end) {
            return None;
        }
        let count = self.ends.get_mut(&holder.end)?;
        *count -= 1;
        let cuts = *count == 0;
        self.slots.give_back_until(holder.end, &holder.set);
        if cuts {
            self.ends.remove(&holder.end);
            self.slots.join_at(holder.end);
        }
        let until = holder.end;
        Some(Move { id, holder, came: false, until, cuts })
    }
}

/// Whether nothing but resources is counted per slot, and all of them can be used.
fn can_be_kept(slots: &SlotSet, platform: &Platform) -> bool {
    slots.stride == platform.words
        && slots.shared.is_none()
        && slots.counts.is_none()
        && platform.all_usable
}

#[cfg(test)]
impl PartialEq for SlotSet {
    /// Whether the same is free at any time, by the same borders.
    fn eq(&self, other: &Self) -> bool {
        let counts =
            |set: &Self| set.free_sets.iter().map(|u| u.counts.clone()).collect::<Vec<_>>();
        let shrinking = |set: &Self| set.shrinks.descending(0..set.len()).collect::<Vec<_>>();
        (self.end, self.real, self.extra_second) == (other.end, other.real, other.extra_second)
            && self.begins == other.begins
            && shrinking(self) == shrinking(other)
            && counts(self) == counts(other)
            && (0..self.len()).all(|index| self.free(index) == other.free(index))
    }
}

impl SlotSet {
    /// A copy whose rows lie in order of time, in the memory of another set. Only for sets that can be kept.
    fn packed_into(&self, spare: Option<Self>) -> Self {
        let mut copy = spare.unwrap_or_else(|| Self {
            free_sets: Vec::new(),
            begins: Vec::new(),
            pool_rows: Vec::new(),
            shrinks: Flags::default(),
            pool: Vec::new(),
            cache: BTreeMap::new(),
            shared: None,
            counts: None,
            ..*self
        });
        copy.free_sets.clone_from(&self.free_sets);
        copy.begins.clone_from(&self.begins);
        copy.shrinks.clone_from(&self.shrinks);
        copy.pool_rows.clear();
        copy.pool_rows.extend(0..u32::try_from(self.len()).expect("slots fit 32 bits"));
        copy.pool.clear();
        for index in 0..self.len() {
            let from = self.pool_rows[index] as usize * self.stride;
            copy.pool.extend_from_slice(&self.pool[from..from + self.stride]);
        }
        copy.cache.clear();
        copy.extra_second = self.extra_second;
        let (shared, counts) = (None, None);
        Self {
            stride: self.stride,
            end: self.end,
            real: self.real,
            uniform: false,
            shared,
            counts,
            ..copy
        }
    }

    /// Gives back what somebody held from the first slot to a border.
    fn give_back_until(&mut self, border: i64, set: &[u64]) {
        let extent = bits::extent(set);
        let (first_word, words) = (extent.start, &set[extent]);
        let back = bits::count(words);
        let slots = self.begins.partition_point(|begin| *begin < border);
        for index in 0..slots {
            let from = self.pool_rows[index] as usize * self.stride + first_word;
            bits::unite(&mut self.pool[from..from + words.len()], words);
            self.free_sets[0].counts[index] += back;
        }
    }

    /// Joins the two slots that meet at a border, in which the same is free.
    fn join_at(&mut self, border: i64) {
        let Ok(index) = self.begins.binary_search(&border) else { return };
        if index == 0 {
            return;
        }
        self.begins.remove(index);
        self.shrinks.remove(index - 1);
        for free_set in &mut self.free_sets {
            free_set.counts.remove(index);
        }
        // The last row moves to where the row of the joined slot was.
        let vacant = self.pool_rows.remove(index);
        let rows = self.pool.len() / self.stride;
        let last = u32::try_from(rows - 1).expect("slots fit 32 bits");
        self.pool.copy_within((rows - 1) * self.stride.., vacant as usize * self.stride);
        self.pool.truncate((rows - 1) * self.stride);
        if let Some(moved) = self.pool_rows.iter_mut().find(|row| **row == last) {
            *moved = vacant;
        }
    }
}
