//! Sets of cores: `Intervals` is what a job holds, `CoreSet` is what a cluster has free.
//! Must not know jobs or schedulers.

use std::fmt;

use smallvec::SmallVec;

/// Cores held by a job: sorted, disjoint, closed intervals of core numbers, never touching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(SmallVec<[(u32, u32); 4]>);

/// A set of cores of one cluster, as a bit set with its size and a hint where the first one is.
/// First fit over tens of thousands of cores costs a few words.
#[derive(Clone, Debug)]
pub struct CoreSet {
    words: Vec<u64>,
    len: u32,
    /// No word before this one holds a core.
    first_word: usize,
}

/// The lowest cores of a set, and what is left of the word that the last of them is in.
struct Lowest {
    cores: Intervals,
    word: usize,
    left: u64,
}

impl Intervals {
    /// No core.
    pub fn new() -> Intervals {
        Intervals::default()
    }

    /// The cores `first..=last`.
    pub fn span(first: u32, last: u32) -> Intervals {
        assert!(first <= last, "interval {first}-{last} is upside down");
        Intervals(SmallVec::from_slice(&[(first, last)]))
    }

    /// Adds `first..=last`, which must lie after everything held.
    pub fn push(&mut self, first: u32, last: u32) {
        match self.0.last_mut() {
            Some((_, end)) if *end + 1 == first => *end = last,
            Some((_, end)) => {
                assert!(*end < first, "intervals must be pushed in order");
                self.0.push((first, last));
            }
            None => self.0.push((first, last)),
        }
    }

