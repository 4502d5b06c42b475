//! The event queue: a binary heap ordered by (time, class, sequence), so that ties are settled the
//! same way in every run. Must not know what the events mean.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::time::SimTime;

/// Bits of the tie-breaker that hold the sequence number; the class stands above them.
const SEQUENCE_BITS: u32 = 56;

/// Events waiting for their time. At equal time the lower class comes first, at equal class the
/// one that was pushed first.
#[derive(Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
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
        EventQueue { heap: BinaryHeap::new(), pushed: 0 }
    }

    /// Adds an event at `time`; `class` orders events of the same instant, lowest first.
    pub fn push(&mut self, time: SimTime, class: u8, event: E) {
        let tie = (u64::from(class) << SEQUENCE_BITS) | self.pushed;
        self.pushed += 1;
        assert!(self.pushed < 1 << SEQUENCE_BITS, "sequence numbers exhausted");
        self.heap.push(Reverse(Entry { time, tie, event }));
    }

    /// Takes the next event with its time.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        self.heap.pop().map(|Reverse(entry)| (entry.time, entry.event))
    }

    /// Time and class of the next event.
    pub fn peek(&self) -> Option<(SimTime, u8)> {
        self.heap.peek().map(|Reverse(entry)| (entry.time, (entry.tie >> SEQUENCE_BITS) as u8))
    }

    /// The events waiting, in the order in which they will be taken.
    pub fn in_order(&self) -> Vec<(SimTime, &E)> {
        let mut all: Vec<&Entry<E>> = self.heap.iter().map(|Reverse(entry)| entry).collect();
        all.sort_unstable();
        all.into_iter().map(|entry| (entry.time, &entry.event)).collect()
    }

    /// Number of events waiting.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
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
    }
}
