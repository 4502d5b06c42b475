//! Jobs that were found again after a backup was restored: each takes its work's place, as if it had been
//! sent and accepted just now.

use crate::fact::RecoveredWork;
use crate::ids::{CampaignId, ClusterId, RemoteJobId, TaskId};
use crate::ledger::attempt::{AttemptRef, AttemptWork};
use crate::ledger::bag::Class;
use crate::ledger::pair::ScriptState;
use crate::ledger::task_state::TaskState;
use crate::report::{CycleReport, EventCause};
use crate::scheduler::Scheduler;

impl Scheduler {
    /// Returns whether the job was taken over: its work is there, on this cluster, and not over.
    pub(super) fn job_recovered(
        &mut self,
        cluster: ClusterId,
        job: RemoteJobId,
        campaign: CampaignId,
        work: RecoveredWork,
        report: &mut CycleReport,
    ) -> bool {
        let Some(slot) = self.ledger.slot(campaign) else { return false };
        let Some(pair_index) = self.ledger.pair_index(slot, cluster) else { return false };
        if self.ledger.cluster(cluster).remote.contains_key(&job) {
            return false;
        }
        let work = match work {
            RecoveredWork::Task(index) => {
                if !self.free_task(slot, TaskId { campaign, index }, report) {
                    return false;
                }
                let cluster_position = self.ledger.pair(cluster, pair_index).cluster_position;
                self.ledger.campaign_mut(slot).bag.take(index, cluster_position);
                AttemptWork::Task(index)
            }
            RecoveredWork::Prologue => AttemptWork::Prologue,
            RecoveredWork::Epilogue => AttemptWork::Epilogue,
        };
        if !matches!(work, AttemptWork::Task(_)) {
            let pair = self.ledger.pair(cluster, pair_index);
            let state = match work {
                AttemptWork::Prologue => pair.prologue,
                AttemptWork::Task(_) | AttemptWork::Epilogue => pair.epilogue,
            };
            match state {
                ScriptState::Due => {}
                ScriptState::UnderWay => self.supersede_script(slot, cluster, work),
                _ => return false,
            }
        }
        let at = self.ledger.launch(cluster, pair_index, work, self.now);
        self.name_job(at, job)
    }

    /// Brings a task back into the bag, wherever it is; false where it is settled, or not there.
    fn free_task(&mut self, slot: u32, task: TaskId, report: &mut CycleReport) -> bool {
        let bag = &mut self.ledger.campaign_mut(slot).bag;
        match bag.state(task.index) {
            None | Some(TaskState::Done | TaskState::Failed | TaskState::Cancelled) => false,
            Some(TaskState::Pending) => true,
            Some(TaskState::Queued) => {
                let link = bag.cell(task.index).link;
                let (cluster, pair_index) = self.ledger.campaign(slot).pairs[link as usize];
                let pair = self.ledger.pair_mut(cluster, pair_index);
                let found = pair.queue.remove(task.index);
                assert!(found, "{task:?} is not in the queue that it says");
                let bag = &mut self.ledger.campaign_mut(slot).bag;
                bag.put_back(task.index, TaskState::Queued, Class::Normal);
                true
            }
            // Somebody has seen to it since, or no job would have been sent.
            Some(TaskState::Blocked) => {
                let about_it = |cause: EventCause| matches!(cause, EventCause::Task { task: of, .. } if of == task);
                let mut events = self.ledger.events.iter();
                let event = events.find(|(_, event)| about_it(event.cause)).map(|(id, _)| *id);
                self.event_fixed(event.expect("a blocked task has an open event"), true, report)
            }
            Some(TaskState::Live) => {
                let slot_of_job = bag.cell(task.index).link;
                let attempt = self.ledger.attempts.in_slot(slot_of_job);
                let serial = attempt.expect("a live task has a job").serial;
                self.supersede(AttemptRef { slot: slot_of_job, serial });
                let bag = &mut self.ledger.campaign_mut(slot).bag;
                bag.put_back(task.index, TaskState::Live, Class::Normal);
                true
            }
        }
    }

    fn supersede_script(&mut self, slot: u32, cluster: ClusterId, work: AttemptWork) {
        let same = |attempt: &crate::ledger::attempt::Attempt| {
            (attempt.campaign, attempt.cluster, attempt.work) == (slot, cluster, work)
        };
        let found = self.ledger.attempts.iter().find(|(_, attempt)| same(attempt));
        let at = found.map(|(at, _)| at);
        self.supersede(at.expect("a script under way has a job"));
    }

    /// An older job of the same work: it was over when the next was sent. Should it live all the same, it is
    /// deleted.
    fn supersede(&mut self, at: AttemptRef) {
        let attempt = self.ledger.end(at).expect("the caller has looked it up");
        let campaign = self.ledger.campaign(attempt.campaign).id;
        self.ledger.clusters[attempt.cluster.index()].cancels.remove(&at);
        if let Some(job) = attempt.remote {
            self.job_found(attempt.cluster, job, campaign);
        }
    }
}
