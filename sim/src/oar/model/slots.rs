//! Free resources over time: slots that partition time, each with its free set. Splits are OAR's,
//! second for second. Knows neither jobs nor quotas' rules; those are counted per slot elsewhere.

mod counting;
pub mod counts;
mod flags;
mod joining;
pub mod kept;
pub mod search;
pub mod shared;

use crate::oar::model::bits;
use crate::oar::model::config::OarCompat;
use crate::oar::model::ids::Date;
use crate::oar::model::platform::Platform;
use counts::Counts;
use flags::Flags;
use shared::Shared;
use std::collections::BTreeMap;
use std::ops::Range;

/// A set kept per slot: the free resources, or the wholly free blocks of a level.
#[derive(Debug, Clone)]
struct FreeSet {
    /// First word within a slot.
    offset: usize,
    /// Words.
    words: usize,
    /// Level whose blocks are counted; `None` for the resources themselves.
    level: Option<usize>,
    /// Size of the set in each slot, in order of time.
    counts: Vec<u32>,
}

/// Slots in order of time, without gaps.
#[derive(Debug, Clone)]
pub struct SlotSet {
    real: bool,
    stride: usize,
    free_sets: Vec<FreeSet>,
    begins: Vec<i64>,
    /// Row of each slot in the pool, in order of time.
    pool_rows: Vec<u32>,
    /// Slots in which something may be free that is not free in the next. Where that is not so, only the
    /// first of a row can narrow what is common to it.
    shrinks: Flags,
    /// Whether the same is free in all slots, because nothing was taken or given yet.
    uniform: bool,
    /// First second after the last slot.
    end: i64,
    pool: Vec<u64>,
    /// Shared and reserved resources by row of the pool, if any job shares or reserves.
    shared: Option<Vec<Shared>>,
    /// What quotas count, if they are on.
    counts: Option<Counts>,
    /// Whether OAR's extra second was ever taken: then order of insertion matters.
    extra_second: bool,
    /// Where requests were last placed: row of the pool and begin of the slot.
    cache: BTreeMap<RequestKey, (u32, i64)>,
}

/// By what OAR knows that two requests are the same: shape, width in seconds, and whether its code
/// has written the last group twice, as it does for all jobs but the last of a batch.
pub type RequestKey = (u32, i64, bool);

/// A span of time.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// First second.
    pub start: i64,
    /// Length in seconds.
    pub width_s: i64,
}

impl Span {
    /// First second after it.
    #[must_use]
    pub fn end(self) -> i64 {
        self.start + self.width_s
    }
}

impl SlotSet {
    /// One slot from `begin` to the end of time in which `free` is free. `levels` are those whose
    /// whole blocks are counted per slot.
    #[must_use]
    pub fn new(
        platform: &Platform,
        compat: OarCompat,
        time: Range<Date>,
        free: &[u64],
        levels: &[usize],
    ) -> Self {
        let real = compat == OarCompat::Real;
        let Range { start: begin, end } = time;
        // OAR's last slot ends with the second 2^31; half-open that is one more.
        let end = end.0 + i64::from(real);
        Self::bounded(platform, real, begin.0..end, free, levels)
    }

    /// One slot over a bounded time.
    #[must_use]
    pub fn bounded(
        platform: &Platform,
        real: bool,
        time: Range<i64>,
        free: &[u64],
        levels: &[usize],
    ) -> Self {
        let resources = FreeSet { offset: 0, words: platform.words, level: None, counts: vec![0] };
        let mut free_sets = vec![resources];
        let mut stride = platform.words;
        for &level in levels {
            let words = bits::words_for(platform.level(level).len());
            free_sets.push(FreeSet { offset: stride, words, level: Some(level), counts: vec![0] });
            stride += words;
        }
        let mut slots = Self {
            real,
            stride,
            free_sets,
            begins: vec![time.start],
            pool_rows: vec![0],
            shrinks: Flags::default(),
            uniform: true,
            end: time.end,
            pool: vec![0; stride],
            shared: None,
            counts: None,
            extra_second: false,
            cache: BTreeMap::new(),
        };
        slots.pool[..platform.words].copy_from_slice(free);
        slots.recount(0, platform);
        slots
    }

