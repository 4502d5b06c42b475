//! A set of ranks as its words that are not empty: what one job takes, of however wide a machine.

use crate::oar::model::bits::{self, WORD};
use smallvec::SmallVec;

/// Words that are not empty with their indices, ascending.
type Words = SmallVec<[(u32, u64); 2]>;

/// A set of ranks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SparseSet {
    words: Words,
    count: u32,
}

impl SparseSet {
    /// The ranks of a set of words.
    #[must_use]
    pub fn of(set: &[u64]) -> Self {
        let mut sparse = Self::default();
        for (word, mask) in (0..).zip(set) {
            sparse.push(word, *mask);
        }
        sparse
    }

    /// The lowest ranks of a set of words, which holds so many.
    #[must_use]
    pub fn lowest(set: impl Iterator<Item = u64>, wanted: u32) -> Self {
        let mut sparse = Self::default();
        for (word, mask) in (0..).zip(set).filter(|(_, mask)| *mask != 0) {
            let mut rest = mask;
            let missing = wanted - sparse.count;
            if missing < u64::BITS {
                (0..missing).for_each(|_| rest &= rest.wrapping_sub(1));
            } else {
                rest = 0;
            }
            sparse.push(word, mask & !rest);
            if sparse.count == wanted {
                break;
            }
        }
        sparse
    }

    /// Adds the ranks of a word that lies behind all others.
    pub fn push(&mut self, word: u32, mask: u64) {
        if mask != 0 {
            self.count += mask.count_ones();
            self.words.push((word, mask));
        }
    }

    /// How many ranks.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The lowest rank, and the highest.
    #[must_use]
    pub fn bounds(&self) -> Option<(usize, usize)> {
        let (first, low) = self.words.first()?;
        let (last, high) = self.words.last()?;
        let lowest = *first as usize * WORD + low.trailing_zeros() as usize;
        let highest = *last as usize * WORD + (WORD - 1 - high.leading_zeros() as usize);
        Some((lowest, highest))
    }

    /// Adds it to a set of words.
    pub fn add_to(&self, set: &mut [u64]) {
        self.words.iter().for_each(|(word, mask)| set[*word as usize] |= mask);
    }

    /// Takes it out of a set of words.
    pub fn take_from(&self, set: &mut [u64]) {
        self.words.iter().for_each(|(word, mask)| set[*word as usize] &= !mask);
    }

    /// Whether one of its ranks is in the first set and not in the second.
    #[must_use]
    pub fn meets(&self, set: &[u64], without: &[u64]) -> bool {
        let meets = |word: usize, mask: u64| mask & set[word] & !without[word] != 0;
        self.words.iter().any(|(word, mask)| meets(*word as usize, *mask))
    }

    /// Whether a set of words has all of its ranks.
    #[must_use]
    pub fn is_within(&self, set: &[u64]) -> bool {
        self.words.iter().all(|(word, mask)| mask & !set[*word as usize] == 0)
    }

    /// Whether a set of words has none of its ranks.
    #[must_use]
    pub fn is_outside(&self, set: &[u64]) -> bool {
        self.words.iter().all(|(word, mask)| mask & set[*word as usize] == 0)
    }

    /// Whether it shares a rank with another.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        !self.common(other).is_empty()
    }

    /// What it shares with another.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        self.each(other, |mask, other| mask & other)
    }

    /// What another lacks.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.each(other, |mask, other| mask & !other)
    }

    /// What is not in a set of words.
    #[must_use]
    pub fn outside(&self, set: &[u64]) -> Self {
        let mut result = Self::default();
        self.words.iter().for_each(|(word, mask)| result.push(*word, mask & !set[*word as usize]));
        result
    }

    /// Keeps of each word what `kept` makes of it and of the other's.
    fn each(&self, other: &Self, kept: impl Fn(u64, u64) -> u64) -> Self {
        let mut result = Self::default();
        let mut others = other.words.iter().peekable();
        for &(word, mask) in &self.words {
            while others.next_if(|(before, _)| *before < word).is_some() {}
            let other = others.peek().filter(|(known, _)| *known == word);
            result.push(word, kept(mask, other.map_or(0, |(_, mask)| *mask)));
        }
        result
    }

    /// Its ranks as a set of so many words.
    #[must_use]
    pub fn spread(&self, words: usize) -> bits::Bits {
        let mut set = bits::empty(words);
        self.add_to(&mut set);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sparse_sets_are_sets(a in any::<[u8; 6]>(), b in any::<[u8; 6]>()) {
            // Most words are empty, and some are alike.
            let spread = |bytes: [u8; 6]| bytes.map(|byte| if byte < 100 { 0 } else { u64::from(byte) << 40 });
            let (a, b) = (spread(a), spread(b));
            let (x, y) = (SparseSet::of(&a), SparseSet::of(&b));
            let (mut common, mut without, mut both) = (a, a, a);
            bits::keep(&mut common, &b);
            bits::remove(&mut without, &b);
            bits::unite(&mut both, &b);
            prop_assert_eq!(&x.common(&y), &SparseSet::of(&common));
            prop_assert_eq!(&x.without(&y), &SparseSet::of(&without));
            prop_assert_eq!(&x.outside(&b), &SparseSet::of(&without));
            prop_assert_eq!(x.intersects(&y), bits::intersects(&a, &b));
            prop_assert_eq!(x.meets(&b, &[0; 6]), bits::intersects(&a, &b));
            prop_assert!(!x.meets(&b, &b));
            prop_assert_eq!(x.is_within(&b), bits::is_subset(&a, &b));
            prop_assert_eq!(x.is_outside(&b), !bits::intersects(&a, &b));
            prop_assert_eq!(x.count(), bits::count(&a));
            for wanted in 0..=x.count() {
                let mut lowest = [0; 6];
                bits::take_lowest(&a, wanted, &mut lowest);
                prop_assert_eq!(SparseSet::lowest(a.into_iter(), wanted), SparseSet::of(&lowest));
            }
            let ranks: Vec<usize> = bits::numbers(&a).collect();
            prop_assert_eq!(x.bounds(), ranks.first().copied().zip(ranks.last().copied()));
            let mut united = x.spread(6);
            y.add_to(&mut united);
            prop_assert_eq!(&united[..], &both[..]);
            y.take_from(&mut united);
            prop_assert_eq!(&united[..], &without[..]);
        }
    }
}
