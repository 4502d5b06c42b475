//! Counters of each slot, for quotas. Counts what it is told; what may be used is decided elsewhere.

use super::SlotSet;
use std::collections::BTreeMap;

/// Number of a set of rules; `UNSLICED` where the calendar has not cut the slot yet.
pub type RulesId = usize;

/// Rules of a slot beyond the calendar's horizon.
pub const UNSLICED: RulesId = usize::MAX;

/// A counter's key: queue, project, type, user by number; 0 for `*`.
pub type Key = [u32; 4];

/// What a job adds to its counters: resources, jobs, resource-seconds.
pub type Amounts = [i64; 3];

/// Counters of one slot.
#[derive(Debug, Clone)]
pub struct SlotCounts {
    /// Rules in force.
    pub rules: RulesId,
    /// What is used, by counter.
    pub(in crate::oar) used: BTreeMap<Key, Amounts>,
}

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
