//! The scheduler of docs/add-a-cluster-scheduler.md: who came last is served first, and nobody overtakes.
//! Must not know core numbers.

use gleaner_sim::job::{Job, JobSlot};
use gleaner_sim::textbook::catalogue::TextbookEntry;
use gleaner_sim::textbook::policy::{OwnerSide, Policy, Waiting};
use gleaner_sim::time::SimTime;

pub(crate) static LIFO: TextbookEntry =
    TextbookEntry::new("lifo", |cluster| cluster.under(Lifo::default()));

/// The newest of the waiting jobs starts as soon as it fits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lifo {
    /// By arrival: the last is served first.
    waiting: Vec<Waiting>,
}

impl Policy for Lifo {
    fn enqueue(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) -> bool {
        self.waiting.push(waiting);
        waiting.cores <= side.free()
    }

    fn ended(&mut self, _slot: JobSlot, _job: &Job, _now: SimTime) {}

    fn withdraw(&mut self, slot: JobSlot, _now: SimTime) {
        self.waiting.retain(|waiting| waiting.slot != slot);
    }

    fn pass(&mut self, side: &mut OwnerSide<'_>) {
        while let Some(newest) = self.waiting.pop_if(|newest| newest.cores <= side.free()) {
            side.start(&newest);
        }
    }

    fn take_up(
        &mut self,
        _capacity: u32,
        _running: &[JobSlot],
        waiting: &[Waiting],
        _promises: Option<&[(JobSlot, SimTime)]>,
        _side: &mut OwnerSide<'_>,
    ) {
        self.waiting.extend(waiting);
    }

    fn capacity_changed(&mut self, _capacity: u32, _now: SimTime) {}
}
