//! Whether anybody who has not been placed yet could still start now. Free resources only go while jobs are
//! placed, so who once cannot never can in the same pass, nor can whoever asks for no less. One who can, the
//! last in order, stands for all before.

use super::line::Asking;
use super::search::{Lasting, Search};
use super::sparse::SparseSet;

/// Who could still start now.
pub(super) struct Hope {
    /// Nobody from here on can.
    last: usize,
    /// What stays free for as long as the one before asks, once it was looked for.
    lasting: Option<Lasting>,
    /// Numbers of resources and widths that could not be met, without those beyond another.
    refused: Vec<(u32, i64)>,
}

impl Hope {
    pub(super) fn new(jobs: usize) -> Self {
        Self { last: jobs, lasting: None, refused: Vec::new() }
    }

    /// Whether some job from a position on could start now.
    pub(super) fn is_left(&mut self, search: Search<'_>, queue: &[Asking], from: usize) -> bool {
        let free = search.under_way.counts()[0] - search.booked.taken[0];
        while self.last > from {
            let Asking { count, width_s, .. } = queue[self.last - 1];
            if count <= free && self.can_be_met(search, count, width_s) {
                return true;
            }
            self.last -= 1;
            self.lasting = None;
        }
        false
    }

    fn can_be_met(&mut self, search: Search<'_>, count: u32, width_s: i64) -> bool {
        let beyond =
            |refused: &(u32, i64), other: (u32, i64)| other.0 >= refused.0 && other.1 >= refused.1;
        if self.lasting.is_none() {
            if self.refused.iter().any(|refused| beyond(refused, (count, width_s))) {
                return false;
            }
            self.lasting = Some(search.lasting(width_s));
        }
        let met = self.lasting.as_ref().is_some_and(|lasting| lasting.count() >= count);
        if !met {
            self.refused.retain(|refused| !beyond(&(count, width_s), *refused));
            self.refused.push((count, width_s));
        }
        met
    }

    /// A job was placed.
    pub(super) fn take(&mut self, start: i64, set: &SparseSet) {
        if let Some(lasting) = &mut self.lasting {
            lasting.take(start, set);
        }
    }
}