    /// Makes room for so many more slots.
    pub fn reserve(&mut self, slots: usize) {
        self.begins.reserve(slots);
        self.pool_rows.reserve(slots);
        self.shrinks.reserve(slots);
        self.pool.reserve(slots * self.stride);
        for free_set in &mut self.free_sets {
            free_set.counts.reserve(slots);
        }
    }

    /// Number of slots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.begins.len()
    }

    /// Never: there is always a slot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.begins.is_empty()
    }

    /// First second of a slot.
    #[must_use]
    pub fn begin(&self, index: usize) -> i64 {
        self.begins[index]
    }

    /// First second after a slot.
    #[must_use]
    pub fn end(&self, index: usize) -> i64 {
        self.begins.get(index + 1).copied().unwrap_or(self.end)
    }

    /// Free resources of a slot.
    #[must_use]
    pub fn free(&self, index: usize) -> &[u64] {
        self.set(index, 0)
    }

    /// Whether OAR's extra second was taken, or two slots begin one second apart: then the order
    /// in which jobs are inserted can move others by a second.
    #[must_use]
    pub fn depends_on_order(&self) -> bool {
        self.real && (self.extra_second || self.begins.windows(2).any(|two| two[1] - two[0] == 1))
    }

    /// Moves the begin of the first slot forward, within that slot.
    pub fn advance(&mut self, now: Date) {
        assert!(now.0 < self.end(0), "the first slot must still last");
        self.begins[0] = now.0;
    }

    fn set(&self, index: usize, free_set: usize) -> &[u64] {
        let free_set = &self.free_sets[free_set];
        let from = self.pool_rows[index] as usize * self.stride + free_set.offset;
        &self.pool[from..from + free_set.words]
    }

    /// The free set that counts the blocks of a level, if there is one.
    fn free_set_of(&self, level: usize) -> Option<usize> {
        self.free_sets.iter().position(|free_set| free_set.level == Some(level))
    }

    /// Index of the slot that holds a second; the last one if it lies beyond.
    #[must_use]
    pub fn index_at(&self, second: i64) -> usize {
        self.begins.partition_point(|begin| *begin <= second).saturating_sub(1)
    }

    /// The slot that begins with a second, or the first one behind it; `None` beyond the last.
    #[must_use]
    pub fn index_from(&self, second: i64) -> Option<usize> {
        Some(self.begins.partition_point(|begin| *begin < second))
            .filter(|index| *index < self.len())
    }

    /// OAR's choice of the slots a job touches: from the first that ends after the start, to the
    /// one in which its last second lies.
    fn touched(&self, span: Span) -> Range<usize> {
        let first = self.index_at(span.start);
        let last = self.index_at(span.end() - 1).max(first);
        first..last + 1
    }

    /// Cuts a slot in two; `at` lies within it and becomes the begin of the second part.
    pub fn cut(&mut self, index: usize, at: i64) {
        assert!(self.begins[index] < at && at < self.end(index), "the cut lies within the slot");
        let row = self.pool_rows[index];
        let fresh = u32::try_from(self.pool.len() / self.stride.max(1)).expect("slots fit 32 bits");
        let from = row as usize * self.stride;
        self.pool.extend_from_within(from..from + self.stride);
        self.begins.insert(index + 1, at);
        self.pool_rows.insert(index + 1, fresh);
        self.shrinks.insert(index);
        for free_set in &mut self.free_sets {
            free_set.counts.insert(index + 1, free_set.counts[index]);
        }
        if let Some(shared) = &mut self.shared {
            shared.push(shared[row as usize].clone());
        }
        if let Some(counts) = &mut self.counts {
            counts.rules.push(counts.rules[row as usize]);
        }
    }

    /// Cuts like [`SlotSet::cut`], but in OAR it is the second part that stays the same slot.
    fn cut_before(&mut self, index: usize, at: i64) {
        self.cut(index, at);
        self.pool_rows.swap(index, index + 1);
    }

    /// The slot with which the search for a request begins: the one in which it was last found.
    /// Earlier ones cannot do, since slots only fill up. OAR looks for the very slot, whose begin
    /// may have moved when a reservation cut it (`Real`).
    #[must_use]
    pub fn resume_at(&self, key: RequestKey) -> usize {
        let Some(&(row, begin)) = self.cache.get(&key) else { return 0 };
        let index = self.index_at(begin);
        if !self.real || self.pool_rows[index] == row {
            return index;
        }
        self.pool_rows.iter().position(|known| *known == row).unwrap_or(0)
    }

    /// Remembers where a request was found.
    pub fn note_found(&mut self, key: RequestKey, index: usize) {
        self.cache.insert(key, (self.pool_rows[index], self.begins[index]));
    }

    /// Makes slot borders at the ends of a span and returns the slots in between. OAR's oddity
    /// (`Real`): when a slot ends one second after the span, that second is taken too.
    fn carve(&mut self, span: Span, touched: Range<usize>) -> Range<usize> {
        let Range { mut start, mut end } = touched;
        if self.begins[start] < span.start {
            self.cut_before(start, span.start);
            start += 1;
            end += 1;
        }
        let last = end - 1;
        let (begin, slot_end) = (self.begins[last], self.end(last));
        if !self.real {
            if begin >= span.end() {
                return start..last.max(start);
            }
            if slot_end > span.end() {
                self.cut(last, span.end());
            }
            return start..end;
        }
        if slot_end - 1 > span.end() {
            // A span that ended just now still takes the running second.
            self.extra_second |= begin >= span.end();
            self.cut(last, span.end().max(begin + 1));
        } else if slot_end > span.end() && last + 1 < self.len() {
            self.extra_second = true;
        }
        start..end
    }

    /// Slots of a span after carving, or `None` if it lies outside this set's time. Spans that are
    /// over are skipped: in `Real` only if they ended before the first second.
    pub fn carved(&mut self, span: Span) -> Option<Range<usize>> {
        let over =
            if self.real { span.end() < self.begins[0] } else { span.end() <= self.begins[0] };
        if over || span.start >= self.end {
            return None;
        }
        let touched = self.touched(span);
        Some(self.carve(span, touched)).filter(|slots| !slots.is_empty())
    }

    /// Carves a reservation: OAR includes the slot in which the second after its end lies.
    pub fn carved_reservation(&mut self, span: Span) -> Range<usize> {
        let first = self.index_at(span.start);
        let end = if self.real { span.end() } else { span.end() - 1 };
        let last = self.index_at(end).max(first);
        self.carve(span, first..last + 1)
    }

    /// Takes resources away in some slots.
    pub fn take(&mut self, slots: Range<usize>, platform: &Platform, set: &[u64]) {
        self.take_counted(slots, platform, set, None);
    }

    /// Takes resources away in some slots in which all of them are free.
    pub fn take_free(&mut self, slots: Range<usize>, platform: &Platform, set: &[u64]) {
        debug_assert!(slots.clone().all(|index| bits::is_subset(set, self.free(index))));
        self.take_counted(slots, platform, set, Some(bits::count(set)));
    }

    /// Takes resources away, of which `known` are free in every slot, if that is known.
    fn take_counted(
        &mut self,
        slots: Range<usize>,
        platform: &Platform,
        set: &[u64],
        known: Option<u32>,
    ) {
        if let Some(before) = slots.start.checked_sub(1)
            && bits::intersects(self.free(before), set)
        {
            self.shrinks.set(before, true);
        }
        self.uniform = false;
        let extent = bits::extent(set);
        let mut touched = Vec::new();
        for free_set in 0..self.free_sets.len() {
            let FreeSet { offset, words, level, .. } = self.free_sets[free_set];
            let (taken, extent): (&[u64], _) = match level {
                None => (set, extent.clone()),
                Some(level) => {
                    touched.resize(words, 0);
                    platform.level(level).touched_blocks(set, &mut touched);
                    (&touched, bits::extent(&touched))
                }
            };
            for index in slots.clone() {
                let from = self.pool_rows[index] as usize * self.stride + offset;
                let held = &mut self.pool[from + extent.start..from + extent.end];
                let taken = &taken[extent.clone()];
                let lost = match known.filter(|_| level.is_none()) {
                    Some(known) => {
                        bits::remove(held, taken);
                        known
                    }
                    None => bits::remove_counting(held, taken),
                };
                self.free_sets[free_set].counts[index] -= lost;
            }
        }
    }

    /// Takes sets away from the first slot to a border each; sorted by descending border. One sweep
    /// for all, where each by itself would touch every slot before its border.
    pub fn take_until(&mut self, platform: &Platform, taken: &[(i64, &[u64])]) {
        let uniform = std::mem::take(&mut self.uniform);
        let mut all = vec![0; self.stride];
        let mut fresh = vec![0; self.stride];
        let mut before = vec![0; self.stride];
        let mut touched = Vec::new();
        let mut left = taken.iter().peekable();
        let resources = self.free_sets[0].words;
        for index in (0..self.len()).rev() {
            // Most sets are a few words long, however many resources there are.
            let mut extent = resources..0;
            fresh[resources..].fill(0);
            while let Some((_, set)) = left.next_if(|(border, _)| *border > self.begins[index]) {
                for &FreeSet { offset, words, level, .. } in &self.free_sets {
                    let fresh = &mut fresh[offset..offset + words];
                    if let Some(level) = level {
                        touched.resize(words, 0);
                        platform.level(level).touched_blocks(set, &mut touched);
                        bits::unite(fresh, &touched);
                    } else {
                        let here = bits::extent(set);
                        bits::unite(&mut fresh[here.clone()], &set[here.clone()]);
                        extent = extent.start.min(here.start)..extent.end.max(here.end);
                    }
                }
            }
            extent.start = extent.start.min(extent.end);
            bits::unite(&mut all[extent.clone()], &fresh[extent.clone()]);
            bits::unite(&mut all[resources..], &fresh[resources..]);
            let from = self.pool_rows[index] as usize * self.stride;
            let next = self.pool_rows.get(index + 1).map(|row| *row as usize * self.stride);
            for FreeSet { offset, words, level, counts } in &mut self.free_sets {
                let part = *offset..*offset + *words;
                let held = from + part.start..from + part.end;
                // Most slots were equal to the next before: then they are as that is now, but for
                // what is fresh.
                let equal = |_: &usize| uniform || self.pool[held.clone()] == before[part.clone()];
                if let Some(next) = next.filter(equal) {
                    self.pool.copy_within(next + part.start..next + part.end, held.start);
                    let part = if level.is_none() { extent.clone() } else { part };
                    let held = from + part.start..from + part.end;
                    let lost = bits::remove_counting(&mut self.pool[held], &fresh[part]);
                    counts[index] = counts[index + 1] - lost;
                } else {
                    before[part.clone()].copy_from_slice(&self.pool[held.clone()]);
                    counts[index] -= bits::remove_counting(&mut self.pool[held], &all[part]);
                }
            }
            fresh[extent].fill(0);
        }
    }

    /// Gives resources in some slots.
    pub fn give(&mut self, slots: Range<usize>, platform: &Platform, set: &[u64]) {
        self.uniform = false;
        if let Some(last) = slots.clone().last() {
            self.shrinks.set(last, true);
        }
        for index in slots {
            let from = self.pool_rows[index] as usize * self.stride;
            bits::unite(&mut self.pool[from..from + platform.words], set);
            self.recount(index, platform);
        }
    }

    fn recount(&mut self, index: usize, platform: &Platform) {
        let from = self.pool_rows[index] as usize * self.stride;
        let (free, blocks) = self.pool[from..from + self.stride].split_at_mut(platform.words);
        for free_set in &mut self.free_sets {
            free_set.counts[index] = match free_set.level {
                None => bits::count(free),
                Some(level) => {
                    let start = free_set.offset - platform.words;
                    let whole = &mut blocks[start..start + free_set.words];
                    platform.level(level).whole_blocks(free, whole);
                    bits::count(whole)
                }
            };
        }
    }
}
