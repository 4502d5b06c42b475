//! Giving up one task: wherever it is, it is not done again.

use crate::ids::TaskId;
use crate::ledger::attempt::AttemptRef;
use crate::ledger::task_state::TaskState;
use crate::report::{CancelReason, Closing, CycleReport, EventCause, Notice};
use crate::scheduler::Scheduler;

impl Scheduler {
    pub(super) fn task_cancelled(&mut self, task: TaskId, report: &mut CycleReport) -> bool {
        let Some(slot) = self.ledger.slot(task.campaign) else {
            return false;
        };
        let bag = &mut self.ledger.campaign_mut(slot).bag;
        match bag.state(task.index) {
            None | Some(TaskState::Done | TaskState::Failed | TaskState::Cancelled) => {
                return false;
            }
            Some(TaskState::Pending) => bag.cancel_pending(task.index),
            Some(TaskState::Queued) => self.cancel_queued(slot, task.index),
            Some(TaskState::Blocked) => self.cancel_blocked(slot, task, report),
            Some(TaskState::Live) => {
                let link = bag.cell(task.index).link;
                if !self.cancel_live(link) {
                    return false;
                }
            }
        }
        report.notice(Notice::TaskCancelled { task });
        true
    }

    fn cancel_queued(&mut self, slot: u32, index: u32) {
        let campaign = &mut self.ledger.campaigns[slot as usize];
        let (cluster, pair_index) = campaign.pairs[campaign.bag.cell(index).link as usize];
        let pair = self.ledger.clusters[cluster.index()].pair_mut(pair_index);
        let found = pair.queue.remove(index);
        assert!(found, "task {index} is not in the queue that it says");
        campaign.bag.settle(index, TaskState::Queued, TaskState::Cancelled);
    }

    fn cancel_blocked(&mut self, slot: u32, task: TaskId, report: &mut CycleReport) {
        let about_it =
            |cause: EventCause| matches!(cause, EventCause::Task { task: of, .. } if of == task);
        let mut events = self.ledger.events.iter();
        let event = events.find(|(_, event)| about_it(event.cause)).map(|(id, _)| *id);
        let event = event.expect("a blocked task has an open event");
        self.close(event, Closing::Cancelled, report);
        let bag = &mut self.ledger.campaign_mut(slot).bag;
        bag.settle(task.index, TaskState::Blocked, TaskState::Cancelled);
    }

    /// Deletes the job in a slot, as soon as it has a name; false when that was wanted before.
    fn cancel_live(&mut self, slot: u32) -> bool {
        let serial = self.ledger.attempts.in_slot(slot).expect("a live task has a job").serial;
        let at = AttemptRef { slot, serial };
        let attempt = self.ledger.attempts.get_mut(at).expect("it was there just now");
        let news = !std::mem::replace(&mut attempt.unwanted, true);
        if news && attempt.remote.is_some() {
            let cancels = &mut self.ledger.clusters[attempt.cluster.index()].cancels;
            cancels.entry(at).or_insert(CancelReason::TaskCancelled);
        }
        news
    }
}
