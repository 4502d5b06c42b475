//! Sets of small numbers as words of 64 bits. All slices of one operation have the same length.
//! Chosen over interval sets by measurement: fragmented clusters make intervals long, words stay.

/// Bits of a word.
pub const WORD: usize = 64;

/// An owned set.
pub type Bits = Box<[u64]>;

/// An owned set, of which passes make many: small ones need no memory of their own.
pub type SmallBits = smallvec::SmallVec<[u64; 4]>;

/// Words needed for numbers below `count`.
#[must_use]
pub fn words_for(count: usize) -> usize {
    count.div_ceil(WORD)
}

/// The empty set of `words` words.
#[must_use]
pub fn empty(words: usize) -> Bits {
    vec![0; words].into_boxed_slice()
}

/// Adds a number.
pub fn insert(set: &mut [u64], number: usize) {
    set[number / WORD] |= 1 << (number % WORD);
}

/// Takes a number out.
pub fn take_out(set: &mut [u64], number: usize) {
    set[number / WORD] &= !(1 << (number % WORD));
}

/// Whether a number is in the set.
#[must_use]
pub fn contains(set: &[u64], number: usize) -> bool {
    set[number / WORD] >> (number % WORD) & 1 == 1
}

/// How many numbers the set holds.
#[must_use]
pub fn count(set: &[u64]) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

/// How many numbers two sets share.
#[must_use]
pub fn count_common(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}

/// How many numbers of a set another lacks.
#[must_use]
pub fn count_without(set: &[u64], without: &[u64]) -> u32 {
    set.iter().zip(without).map(|(word, without)| (word & !without).count_ones()).sum()
}

/// Whether the set is empty.
#[must_use]
pub fn is_empty(set: &[u64]) -> bool {
    set.iter().all(|word| *word == 0)
}

/// Whether two sets share a number.
#[must_use]
pub fn intersects(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

/// Whether all of `part` is in `whole`.
#[must_use]
pub fn is_subset(part: &[u64], whole: &[u64]) -> bool {
    part.iter().zip(whole).all(|(part, whole)| part & !whole == 0)
}

/// Keeps what is in `other` too.
pub fn keep(set: &mut [u64], other: &[u64]) {
    for (word, other) in set.iter_mut().zip(other) {
        *word &= other;
    }
}

/// Keeps what is in `other` too; how many went.
pub fn keep_counting(set: &mut [u64], other: &[u64]) -> u32 {
    let mut lost = 0;
    for (word, other) in set.iter_mut().zip(other) {
        lost += (*word & !other).count_ones();
        *word &= other;
    }
    lost
}

/// Removes what is in `other`; how many went. Cheap where few words change.
pub fn remove_counting(set: &mut [u64], other: &[u64]) -> u32 {
    let mut lost = 0;
    for (word, other) in set.iter_mut().zip(other) {
        let gone = *word & other;
        if gone != 0 {
            lost += gone.count_ones();
            *word &= !other;
        }
    }
    lost
}

/// Adds what is in `other`.
pub fn unite(set: &mut [u64], other: &[u64]) {
    for (word, other) in set.iter_mut().zip(other) {
        *word |= other;
    }
}

/// Removes what is in `other`.
pub fn remove(set: &mut [u64], other: &[u64]) {
    for (word, other) in set.iter_mut().zip(other) {
        *word &= !other;
    }
}

/// The numbers of the set, ascending.
pub fn numbers(set: &[u64]) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(index, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                index * WORD + bit
            })
        })
    })
}

/// Adds the lowest `wanted` numbers of `from` to `set`; whether there were so many.
pub fn take_lowest(from: &[u64], wanted: u32, set: &mut [u64]) -> bool {
    /// Words that are counted at once, since most are taken whole.
    const MANY: usize = 8;
    let mut left = wanted;
    let many = from.chunks(MANY).take_while(|words| {
        let here = count(words);
        let whole = here <= left;
        left -= if whole { here } else { 0 };
        whole
    });
    let whole = (many.count() * MANY).min(from.len());
    unite(&mut set[..whole], &from[..whole]);
    for (source, target) in from[whole..].iter().zip(&mut set[whole..]) {
        let mut rest = *source;
        while rest != 0 && left > 0 {
            *target |= rest & rest.wrapping_neg();
            rest &= rest - 1;
            left -= 1;
        }
    }
    left == 0
}

/// The words that are not zero, as a range of indices.
#[must_use]
pub fn extent(set: &[u64]) -> std::ops::Range<usize> {
    let Some(first) = set.iter().position(|word| *word != 0) else {
        return 0..0;
    };
    let last = set.iter().rposition(|word| *word != 0).unwrap_or(first);
    first..last + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowest_numbers_are_taken_across_words() {
        let mut from = empty(3);
        for number in [3, 63, 64, 130] {
            insert(&mut from, number);
        }
        let mut taken = empty(3);
        assert!(take_lowest(&from, 3, &mut taken));
        assert_eq!(numbers(&taken).collect::<Vec<_>>(), [3, 63, 64]);
        let mut all = empty(3);
        assert!(!take_lowest(&from, 5, &mut all));
        let many = vec![0b1011; 20];
        for wanted in 0..=60 {
            let mut taken = empty(20);
            assert!(take_lowest(&many, wanted, &mut taken));
            let lowest: Vec<usize> = numbers(&many).take(wanted as usize).collect();
            assert_eq!(numbers(&taken).collect::<Vec<_>>(), lowest);
        }
        assert_eq!(extent(&from), 0..3);
        assert_eq!(count_common(&from, &taken), 3);
    }
}
