//! Search of the earliest window: contiguous slots, long enough, in whose common free set a shape
//! can be solved. Skips by counts what cannot be; finds what slot-by-slot search would find.

use super::SlotSet;
use crate::oar::model::bits;
use crate::oar::model::platform::Platform;
use crate::oar::model::shape::{Search, Shape};

/// Working memory of searches, and the resources the last one chose.
#[derive(Debug)]
pub struct Scratch {
    common: Vec<u64>,
    masked: Vec<u64>,
    tried: Vec<u64>,
    /// The chosen resources.
    pub chosen: Vec<u64>,
}

impl Scratch {
    /// Memory for sets of a platform.
    #[must_use]
    pub fn new(platform: &Platform) -> Self {
        // No level has more blocks than there are resources.
        Self {
            common: vec![0; platform.words],
            masked: vec![0; platform.words],
            tried: vec![0; platform.words],
            chosen: vec![0; platform.words],
        }
    }

    /// Solves a shape on a free set given by `fill`.
    pub fn solve(
        &mut self,
        platform: &Platform,
        shape: &Shape,
        fill: impl FnOnce(&mut [u64]),
    ) -> bool {
        let common = &mut self.common[..platform.words];
        fill(common);
        // Shared sets may hold rank 0 in the place of something that is not usable.
        bits::keep(common, &platform.usable);
        shape.solve(platform, common, &mut self.chosen, &mut self.masked)
    }
}

/// Where and how long to look.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// First slot that may begin the window.
    pub from: usize,
    /// Seconds needed.
    pub width_s: i64,
    /// Windows must begin before this second.
    pub before: i64,
}

/// What stays free from the first slot on, for some time.
#[derive(Debug)]
pub struct Lasting {
    /// Words that are not empty, with their indices.
    words: Vec<(usize, u64)>,
    /// First second after it.
    end: i64,
}

impl Lasting {
    /// How many resources.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.words.iter().map(|(_, word)| word.count_ones()).sum()
    }

    /// Somebody takes resources from a second on.
    pub fn take(&mut self, start: i64, taken: &[u64]) {
        if start < self.end {
            self.words.iter_mut().for_each(|(index, word)| *word &= !taken[*index]);
            self.words.retain(|(_, word)| *word != 0);
        }
    }
}

/// What every slot of a window, and their common set, must hold.
struct Need<'a> {
    free_set: usize,
    count: u32,
    selected: Option<&'a [u64]>,
    exact: bool,
}

impl SlotSet {
    /// First slot of the earliest window; the resources are left in `scratch.chosen`.
    pub fn find(
        &self,
        platform: &Platform,
        shape: &Shape,
        wanted: Wanted,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let need = match &shape.search {
            Search::Never => return None,
            Search::Resources { count, selected } => {
                Need { free_set: 0, count: *count, selected: selected.as_deref(), exact: false }
            }
            Search::Count { count, selected } => {
                Need { free_set: 0, count: *count, selected: selected.as_deref(), exact: true }
            }
            Search::Blocks { level, count, selected } => match self.free_set_of(*level) {
                Some(free_set) => {
                    Need { free_set, count: *count, selected: selected.as_deref(), exact: true }
                }
                None => Need { free_set: 0, count: *count, selected: None, exact: false },
            },
        };
        let (mut first, mut last, mut good) = (wanted.from, wanted.from, wanted.from);
        let counts = &self.free_sets[need.free_set].counts;
        loop {
            if first >= self.len() || self.begins[first] >= wanted.before {
                return None;
            }
            last = self.last_of_window(first, last.max(first), wanted.width_s)?;
            let unseen = &counts[good.max(first)..=last];
            if let Some(bad) = first_below(unseen, need.count) {
                first = good.max(first) + bad + 1;
                good = first;
                continue;
            }
            good = last + 1;
            match self.try_window(platform, shape, first, last, &need, scratch) {
                Ok(()) => return Some(first),
                Err(next) => first = next,
            }
        }
    }

