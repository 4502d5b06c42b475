//! A sorted list in small blocks, each with a summary of what it holds, so that long lists are
//! searched by skipping blocks. Must not know what the items are.

use std::fmt::Debug;

/// Items a block holds at most. Two cache pages of items: short enough to scan, long enough that
/// a queue of fifty thousand has less than a thousand summaries.
const BLOCK: usize = 64;

/// What a [`BlockList`] can hold: items with a total order and a summary of many.
pub(crate) trait Item: Copy + Debug {
    /// Orders the items; unique within a list.
    type Key: Ord + Copy;
    /// What is known of a block without looking at its items.
    type Summary: Clone + Debug;

    /// The position of the item in the order.
    fn key(&self) -> Self::Key;
    /// The summary of an empty block.
    fn nothing() -> Self::Summary;
    /// Counts an item in.
    fn count_in(&self, summary: &mut Self::Summary);
    /// Counts an item out. Returns `false` if the summary must be made anew without it.
    fn count_out(&self, summary: &mut Self::Summary) -> bool;
}

/// A list of items sorted by key.
#[derive(Clone, Debug)]
pub(crate) struct BlockList<T: Item> {
    summaries: Vec<T::Summary>,
    /// Never an empty block.
    blocks: Vec<Vec<T>>,
    /// The last block that became empty: a queue that is now and then empty allocates nothing.
    spare: Vec<T>,
    len: usize,
}

impl<T: Item> BlockList<T> {
    pub(crate) fn new() -> BlockList<T> {
        BlockList { summaries: Vec::new(), blocks: Vec::new(), spare: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn first(&self) -> Option<&T> {
        self.blocks.first()?.first()
    }

    /// Blocks with their summaries, in order.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&T::Summary, &[T])> {
        self.summaries.iter().zip(self.blocks.iter().map(Vec::as_slice))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flatten()
    }

    pub(crate) fn insert(&mut self, item: T) {
        self.len += 1;
        let key = item.key();
        // The block whose last item is not before the new one; the last block if there is none.
        let number = self.blocks.partition_point(|block| last_key(block) < key);
        let number = number.min(self.blocks.len().saturating_sub(1));
        let Some(block) = self.blocks.get_mut(number) else {
            let mut first_block = std::mem::take(&mut self.spare);
            first_block.reserve_exact(BLOCK);
            first_block.push(item);
            self.summaries.push(summarise(&first_block));
            self.blocks.push(first_block);
            return;
        };
        let position = block.partition_point(|other| other.key() < key);
        if block.len() < BLOCK {
            block.insert(position, item);
            item.count_in(&mut self.summaries[number]);
            return;
        }
        self.split(number, position, item);
    }

    /// Puts `item` at `position` of a full block, which becomes two. Appending leaves the full block
    /// full: queues grow at their end.
    fn split(&mut self, number: usize, position: usize, item: T) {
        let block = &mut self.blocks[number];
        let mut upper = Vec::with_capacity(BLOCK);
        if position == BLOCK {
            upper.push(item);
        } else {
            upper.extend_from_slice(&block[BLOCK / 2..]);
            block.truncate(BLOCK / 2);
            let half = if position <= BLOCK / 2 { &mut *block } else { &mut upper };
            let position = half.partition_point(|other| other.key() < item.key());
            half.insert(position, item);
        }
        self.summaries[number] = summarise(block);
        self.summaries.insert(number + 1, summarise(&upper));
        self.blocks.insert(number + 1, upper);
    }

    /// Takes the item with `key` out, if it is there.
    pub(crate) fn remove(&mut self, key: T::Key) -> Option<T> {
        let number = self.blocks.partition_point(|block| last_key(block) < key);
        let block = self.blocks.get_mut(number)?;
        let position = block.partition_point(|other| other.key() < key);
        if block.get(position)?.key() != key {
            return None;
        }
        let item = block.remove(position);
        if block.is_empty() || !item.count_out(&mut self.summaries[number]) {
            self.tidy(number);
        }
        self.len -= 1;
        Some(item)
    }

    /// Passes over the list in order, looks into the blocks whose summary is `worth` it, and takes
    /// out each item that `take` says so of. Ends after the last one, or when `take` stops.
    pub(crate) fn sweep(
        &mut self,
        mut worth: impl FnMut(&T::Summary) -> bool,
        mut take: impl FnMut(&T) -> SweepStep,
    ) {
        let mut number = 0;
        while number < self.blocks.len() {
            if !worth(&self.summaries[number]) {
                number += 1;
                continue;
            }
            let mut over = false;
            let before = self.blocks[number].len();
            self.blocks[number].retain(|item| {
                if over {
                    return true;
                }
                let step = take(item);
                over = step == SweepStep::Stop;
                step != SweepStep::Take
            });
            let kept = self.blocks[number].len();
            self.len -= before - kept;
            if kept != before {
                self.tidy(number);
            }
            if over {
                return;
            }
            number += usize::from(kept > 0);
        }
    }

    /// Passes over the list in order, looks into the blocks whose summary is `worth` it, and lets
    /// `revise` change what is not the key of an item; `revise` returns whether it has done so.
    pub(crate) fn revise<C>(
        &mut self,
        context: &mut C,
        worth: impl Fn(&C, &T::Summary) -> bool,
        mut revise: impl FnMut(&mut C, &mut T) -> bool,
    ) {
        for (summary, block) in self.summaries.iter_mut().zip(&mut self.blocks) {
            if !worth(context, summary) {
                continue;
            }
            let mut changed = false;
            for item in &mut *block {
                changed |= revise(context, item);
            }
            if changed {
                *summary = summarise(block);
            }
        }
    }

    /// Brings a block's summary up to date, or drops the block if nothing is left.
    fn tidy(&mut self, number: usize) {
        if self.blocks[number].is_empty() {
            self.spare = self.blocks.remove(number);
            self.summaries.remove(number);
        } else {
            self.summaries[number] = summarise(&self.blocks[number]);
        }
    }
}

/// What to do with an item during a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SweepStep {
    /// Leave it and go on.
    Keep,
    /// Take it out and go on.
    Take,
    /// Leave it and end the sweep.
    Stop,
}