    /// The closed intervals, in order.
    pub fn as_slice(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Number of cores.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether no core is held.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a core is in both.
    pub fn meets(&self, other: &Intervals) -> bool {
        let overlap = |&(a, b): &(u32, u32)| {
            let next = other.0.partition_point(|(_, last)| *last < a);
            other.0.get(next).is_some_and(|(first, _)| *first <= b)
        };
        self.0.iter().any(overlap)
    }

    /// The cores one by one, ascending.
    pub fn cores(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(|&(first, last)| first..=last)
    }
}

impl fmt::Display for Intervals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (first, last)) in self.0.iter().enumerate() {
            let gap = if number == 0 { "" } else { " " };
            if first == last {
                write!(f, "{gap}{first}")?;
            } else {
                write!(f, "{gap}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl CoreSet {
    /// The empty set over `capacity` cores numbered from 0.
    pub fn empty(capacity: u32) -> CoreSet {
        CoreSet { words: vec![0; (capacity as usize).div_ceil(64)], len: 0, first_word: 0 }
    }

    /// All `capacity` cores.
    pub fn full(capacity: u32) -> CoreSet {
        let mut set = CoreSet::empty(capacity);
        if capacity > 0 {
            set.insert_span(0, capacity - 1);
        }
        set
    }

    /// Number of cores in the set.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether the set holds no core.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many cores the set could hold, rounded up to a whole word.
    pub fn capacity(&self) -> u32 {
        self.words.len() as u32 * 64
    }

    /// Whether `core` is in the set.
    pub fn contains(&self, core: u32) -> bool {
        self.words[core as usize / 64] >> (core % 64) & 1 == 1
    }

    /// Adds all of `cores`; returns how many were new.
    pub fn insert(&mut self, cores: &Intervals) -> u32 {
        cores.0.iter().map(|&(first, last)| self.insert_span(first, last)).sum()
    }

    /// Removes all of `cores`; returns how many were there.
    pub fn remove(&mut self, cores: &Intervals) -> u32 {
        cores.0.iter().map(|&(first, last)| self.remove_span(first, last)).sum()
    }

    /// Adds `first..=last`; returns how many were new.
    pub fn insert_span(&mut self, first: u32, last: u32) -> u32 {
        let mut added = last - first + 1;
        for_each_word(first, last, |word, mask| {
            let held = self.words[word];
            // Counting ones is slow where the processor may not be asked to, and rarely needed.
            if held & mask != 0 {
                added -= (held & mask).count_ones();
            }
            self.words[word] = held | mask;
        });
        self.len += added;
        self.first_word = self.first_word.min(first as usize / 64);
        added
    }

    /// Removes `first..=last`; returns how many were there.
    pub fn remove_span(&mut self, first: u32, last: u32) -> u32 {
        let mut removed = last - first + 1;
        for_each_word(first, last, |word, mask| {
            let held = self.words[word];
            if held & mask != mask {
                removed -= (!held & mask).count_ones();
            }
            self.words[word] = held & !mask;
        });
        self.len -= removed;
        removed
    }

    /// Takes the `count` lowest cores out of the set: first fit, lowest number.
    ///
    /// # Panics
    /// If fewer than `count` are left: the caller has counted before it takes.
    pub fn take_lowest(&mut self, count: u32) -> Intervals {
        let Lowest { cores, word, left } = self.find_lowest(count);
        // Whatever was in the words before is taken.
        self.words[self.first_word..word].fill(0);
        if let Some(last) = self.words.get_mut(word) {
            *last = left;
        }
        self.first_word = word;
        self.len -= count;
        cores
    }

    /// The `count` lowest cores of the set, which stay in it.
    ///
    /// # Panics
    /// If fewer than `count` are left: the caller has counted before it asks.
    pub fn lowest(&self, count: u32) -> Intervals {
        self.find_lowest(count).cores
    }

    fn find_lowest(&self, count: u32) -> Lowest {
        assert!(count <= self.len, "{count} cores wanted of {}", self.len);
        let mut cores = Intervals::new();
        let mut wanted = count;
        let mut word = self.first_word;
        let mut left = self.words.get(word).copied().unwrap_or(0);
        while wanted > 0 {
            if left == 0 {
                word += 1;
                left = self.words[word];
                continue;
            }
            let (low, run) = first_run(left);
            let run = run.min(wanted);
            left &= !run_mask(low, run);
            let first = word as u32 * 64 + low;
            cores.push(first, first + run - 1);
            wanted -= run;
        }
        Lowest { cores, word, left }
    }

    /// How many of `cores` are in the set.
    pub fn count_of(&self, cores: &Intervals) -> u32 {
        let mut count = 0;
        for &(first, last) in &cores.0 {
            for_each_word(first, last, |word, mask| {
                count += (self.words[word] & mask).count_ones();
            });
        }
        count
    }

    /// The members of this set among `cores`.
    pub fn intersection(&self, cores: &Intervals) -> Intervals {
        let mut common = Intervals::new();
        for &(first, last) in &cores.0 {
            for_each_word(first, last, |word, mask| {
                let mut bits = self.words[word] & mask;
                while bits != 0 {
                    let (low, run) = first_run(bits);
                    bits &= !run_mask(low, run);
                    let core = word as u32 * 64 + low;
                    common.push(core, core + run - 1);
                }
            });
        }
        common
    }
}

/// Position and length of the lowest run of ones in a word that is not zero.
fn first_run(bits: u64) -> (u32, u32) {
    let low = bits.trailing_zeros();
    (low, (!(bits >> low)).trailing_zeros().min(64 - low))
}

/// Bits `low..low + run` of a word; `run` is at least 1.
fn run_mask(low: u32, run: u32) -> u64 {
    (u64::MAX >> (64 - run)) << low
}

/// Calls `act` with each word touched by `first..=last` and the bits concerned.
#[inline]
fn for_each_word(first: u32, last: u32, mut act: impl FnMut(usize, u64)) {
    let (first_word, last_word) = (first as usize / 64, last as usize / 64);
    let (from, to) = (u64::MAX << (first % 64), u64::MAX >> (63 - last % 64));
    if first_word == last_word {
        return act(first_word, from & to);
    }
    act(first_word, from);
    for word in first_word + 1..last_word {
        act(word, u64::MAX);
    }
    act(last_word, to);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn intervals_read_as_batsim_writes_them() {
        let mut cores = Intervals::span(0, 3);
        cores.push(4, 4);
        cores.push(7, 7);
        cores.push(9, 12);
        assert_eq!(cores.to_string(), "0-4 7 9-12");
        assert_eq!(cores.len(), 10);
    }

    proptest! {
        #[test]
        fn a_core_set_behaves_as_a_set(ops in prop::collection::vec((0u8..3, 0u32..200, 0u32..70), 1..60)) {
            let mut set = CoreSet::empty(300);
            let mut plain: BTreeSet<u32> = BTreeSet::new();
            for (op, first, more) in ops {
                let last = (first + more).min(299);
                match op {
                    0 => {
                        set.insert_span(first, last);
                        plain.extend(first..=last);
                    }
                    1 => {
                        set.remove_span(first, last);
                        plain.retain(|core| !(first..=last).contains(core));
                    }
                    _ => {
                        let count = more.min(set.len());
                        let taken: Vec<u32> = set.take_lowest(count).cores().collect();
                        let expected: Vec<u32> = plain.iter().copied().take(count as usize).collect();
                        prop_assert_eq!(&taken, &expected);
                        plain.retain(|core| !taken.contains(core));
                    }
                }
                prop_assert_eq!(set.len() as usize, plain.len());
                let window = Intervals::span(first, last);
                prop_assert_eq!(set.count_of(&window) as usize, plain.range(first..=last).count());
                let seen: Vec<u32> = set.intersection(&window).cores().collect();
                let wanted: Vec<u32> = plain.range(first..=last).copied().collect();
                prop_assert_eq!(seen, wanted);
            }
        }
    }
}
