//! First come, first served: nobody overtakes. Must not know core numbers.

use std::collections::VecDeque;

use crate::job::{Job, JobSlot};
use crate::textbook::policy::{InTheWay, OwnerSide, Policy, Waiting};
use crate::time::SimTime;

/// FCFS without backfilling: the head of the queue starts as soon as it fits.
#[derive(Clone, Debug, Default)]
pub struct Fcfs {
    queue: VecDeque<Waiting>,
}

impl Policy for Fcfs {
    fn enqueue(&mut self, waiting: Waiting, side: &mut OwnerSide<'_>) -> bool {
        self.queue.push_back(waiting);
        self.queue.len() == 1 && waiting.cores <= side.free()
    }

    fn ended(&mut self, _slot: JobSlot, _job: &Job, _now: SimTime) {}

    fn withdraw(&mut self, slot: JobSlot, _now: SimTime) {
        self.queue.retain(|waiting| waiting.slot != slot);
    }

    fn pass(&mut self, side: &mut OwnerSide<'_>) {
        while let Some(head) = self.queue.front().filter(|head| head.cores <= side.free()) {
            side.start(head);
            self.queue.pop_front();
        }
    }

    fn in_the_way(&self, _now: SimTime, slot: JobSlot, _free: u32) -> InTheWay {
        let head = self.queue.front().filter(|head| head.slot != slot);
        InTheWay { by: head.map(|head| head.slot), planned: None }
    }

    fn take_up(
        &mut self,
        _capacity: u32,
        _running: &[JobSlot],
        waiting: &[Waiting],
        _promises: Option<&[(JobSlot, SimTime)]>,
        _side: &mut OwnerSide<'_>,
    ) {
        self.queue.extend(waiting);
    }

    fn capacity_changed(&mut self, _capacity: u32, _now: SimTime) {}
}
