//! Slots that count for quotas: which rules each is under, and what is used when. Counts what it is told.

use super::SlotSet;
use super::counts::{Amounts, Counter, Counts, RulesId, Steps, Taken};
use std::ops::Range;

impl SlotSet {
    /// Starts counting for quotas, every slot under the same rules.
    pub(in crate::oar) fn start_counting(&mut self, rules: RulesId) {
        let rows = self.pool.len() / self.stride.max(1);
        let rules = vec![rules; rows];
        self.counts = Some(Counts { rules, taken: Vec::new(), counters: Vec::new() });
    }

    /// Rules of a slot.
    pub(in crate::oar) fn rules(&self, index: usize) -> RulesId {
        self.counted().rules[self.pool_rows[index] as usize]
    }

    /// Puts a slot under a set of rules.
    pub(in crate::oar) fn set_rules(&mut self, index: usize, rules: RulesId) {
        let row = self.pool_rows[index] as usize;
        self.counted_mut().rules[row] = rules;
    }

    /// Counts a consumer in some slots.
    pub(in crate::oar) fn count(&mut self, slots: Range<usize>, consumer: usize, amounts: Amounts) {
        if !slots.is_empty() {
            let (begin, end) = (self.begin(slots.start), self.end(slots.end - 1));
            self.counted_mut().taken.push(Taken { begin, end, consumer, amounts });
        }
    }

    /// Brings a counter up to date; `counts` says whom it counts.
    pub(in crate::oar) fn update_counter(
        &mut self,
        counter: Counter,
        counts: impl Fn(usize) -> bool,
    ) {
        let Counts { taken, counters, .. } = self.counted_mut();
        if counters.len() <= counter {
            counters.resize_with(counter + 1, Steps::default);
        }
        counters[counter].catch_up(taken, counts);
    }

    /// A counter as it was when it was last brought up to date.
    pub(in crate::oar) fn counter(&self, counter: Counter) -> &Steps {
        &self.counted().counters[counter]
    }

    fn counted(&self) -> &Counts {
        self.counts.as_ref().expect("counting was started with the slot set")
    }

    fn counted_mut(&mut self) -> &mut Counts {
        self.counts.as_mut().expect("counting was started with the slot set")
    }
}
