//! Who stands before whom: waiting jobs in order of submission, any of which may leave at any time. Must not
//! know why.

use crate::job::JobSlot;
use crate::waits::levels::Sums;

/// Places of the smallest line.
const PLACES_MIN: usize = 64;

/// Waiting jobs in order of submission.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// 1 where somebody stands.
    taken: Sums,
    /// Who stands, or stood, at each place given out.
    places: Vec<Option<JobSlot>>,
    waiting: usize,
}

impl Line {
    pub(super) fn new() -> Line {
        Line { taken: Sums::new(PLACES_MIN), places: Vec::new(), waiting: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    pub(super) fn len(&self) -> u32 {
        self.waiting as u32
    }

    /// Joins the end of the line. Returns the place; `moved` hears of those whose place is another now.
    pub(super) fn join(&mut self, slot: JobSlot, moved: impl FnMut(JobSlot, usize)) -> usize {
        if self.places.len() == self.taken.len() {
            self.close_up(moved);
        }
        let place = self.places.len();
        self.places.push(Some(slot));
        self.taken.add(place, 1);
        self.waiting += 1;
        place
    }

    /// Leaves the line. Returns how many stand before.
    pub(super) fn leave(&mut self, place: usize) -> u32 {
        let left = self.places[place].take();
        assert!(left.is_some(), "who leaves a line stands in it");
        self.taken.add(place, -1);
        self.waiting -= 1;
        if self.waiting == 0 {
            self.places.clear();
            return 0;
        }
        self.taken.first(place) as u32
    }

    /// Closes the gaps, with room for as many again.
    fn close_up(&mut self, mut moved: impl FnMut(JobSlot, usize)) {
        self.places.retain(Option::is_some);
        self.taken = Sums::new((2 * self.places.len()).max(PLACES_MIN));
        for (place, slot) in self.places.iter().enumerate() {
            self.taken.add(place, 1);
            moved(slot.expect("the gaps are closed"), place);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `Some`: whose turn it is to leave, as a share of the line; `None`: one more joins.
        #[test]
        fn equals_a_list(turns in prop::collection::vec(prop::option::weighted(0.45, 0u32..1000), 0..900)) {
            let mut line = Line::new();
            let mut list: Vec<JobSlot> = Vec::new();
            let mut places: Vec<usize> = Vec::new();
            for turn in turns {
                match turn {
                    None => {
                        let slot = JobSlot(places.len() as u32);
                        list.push(slot);
                        places.push(usize::MAX);
                        let place = line.join(slot, |slot, place| places[slot.index()] = place);
                        places[slot.index()] = place;
                    }
                    Some(share) if !list.is_empty() => {
                        let at = share as usize * list.len() / 1000;
                        let slot = list.remove(at);
                        prop_assert_eq!(line.leave(places[slot.index()]), at as u32);
                    }
                    Some(_) => {}
                }
                prop_assert_eq!(line.is_empty(), list.is_empty());
            }
        }
    }
}
