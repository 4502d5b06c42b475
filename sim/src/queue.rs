//! The event queue: events ordered by (time, class, sequence), so that ties are settled the same way in every
//! run. Must not know what the events mean.
//!
//! The next few events are in a binary heap, small enough for the nearest cache. All others lie unsorted in
//! buckets by how far away they are, in powers of two (a radix heap: Ahuja, Mehlhorn, Orlin, Tarjan, 1990); each
//! moves nearer a few times before its turn. With thousands of events a heap of all of them would touch another
//! part of memory at each of its levels.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::time::SimTime;

/// Bits of the tie-breaker that hold the sequence number; the class stands above them.
const SEQUENCE_BITS: u32 = 56;

/// Events of a bucket that are put into the heap together; more of them are spread over nearer buckets.
const FEW: usize = 32;

/// Events waiting for their time. At equal time the lower class comes first, at equal class the
/// one that was pushed first.
#[derive(Debug)]
pub struct EventQueue<E> {
    /// All events up to `near`; only empty if there is none at all.
    front: BinaryHeap<Reverse<Entry<E>>>,
    near: SimTime,
    /// Later ones: number `b` holds those whose times differ from `near` in bit `b`, and in none above.
    later: Vec<Vec<Entry<E>>>,
    /// A bit for each bucket that is not empty.
    filled: u64,
    pushed: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry<E> {
    time: SimTime,
    /// Class in the upper eight bits, sequence number below: one comparison settles both.
    tie: u64,
    event: E,
}

impl<E> EventQueue<E> {
    /// An empty queue.
    pub fn new() -> EventQueue<E> {
        EventQueue {
            front: BinaryHeap::new(),
            near: SimTime::ZERO,
            later: Vec::new(),
            filled: 0,
            pushed: 0,
        }
    }

    /// Adds an event at `time`; `class` orders events of the same instant, lowest first.
    pub fn push(&mut self, time: SimTime, class: u8, event: E) {
        let tie = (u64::from(class) << SEQUENCE_BITS) | self.pushed;
        self.pushed += 1;
        assert!(self.pushed < 1 << SEQUENCE_BITS, "sequence numbers exhausted");
        let entry = Entry { time, tie, event };
        if self.front.is_empty() {
            self.near = time;
        }
        if time <= self.near {
            self.front.push(Reverse(entry));
        } else {
            self.put_later(entry);
        }
    }

    /// Takes the next event with its time.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let Reverse(entry) = self.front.pop()?;
        if self.front.is_empty() && self.filled != 0 {
            self.come_nearer();
        }
        Some((entry.time, entry.event))
    }

    /// Time and class of the next event.
    #[inline]
    pub fn peek(&self) -> Option<(SimTime, u8)> {
        self.front.peek().map(|Reverse(entry)| (entry.time, (entry.tie >> SEQUENCE_BITS) as u8))
    }

    /// The events waiting, in the order in which they will be taken.
    pub fn in_order(&self) -> Vec<(SimTime, &E)> {
        let front = self.front.iter().map(|Reverse(entry)| entry);
        let mut all: Vec<&Entry<E>> = front.chain(self.later.iter().flatten()).collect();
        all.sort_unstable();
        all.into_iter().map(|entry| (entry.time, &entry.event)).collect()
    }

    /// Number of events waiting.
    pub fn len(&self) -> usize {
        self.front.len() + self.later.iter().map(Vec::len).sum::<usize>()
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.front.is_empty()
    }

    /// Puts an event after `near` into its bucket.
    fn put_later(&mut self, entry: Entry<E>) {
        let bucket = highest_difference(entry.time, self.near);
        if self.later.len() <= bucket {
            self.later.resize_with(bucket + 1, Vec::new);
        }
        self.later[bucket].push(entry);
        self.filled |= 1 << bucket;
    }

