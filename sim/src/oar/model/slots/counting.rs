//! Slots that count for quotas: which counters each has. Counts what it is told.

use super::SlotSet;
use super::counts::{RulesId, SlotCounts};

impl SlotSet {
    /// Starts counting for quotas, every slot from the same counters.
    pub(in crate::oar) fn start_counting(&mut self, counts: SlotCounts) {
        let rows = self.pool.len() / self.stride.max(1);
        self.counts = Some(vec![counts; rows]);
    }

    /// Quota counters of a slot.
    pub(in crate::oar) fn counts(&self, index: usize) -> &SlotCounts {
        let counts = self.counts.as_ref().expect("counting was started with the slot set");
        &counts[self.pool_rows[index] as usize]
    }

    /// Quota counters of a slot, to be changed.
    pub(in crate::oar) fn counts_mut(&mut self, index: usize) -> &mut SlotCounts {
        let row = self.pool_rows[index] as usize;
        &mut self.counts.as_mut().expect("counting was started with the slot set")[row]
    }

    /// Puts a slot under a set of rules.
    pub(in crate::oar) fn set_rules(&mut self, index: usize, rules: RulesId) {
        self.counts_mut(index).rules = rules;
    }
}
