//! Counters of a slot, for quotas. What may be used is decided elsewhere.

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
