//! Slots in which jobs join others: what is shared and reserved in each, and what a job may use in all
//! of some.

use super::SlotSet;
use super::shared::{Joins, Shared};
use crate::oar::model::bits;
use std::ops::Range;

impl SlotSet {
    /// Notes in some slots that a job shares, reserves or enters.
    pub fn note_joins(&mut self, slots: Range<usize>, joins: &Joins, set: &[u64]) {
        if joins.is_plain() {
            return;
        }
        let rows = self.pool.len() / self.stride.max(1);
        let shared = self.shared.get_or_insert_with(|| vec![Shared::default(); rows]);
        for index in slots {
            shared[self.pool_rows[index] as usize].note_taken(joins, set, self.real);
        }
    }

    /// What a job may use in all of some slots, into `free`. For jobs that join others, OAR (`Real`)
    /// starts again after a slot that leaves nothing, and so overlooks it.
    pub fn joinable(
        &self,
        slots: Range<usize>,
        joins: &Joins,
        user: &str,
        name: &str,
        free: &mut [u64],
    ) {
        let mut here = bits::empty(free.len());
        let first = slots.start;
        for index in slots {
            here.copy_from_slice(self.free(index));
            if let Some(shared) = &self.shared {
                shared[self.pool_rows[index] as usize].add_joinable(joins, user, name, &mut here);
            }
            let restarts = self.real && joins.may_join() && bits::is_empty(free);
            if index == first || restarts {
                free.copy_from_slice(&here);
            } else {
                bits::keep(free, &here);
            }
        }
    }
}
