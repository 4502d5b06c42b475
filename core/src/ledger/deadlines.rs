//! When something has to be done about which attempt. Must not know what.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::ledger::attempt::AttemptRef;
use crate::time::Timestamp;

/// Old deadlines that may always be held.
const TIDY_FROM: usize = 1024;

/// Attempts by the time at which something has to be done about them, and in their own order where that is
/// the same time.
///
/// Most deadlines are never reached: a job starts, or ends, before. So one that holds no more stays until it
/// comes first, or until those are more than the others: nobody looks for it.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    /// The first of them holds.
    heap: BinaryHeap<Reverse<(Timestamp, AttemptRef)>>,
    /// How many attempts have a deadline.
    holding: usize,
}

impl Deadlines {
    /// Takes a deadline of an attempt that has none.
    pub(crate) fn insert(&mut self, deadline: Timestamp, at: AttemptRef) {
        self.heap.push(Reverse((deadline, at)));
        self.holding += 1;
    }

    /// The deadline of an attempt, which has one, does not hold any more; `holds` tells of others.
    pub(crate) fn drop_one(
        &mut self,
        deadline: Timestamp,
        at: AttemptRef,
        holds: impl Fn(Timestamp, AttemptRef) -> bool,
    ) {
        self.holding -= 1;
        if self.first() == Some((deadline, at)) {
            self.heap.pop();
            while self.first().is_some_and(|(deadline, at)| !holds(deadline, at)) {
                self.heap.pop();
            }
        } else if self.heap.len() > 2 * self.holding + TIDY_FROM {
            self.heap.retain(|&Reverse((deadline, at))| holds(deadline, at));
        }
    }

    /// Returns the first deadline, and whom it is about.
    pub(crate) fn first(&self) -> Option<(Timestamp, AttemptRef)> {
        self.heap.peek().map(|Reverse(first)| *first)
    }

    /// Returns how many attempts have a deadline.
    pub(crate) fn holding(&self) -> usize {
        self.holding
    }

    /// All deadlines, among them some that do not hold any more, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Timestamp, AttemptRef)> {
        self.heap.iter().map(|Reverse(one)| *one)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Each step gives one of some attempts a deadline, or takes it away.
        #[test]
        fn equals_a_set(steps in prop::collection::vec((0u32..40, prop::option::weighted(0.7, 0i64..9)), 0..6000)) {
            let mut deadlines = Deadlines::default();
            let mut known: BTreeMap<AttemptRef, Timestamp> = BTreeMap::new();
            let mut plain = BTreeSet::new();
            for (slot, second) in steps {
                let at = AttemptRef { slot, serial: 1 };
                if let Some(deadline) = known.remove(&at) {
                    plain.remove(&(deadline, at));
                    deadlines.drop_one(deadline, at, |deadline, at| known.get(&at) == Some(&deadline));
                }
                if let Some(second) = second {
                    let deadline = Timestamp::from_seconds(second);
                    known.insert(at, deadline);
                    plain.insert((deadline, at));
                    deadlines.insert(deadline, at);
                }
                prop_assert_eq!(deadlines.first(), plain.first().copied());
                prop_assert_eq!(deadlines.holding(), plain.len());
                prop_assert!(deadlines.heap.len() <= 2 * plain.len() + TIDY_FROM + 1);
            }
            let all: BTreeSet<_> = deadlines.iter().collect();
            prop_assert!(plain.is_subset(&all));
        }
    }
}