    /// What is free in all slots from the first one on for so many seconds, without what is `held`;
    /// `None` once these are fewer than `least`.
    #[must_use]
    pub fn lasting(&self, width_s: i64, held: &[u64], least: u32) -> Option<Lasting> {
        let begin = self.begins[0];
        let last = self.index_at(begin + width_s - 1);
        let free = self.free(0).iter().copied().enumerate();
        let without = |(index, word): (usize, u64)| {
            (index, word & !held.get(index).copied().unwrap_or_default())
        };
        let words = free.map(without).filter(|(_, word)| *word != 0).collect();
        let mut lasting = Lasting { words, end: begin + width_s };
        let mut narrowing = self.narrowing(0, last + 1);
        let fits = lasting.end <= self.end
            && lasting.count() >= least
            && narrowing.all(|index| {
                let free = self.free(index);
                lasting.words.iter_mut().for_each(|(at, word)| *word &= free[*at]);
                lasting.words.retain(|(_, word)| *word != 0);
                lasting.count() >= least
            });
        fits.then_some(lasting)
    }

    /// Last slot of the shortest window that begins with `first`; `hint` is at most that.
    fn last_of_window(&self, first: usize, hint: usize, width_s: i64) -> Option<usize> {
        let needed = self.begins[first] + width_s;
        if self.end < needed {
            return None;
        }
        // Windows mostly move by little; the first look is far.
        let near = (hint..self.len().min(hint + 4)).find(|&index| self.end(index) >= needed);
        near.or_else(|| {
            let rest = self.begins.get(hint + 1..)?;
            Some(hint + rest.partition_point(|begin| *begin < needed))
        })
    }

    /// Solves a window, or names the next slot that may begin one: windows that contain the slots
    /// which made this one fail need not be tried.
    fn try_window(
        &self,
        platform: &Platform,
        shape: &Shape,
        first: usize,
        last: usize,
        need: &Need<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), usize> {
        let words = self.free_sets[need.free_set].words;
        let common = &mut scratch.common[..words];
        common.copy_from_slice(self.set(last, need.free_set));
        let mut left = self.free_sets[need.free_set].counts[last];
        if let Some(selected) = need.selected {
            left -= bits::keep_counting(common, selected);
            if left < need.count {
                return Err(last + 1);
            }
        }
        for index in self.narrowing(first, last) {
            left -= bits::keep_counting(common, self.set(index, need.free_set));
            if left < need.count {
                return Err(index + 1);
            }
        }
        if let (true, Some(level)) = (need.exact, self.free_sets[need.free_set].level) {
            scratch.chosen.fill(0);
            let blocks = bits::numbers(common).take(need.count as usize);
            for &(word, mask) in blocks.flat_map(|block| platform.level(level).block(block)) {
                scratch.chosen[word as usize] |= mask;
            }
            return Ok(());
        }
        if need.exact {
            scratch.chosen.fill(0);
            bits::take_lowest(common, need.count, &mut scratch.chosen);
            return Ok(());
        }
        let common = &scratch.common[..platform.words];
        if shape.solve(platform, common, &mut scratch.chosen, &mut scratch.masked) {
            return Ok(());
        }
        Err(self.after_conflict(platform, shape, first, last, scratch))
    }

    /// The slots of `first..end`, from the last to the first, that can narrow what is common to those
    /// behind them: of a row in which free sets only grow, the first.
    fn narrowing(&self, first: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        let behind = self.shrinks.descending(first..end.saturating_sub(1)).map(|index| index + 1);
        behind.chain((first < end).then_some(first))
    }

    /// The slot after the latest one from which on the common set to `last` fails.
    fn after_conflict(
        &self,
        platform: &Platform,
        shape: &Shape,
        first: usize,
        last: usize,
        scratch: &mut Scratch,
    ) -> usize {
        let known = &mut scratch.common[..platform.words];
        known.copy_from_slice(self.free(last));
        // With the first slot of all, the window fails.
        let slots: Vec<usize> = self.narrowing(first + 1, last + 1).chain([first]).collect();
        let (mut good, mut bad) = (0, slots.len());
        while bad - good > 1 {
            let middle = usize::midpoint(good, bad);
            let tried = &mut scratch.tried;
            tried.copy_from_slice(known);
            for index in &slots[good..middle] {
                bits::keep(tried, self.free(*index));
            }
            if shape.solve(platform, tried, &mut scratch.chosen, &mut scratch.masked) {
                known.copy_from_slice(tried);
                good = middle;
            } else {
                bad = middle;
            }
        }
        slots[bad - 1] + 1
    }
}

/// Index of the first count below a bound. Looks at many at once, since most are not.
fn first_below(counts: &[u32], bound: u32) -> Option<usize> {
    const MANY: usize = 16;
    let below = |many: &[u32]| many.iter().fold(false, |any, count| any | (*count < bound));
    let from = counts.chunks(MANY).position(below)? * MANY;
    let within = counts[from..].iter().position(|count| *count < bound)?;
    Some(from + within)
}
