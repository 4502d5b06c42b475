//! A row of marks, one a slot, into which marks are put and out of which they are taken as slots come and
//! go. Words of 64: a window of hundreds of slots is looked through in a few steps.

use crate::oar::model::bits::WORD;
use std::ops::Range;

/// Marks by index. Behind the last mark everything is unmarked.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
}

impl Marks {
    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, marks: usize) {
        self.words.reserve(marks.div_ceil(WORD));
    }

    /// Sets or takes away a mark.
    pub(super) fn set(&mut self, index: usize, marked: bool) {
        let word = self.word(index);
        *word = *word & !(1 << (index % WORD)) | u64::from(marked) << (index % WORD);
    }

    /// Shifts all marks from `index` on by one, and leaves none there.
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

    /// Takes the place `index` out and moves all marks behind it up.
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

    /// Indices of the marks in a range, descending.
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
        fn marks_are_a_row_of_flags(
            changes in prop::collection::vec((0..3u8, 0..300usize, any::<bool>()), 0..200),
            start in 0..300usize,
            end in 0..300usize,
        ) {
            let (mut marks, mut flags) = (Marks::default(), vec![false; 600]);
            for (what, index, marked) in changes {
                match what {
                    0 => { marks.insert(index); flags.insert(index, false); }
                    1 => { marks.remove(index); flags.remove(index); flags.push(false); }
                    _ => { marks.set(index, marked); flags[index] = marked; }
                }
            }
            let want: Vec<usize> = (start..end).rev().filter(|&index| flags[index]).collect();
            prop_assert_eq!(marks.descending(start..end).collect::<Vec<_>>(), want);
        }
    }
}
