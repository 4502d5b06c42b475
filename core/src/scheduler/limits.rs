//! Limits in time: jobs that wait or run too long are deleted, tasks queued too long go elsewhere.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::decision::{Action, Command, JobToDelete};
use crate::ids::{ClusterId, CommandId, PairIndex};
use crate::job::JobState;
use crate::ledger::Ledger;
use crate::ledger::attempt::AttemptRef;
use crate::ledger::campaign::Campaign;
use crate::ledger::task_state::TaskState;
use crate::report::{CancelReason, CycleReport, Notice};
use crate::scheduler::Scheduler;
use crate::time::{Duration, Timestamp};

/// The most jobs deleted by one command: whole arrays go with one request.
const CANCEL_MAX: usize = 2000;
/// A job that is still there so long after it was to be deleted is deleted again.
const CANCEL_AGAIN: Duration = Duration::from_seconds(60);
/// How often that time is doubled, at most: a cluster that takes long to delete has the more to do with
/// every request.
const CANCEL_DOUBLED_MAX: u8 = 3;
/// The most tasks that go back to the bag in a cycle because they were queued too long.
const EXPIRED_MAX: u32 = 500;

/// Jobs of one command.
type Jobs = SmallVec<[JobToDelete; 4]>;

impl Scheduler {
    pub(super) fn enforce_limits(&mut self, report: &mut CycleReport) {
        while let Some((deadline, at)) = self.ledger.deadlines.first()
            && deadline <= self.now
        {
            self.past_deadline(at);
        }
        let mut left = EXPIRED_MAX;
        for position in 0..self.ledger.open.len() {
            let slot = self.ledger.open[position];
            for at in 0..self.ledger.campaign(slot).pairs.len() {
                let pair = self.ledger.campaign(slot).pairs[at];
                left -= self.expire_queue(slot, pair, left, report);
            }
        }
    }

    fn past_deadline(&mut self, at: AttemptRef) {
        self.ledger.set_deadline(at, self.now + CANCEL_AGAIN);
        let unwanted = self.unwanted(at);
        let attempt = self.ledger.attempts.get_mut(at).expect("its deadline was just set");
        let reason = if let Some(reason) = unwanted {
            reason
        } else if attempt.state == JobState::Running {
            CancelReason::RunsTooLong
        } else {
            attempt.gave_up_waiting = true;
            CancelReason::WaitedTooLong
        };
        self.ledger.clusters[attempt.cluster.index()].cancels.insert(at, reason);
    }

    /// Puts tasks that were queued too long back into the bag, at most so many; returns how many.
    fn expire_queue(
        &mut self,
        slot: u32,
        (cluster, pair_index): (ClusterId, PairIndex),
        most: u32,
        report: &mut CycleReport,
    ) -> u32 {
        let pair = self.ledger.clusters[cluster.index()].pair_mut(pair_index);
        let limit = self.now - self.config.waiting_limit;
        let mut tasks = 0;
        while tasks < most
            && let Some((class, index)) = pair.queue.pop_older(limit)
        {
            let bag = &mut self.ledger.campaigns[slot as usize].bag;
            bag.penalise(index, pair.cluster_position, 1);
            bag.put_back(index, TaskState::Queued, class);
            tasks += 1;
        }
        if tasks > 0 {
            let campaign = pair.campaign;
            report.notice(Notice::QueuedTooLong { campaign, cluster, tasks });
        }
        tasks
    }

    /// Turns the jobs to be deleted into commands. Those of a cluster that does not answer are kept
    /// until it does.
    pub(super) fn send_cancels(&mut self, commands: &mut Vec<Command>, report: &mut CycleReport) {
        for id in self.cluster_ids() {
            if !self.ledger.cluster(id).answers() {
                continue;
            }
            let mut jobs = Jobs::new();
            while jobs.len() < CANCEL_MAX
                && let Some((at, reason)) = self.ledger.clusters[id.index()].cancels.pop_first()
            {
                let Some(attempt) = self.ledger.attempts.get_mut(at) else {
                    continue;
                };
                if reason == CancelReason::NeededElsewhere && attempt.state != JobState::Waiting {
                    // It has started in the meantime, or may have.
                    attempt.recalled_for = None;
                    continue;
                }
                let (job, slot) = (attempt.remote, attempt.campaign);
                let job = job.expect("only jobs with a name are deleted");
                let again = (0..attempt.deletions).fold(CANCEL_AGAIN, |time, _| time + time);
                attempt.deletions = CANCEL_DOUBLED_MAX.min(attempt.deletions + 1);
                self.ledger.set_deadline(at, self.now + again);
                let Campaign { id: campaign, user, .. } = self.ledger.campaign(slot);
                let campaign = *campaign;
                jobs.push(JobToDelete { job, user: Some(Arc::clone(user)) });
                report.notice(Notice::Cancelled { cluster: id, campaign, job, reason });
            }
            self.delete_orphans(id, &mut jobs, report);
            if !jobs.is_empty() {
                let command = self.next_command();
                commands.push(Command {
                    id: command,
                    cluster: id,
                    action: Action::Cancel { jobs },
                });
            }
        }
    }

    /// Adds jobs of submissions given up to those to be deleted on a cluster.
    fn delete_orphans(&mut self, id: ClusterId, jobs: &mut Jobs, report: &mut CycleReport) {
        let now = self.now;
        let Ledger { clusters, by_id, campaigns, .. } = &mut self.ledger;
        for (&job, (campaign, due)) in &mut clusters[id.index()].orphans {
            if jobs.len() < CANCEL_MAX && *due <= now {
                *due = now + CANCEL_AGAIN;
                let slot = by_id.get(campaign);
                let user = slot.map(|slot| Arc::clone(&campaigns[*slot as usize].user));
                jobs.push(JobToDelete { job, user });
                let (campaign, reason) = (*campaign, CancelReason::Orphan);
                report.notice(Notice::Cancelled { cluster: id, campaign, job, reason });
            }
        }
    }

    pub(super) fn next_command(&mut self) -> CommandId {
        self.ledger.last_command += 1;
        CommandId(self.ledger.last_command)
    }

    /// Returns when the next limit in time is reached.
    pub(super) fn next_limit(&self) -> Timestamp {
        let mut next = self.ledger.deadlines.first().map_or(Timestamp::NEVER, |first| first.0);
        for cluster in &self.ledger.clusters {
            if cluster.answers() {
                if !cluster.cancels.is_empty() {
                    return self.now;
                }
                let due = cluster.orphans.values().map(|(_, due)| *due);
                next = due.fold(next, Timestamp::min);
            }
            for (_, pair) in cluster.pairs() {
                if let Some(oldest) = pair.queue.oldest() {
                    // A task has to be older than the limit.
                    let expires = oldest + self.config.waiting_limit + Duration::from_seconds(1);
                    next = next.min(expires);
                }
            }
        }
        next
    }
}
