//! A row of flags, one a slot; flags are inserted and removed as slots come and go. Kept in words of 64, so
//! that a window of hundreds of slots is searched in a few steps.

use crate::oar::model::bits::WORD;
use std::ops::Range;

/// Flags by index. All flags behind the last one that is set are unset.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags {
    words: Vec<u64>,
}

impl Flags {
    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, flags: usize) {
        self.words.reserve(flags.div_ceil(WORD));
    }

    /// Sets or unsets a flag.
    pub(super) fn set(&mut self, index: usize, is_set: bool) {
        let word = self.word(index);
        *word = *word & !(1 << (index % WORD)) | u64::from(is_set) << (index % WORD);
    }

    /// Moves all flags from `index` on by one, and leaves an unset one there.
    pub(super) fn insert(&mut self, index: usize) {
        self.word(index);
        let below = (1 << (index % WORD)) - 1;
        let mut carry = 0;
        for (number, word) in self.words.iter_mut().enumerate().skip(index / WORD) {
            let kept = if number == index / WORD { below } else { 0 };
            let moved = *word & !kept;
            *word = *word & kept | moved << 1 | carry;
            carry = moved >> (WORD - 1);
        }
        if carry == 1 {
            self.words.push(1);
        }
    }

    /// Removes the flag at `index` and moves all flags behind it by one.
    pub(super) fn remove(&mut self, index: usize) {
        self.word(index);
        let mut carry = 0;
        for number in (index / WORD..self.words.len()).rev() {
            let kept = if number == index / WORD { (1 << (index % WORD)) - 1 } else { 0 };
            let word = &mut self.words[number];
            let out = if number == index / WORD { 0 } else { *word & 1 };
            *word = *word & kept | (*word >> 1 & !kept) | carry << (WORD - 1);
            carry = out;
        }
    }

    /// Indices of the flags that are set in a range, descending.
    pub(super) fn descending(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let end = range.end.min(self.words.len() * WORD);
        let mut number = end.div_ceil(WORD);
        let mut rest = 0;
        std::iter::from_fn(move || {
            while rest == 0 {
                if number * WORD <= range.start {
                    return None;
                }
                number -= 1;
                rest = self.words[number];
                if end - number * WORD < WORD {
                    rest &= (1 << (end - number * WORD)) - 1;
                }
            }
            let bit = WORD - 1 - rest.leading_zeros() as usize;
            rest &= !(1 << bit);
            Some(number * WORD + bit).filter(|index| *index >= range.start)
        })
    }

    fn word(&mut self, index: usize) -> &mut u64 {
        if self.words.len() <= index / WORD {
            self.words.resize(index / WORD + 1, 0);
        }
        &mut self.words[index / WORD]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn flags_are_a_vector_of_booleans(
            changes in prop::collection::vec((0..3u8, 0..300usize, any::<bool>()), 0..200),
            start in 0..300usize,
            end in 0..300usize,
        ) {
            let (mut flags, mut plain) = (Flags::default(), vec![false; 600]);
            for (what, index, is_set) in changes {
                match what {
                    0 => { flags.insert(index); plain.insert(index, false); }
                    1 => { flags.remove(index); plain.remove(index); plain.push(false); }
                    _ => { flags.set(index, is_set); plain[index] = is_set; }
                }
            }
            let want: Vec<usize> = (start..end).rev().filter(|&index| plain[index]).collect();
            prop_assert_eq!(flags.descending(start..end).collect::<Vec<_>>(), want);
        }
    }
}
