//! What is kept by numbers that are given out in ascending order. Must not know what it is.

use std::collections::VecDeque;

/// Numbers of a block.
const BLOCK: usize = 64;

/// A map from numbers of which each is new when it is put in, and mostly the highest so far. It finds one in
/// the same time however many there are, and takes room for those that are kept, in blocks, and eight bytes
/// for each block between the first and the last of them.
#[derive(Debug)]
pub(super) struct Window<T> {
    /// The number of the first block.
    first: u64,
    /// Neither the first nor the last is empty.
    blocks: VecDeque<Option<Box<Block<T>>>>,
}

#[derive(Debug)]
struct Block<T> {
    items: [Option<T>; BLOCK],
    kept: usize,
}

/// The block of a number, and the place in it.
fn place(number: u64) -> (u64, usize) {
    (number / BLOCK as u64, (number % BLOCK as u64) as usize)
}

impl<T> Window<T> {
    pub(super) fn new() -> Window<T> {
        Window { first: 0, blocks: VecDeque::new() }
    }

    pub(super) fn get(&self, number: u64) -> Option<&T> {
        let (block, at) = place(number);
        let block = self.blocks.get(usize::try_from(block.checked_sub(self.first)?).ok()?)?;
        block.as_ref()?.items[at].as_ref()
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let (block, at) = place(number);
        let block = self.blocks.get_mut(usize::try_from(block.checked_sub(self.first)?).ok()?)?;
        block.as_mut()?.items[at].as_mut()
    }

    /// Keeps `item` by a number by which nothing is kept.
    pub(super) fn insert(&mut self, number: u64, item: T) {
        let (block, at) = place(number);
        if self.blocks.is_empty() {
            self.first = block;
        }
        while block < self.first {
            self.blocks.push_front(None);
            self.first -= 1;
        }
        let index = (block - self.first) as usize;
        while self.blocks.len() <= index {
            self.blocks.push_back(None);
        }
        let empty = || Box::new(Block { items: [const { None }; BLOCK], kept: 0 });
        let block = self.blocks[index].get_or_insert_with(empty);
        let before = block.items[at].replace(item);
        assert!(before.is_none(), "something is kept by the number {number}");
        block.kept += 1;
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        let (block, at) = place(number);
        let index = usize::try_from(block.checked_sub(self.first)?).ok()?;
        let block = self.blocks.get_mut(index)?;
        let kept = block.as_mut()?;
        let item = kept.items[at].take()?;
        kept.kept -= 1;
        if kept.kept == 0 {
            *block = None;
            while self.blocks.front().is_some_and(Option::is_none) {
                self.blocks.pop_front();
                self.first += 1;
            }
            while self.blocks.back().is_some_and(Option::is_none) {
                self.blocks.pop_back();
            }
        }
        Some(item)
    }

    /// All that is kept, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let numbered = (self.first..).zip(&self.blocks);
        numbered.filter_map(|(number, block)| Some((number, block.as_ref()?))).flat_map(
            |(number, block)| {
                let items = (number * BLOCK as u64..).zip(&block.items);
                items.filter_map(|(number, item)| Some((number, item.as_ref()?)))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Most numbers are higher than all before; `step` 0 goes back a little.
        #[test]
        fn equals_a_map(steps in prop::collection::vec((any::<bool>(), 0u64..150), 1..400)) {
            let (mut window, mut map) = (Window::new(), BTreeMap::new());
            let mut last = 1_000;
            for (add, step) in steps {
                if add {
                    last = if step == 0 { last - 70 } else { last + step / 20 };
                    if map.insert(last, step).is_none() {
                        window.insert(last, step);
                    } else {
                        *window.get_mut(last).unwrap() = step;
                    }
                } else {
                    let number = last.saturating_sub(step);
                    prop_assert_eq!(window.remove(number), map.remove(&number));
                }
                let seen: Vec<(u64, u64)> = window.iter().map(|(number, item)| (number, *item)).collect();
                let wanted: Vec<(u64, u64)> = map.iter().map(|(number, item)| (*number, *item)).collect();
                prop_assert_eq!(seen, wanted);
                for number in last.saturating_sub(200)..last + 2 {
                    prop_assert_eq!(window.get(number), map.get(&number));
                }
                prop_assert!(window.blocks.front().is_none_or(Option::is_some));
                prop_assert!(window.blocks.back().is_none_or(Option::is_some));
            }
        }
    }
}