fn last_key<T: Item>(block: &[T]) -> T::Key {
    block.last().expect("no block is empty").key()
}

fn summarise<T: Item>(block: &[T]) -> T::Summary {
    let mut summary = T::nothing();
    for item in block {
        item.count_in(&mut summary);
    }
    summary
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Item for u32 {
        type Key = u32;
        type Summary = u64;
        fn key(&self) -> u32 {
            *self
        }
        fn nothing() -> u64 {
            0
        }
        fn count_in(&self, summary: &mut u64) {
            *summary += u64::from(*self);
        }
        fn count_out(&self, summary: &mut u64) -> bool {
            let known = !self.is_multiple_of(3);
            *summary -= u64::from(*self) * u64::from(known);
            known
        }
    }

    proptest! {
        #[test]
        fn equals_a_sorted_vector(ops in prop::collection::vec((any::<bool>(), 0u32..500), 0..900), cut in 2u32..9) {
            let mut list = BlockList::new();
            let mut plain: Vec<u32> = Vec::new();
            for (add, value) in ops {
                match (add, plain.binary_search(&value)) {
                    (true, Err(position)) => {
                        plain.insert(position, value);
                        list.insert(value);
                    }
                    (false, found) => {
                        prop_assert_eq!(list.remove(value), found.ok().map(|position| plain.remove(position)));
                    }
                    (true, Ok(_)) => {}
                }
            }
            list.sweep(|_| true, |item| if item % cut == 0 { SweepStep::Take } else { SweepStep::Keep });
            plain.retain(|item| item % cut != 0);
            prop_assert_eq!(list.iter().copied().collect::<Vec<_>>(), plain.clone());
            prop_assert_eq!(list.len(), plain.len());
            prop_assert_eq!(list.first(), plain.first());
            for (summary, block) in list.blocks() {
                prop_assert_eq!(*summary, block.iter().map(|item| u64::from(*item)).sum::<u64>());
            }
        }
    }
}