    /// Fills the heap, which is empty, from the nearest bucket.
    fn come_nearer(&mut self) {
        let bucket = self.filled.trailing_zeros() as usize;
        self.filled &= !(1 << bucket);
        let mut entries = std::mem::take(&mut self.later[bucket]);
        let times = entries.iter().map(|entry| entry.time);
        if entries.len() <= FEW {
            self.near = times.max().unwrap_or(self.near);
            self.front.extend(entries.drain(..).map(Reverse));
        } else {
            self.near = times.min().unwrap_or(self.near);
            for entry in entries.drain(..) {
                if entry.time == self.near {
                    self.front.push(Reverse(entry));
                } else {
                    self.put_later(entry);
                }
            }
        }
        // None of them went back into their own bucket; its room is used again.
        self.later[bucket] = entries;
    }
}

/// The number of the highest bit in which two different times differ. Of two times that are equal above it, the
/// one that has it is the later; of times before and after zero it is the sign's, which the earlier one has.
fn highest_difference(one: SimTime, other: SimTime) -> usize {
    ((one.ms() ^ other.ms()) as u64).ilog2() as usize
}

impl<E> Default for EventQueue<E> {
    fn default() -> EventQueue<E> {
        EventQueue::new()
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Entry<E>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Entry<E>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Entry<E>) -> Ordering {
        (self.time, self.tie).cmp(&(other.time, other.tie))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_go_by_class_then_by_order_of_arrival() {
        let mut queue = EventQueue::new();
        let t = SimTime::from_s;
        for (time, class, name) in
            [(5, 1, "end a"), (5, 0, "submit"), (3, 2, "early"), (5, 1, "end b")]
        {
            queue.push(t(time), class, name);
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, name)| name).collect();
        assert_eq!(order, ["early", "submit", "end a", "end b"]);
    }

    /// Times near and far, before and after zero, and equal ones.
    fn times() -> impl Strategy<Value = i64> {
        prop_oneof![
            -20i64..20,
            -100_000i64..100_000,
            0i64..10_000_000_000,
            Just(SimTime::NEVER.ms()),
            Just(i64::MIN)
        ]
    }

    proptest! {
        #[test]
        fn pops_in_the_order_of_a_stable_sort(events in prop::collection::vec((0i64..20, 0u8..4), 0..200)) {
            let mut queue = EventQueue::new();
            for (number, &(time, class)) in events.iter().enumerate() {
                queue.push(SimTime::from_s(time), class, number);
            }
            let mut expected: Vec<usize> = (0..events.len()).collect();
            expected.sort_by_key(|&number| events[number]);
            let popped: Vec<usize> = std::iter::from_fn(|| queue.pop()).map(|(_, n)| n).collect();
            prop_assert_eq!(popped, expected);
        }

        /// `Some`: a time after the last one taken, or any; `None`: the next is taken.
        #[test]
        fn equals_a_plain_heap(
            turns in prop::collection::vec(prop::option::weighted(0.6, (times(), any::<bool>(), 0u8..4)), 0..600)
        ) {
            let mut queue = EventQueue::new();
            let mut heap = BinaryHeap::new();
            let mut now = i64::MIN;
            for (number, turn) in turns.into_iter().enumerate() {
                match turn {
                    Some((time, after, class)) => {
                        let time = if after { now.max(-50_000).saturating_add(time.max(0)) } else { time };
                        queue.push(SimTime::from_ms(time), class, number);
                        heap.push(Reverse((time, class, number)));
                    }
                    None => {
                        let expected = heap.pop().map(|Reverse((time, _, number))| (time, number));
                        let popped = queue.pop().map(|(time, number)| (time.ms(), number));
                        prop_assert_eq!(popped, expected);
                        now = popped.map_or(now, |(time, _)| time);
                    }
                }
                let next = heap.peek().map(|Reverse((time, class, _))| (*time, *class));
                prop_assert_eq!(queue.peek().map(|(time, class)| (time.ms(), class)), next);
                prop_assert_eq!((queue.len(), queue.is_empty()), (heap.len(), heap.is_empty()));
            }
            let order: Vec<usize> = queue.in_order().into_iter().map(|(_, n)| *n).collect();
            let rest: Vec<usize> = std::iter::from_fn(|| queue.pop()).map(|(_, n)| n).collect();
            let sorted = heap.into_sorted_vec().into_iter().rev().map(|Reverse((.., n))| n);
            prop_assert_eq!(&order, &sorted.collect::<Vec<usize>>());
            prop_assert_eq!(&rest, &order);
        }
    }
}
