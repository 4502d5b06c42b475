//! Answers to commands: accepted, refused, unknown, expired. A task is given back only when it is
//! certain that no job of it exists.

use std::collections::btree_map::Entry;

use crate::fact::{Fact, Outcome, Refusal};
use crate::ids::{CommandId, RemoteJobId, TaskId};
use crate::job::JobState;
use crate::ledger::attempt::{AttemptRef, AttemptWork};
use crate::ledger::bag::Class;
use crate::ledger::campaign::CampaignState;
use crate::ledger::pair::ScriptState;
use crate::ledger::task_state::TaskState;
use crate::report::{CycleReport, EventCause, Notice};
use crate::scheduler::Scheduler;

impl Scheduler {
    pub(super) fn accepted(
        &mut self,
        id: CommandId,
        jobs: &[RemoteJobId],
        report: &mut CycleReport,
    ) -> bool {
        let Some(mut submitted) = self.ledger.submitted.remove(&id) else {
            return false;
        };
        let (cluster, pair_index) = (submitted.cluster, submitted.pair_index);
        let mut named = 0;
        for (&at, &job) in submitted.attempts.iter().zip(jobs) {
            named += u32::from(job != RemoteJobId::NONE && self.name_job(at, job));
        }
        if named > 0 {
            self.end_back_off(cluster, pair_index, report);
            self.policies[cluster.index()].accepted(pair_index, named, self.now);
        }
        let nameless = |at: &AttemptRef| {
            self.ledger.attempts.get(*at).is_some_and(|attempt| attempt.remote.is_none())
        };
        // What has no id yet may still exist.
        let open: Vec<AttemptRef> = submitted.attempts.iter().copied().filter(nameless).collect();
        if open.is_empty() {
            self.close_submission(id, submitted.cluster, submitted.unknown);
        } else {
            for at in open {
                self.ledger.set_state(at, JobState::Unknown);
            }
            self.count_unknown(id, &mut submitted);
            self.ledger.submitted.insert(id, submitted);
        }
        for fact in std::mem::take(&mut self.ledger.cluster_mut(cluster).early) {
            self.apply(&fact, report);
        }
        true
    }

    /// Learns the cluster's name of a job.
    pub(super) fn name_job(&mut self, at: AttemptRef, job: RemoteJobId) -> bool {
        let Some(attempt) = self.ledger.attempts.get_mut(at) else {
            return false;
        };
        let cluster = &mut self.ledger.clusters[attempt.cluster.index()];
        if attempt.remote.is_some() {
            return false;
        }
        let Entry::Vacant(name) = cluster.remote.entry(job) else {
            return false;
        };
        name.insert(at);
        attempt.remote = Some(job);
        cluster.orphans.remove(&job);
        let deadline = attempt.submitted_at + self.config.waiting_limit;
        self.delete_if_unwanted(at);
        self.ledger.set_state(at, JobState::Accepted);
        self.ledger.set_deadline(at, deadline);
        true
    }

    /// A job of a submission was not sent, which concerns its own task only.
    pub(super) fn left_out(&mut self, id: CommandId, place: u32, report: &mut CycleReport) -> bool {
        let Some(submitted) = self.ledger.submitted.get(&id) else {
            return false;
        };
        let Some(&at) = submitted.attempts.get(place as usize) else {
            return false;
        };
        let known = self.ledger.attempts.get(at);
        let index = match known.map(|attempt| (attempt.work, attempt.remote)) {
            Some((AttemptWork::Task(index), None)) => index,
            _ => return false,
        };
        let attempt = self.ledger.end(at).expect("it was there just now");
        let campaign = self.ledger.campaign_mut(attempt.campaign);
        if attempt.unwanted || campaign.state == CampaignState::Cancelled {
            campaign.bag.settle(index, TaskState::Live, TaskState::Cancelled);
            return true;
        }
        let task = TaskId { campaign: campaign.id, index };
        self.task_failed(&attempt, task, Outcome::Unsendable, report);
        true
    }

    pub(super) fn unknown(&mut self, id: CommandId) -> bool {
        let Some(mut submitted) = self.ledger.submitted.remove(&id) else {
            return false;
        };
        let news = !submitted.unknown;
        self.count_unknown(id, &mut submitted);
        for &at in &submitted.attempts {
            if self.ledger.attempts.get(at).is_some_and(|attempt| attempt.remote.is_none()) {
                self.ledger.set_state(at, JobState::Unknown);
            }
        }
        if news {
            self.policies[submitted.cluster.index()].refused(submitted.pair_index, self.now);
        }
        self.ledger.submitted.insert(id, submitted);
        news
    }

    pub(super) fn refused(
        &mut self,
        id: CommandId,
        reason: Refusal,
        report: &mut CycleReport,
    ) -> bool {
        let Some(submitted) = self.ledger.submitted.get(&id) else {
            return false;
        };
        let (cluster, pair_index, campaign) =
            (submitted.cluster, submitted.pair_index, submitted.campaign);
        report.notice(Notice::Refused { command: id, campaign, cluster, reason });
        self.give_back(id);
        match reason {
            Refusal::Unreachable | Refusal::Busy => {}
            Refusal::NotNow => {
                let slot = self.ledger.pair(cluster, pair_index).slot;
                if self.ledger.campaign(slot).state != CampaignState::Cancelled {
                    self.back_off(cluster, pair_index, report);
                }
            }
            Refusal::TooLarge
            | Refusal::NotAllowed
            | Refusal::NoToken
            | Refusal::BadRequest
            | Refusal::NoLogin => {
                let slot = self.ledger.pair(cluster, pair_index).slot;
                if self.ledger.campaign(slot).state != CampaignState::Cancelled {
                    self.raise(cluster, pair_index, EventCause::Refused(reason), report);
                }
            }
        }
        true
    }

    pub(super) fn expired(&mut self, id: CommandId) -> bool {
        let known = self.ledger.submitted.contains_key(&id);
        if known {
            self.give_back(id);
        }
        known
    }

    /// Puts the work of a submission back into the bag: it certainly has no job, and will get none.
    fn give_back(&mut self, id: CommandId) {
        let submitted = self.ledger.submitted.remove(&id).expect("the caller has looked it up");
        for &at in &submitted.attempts {
            if self.ledger.attempts.get(at).is_none_or(|attempt| attempt.remote.is_some()) {
                continue;
            }
            let Some(attempt) = self.ledger.end(at) else {
                continue;
            };
            let state = self.ledger.campaign(attempt.campaign).state;
            let cancelled = attempt.unwanted || state == CampaignState::Cancelled;
            let pair = self.ledger.pair_mut(attempt.cluster, attempt.pair_index);
            match attempt.work {
                AttemptWork::Prologue => pair.prologue = ScriptState::Due,
                AttemptWork::Epilogue => pair.epilogue = ScriptState::Due,
                AttemptWork::Task(index) => {
                    let bag = &mut self.ledger.campaign_mut(attempt.campaign).bag;
                    if cancelled {
                        bag.settle(index, TaskState::Live, TaskState::Cancelled);
                    } else {
                        bag.put_back(index, TaskState::Live, Class::Front);
                    }
                }
            }
        }
        self.policies[submitted.cluster.index()].refused(submitted.pair_index, self.now);
        self.close_submission(id, submitted.cluster, submitted.unknown);
    }

    fn count_unknown(&mut self, id: CommandId, submitted: &mut crate::ledger::PendingSubmission) {
        let cluster = self.ledger.cluster_mut(submitted.cluster);
        if cluster.unanswered == Some(id) {
            cluster.unanswered = None;
        }
        if !std::mem::replace(&mut submitted.unknown, true) {
            cluster.unknown += 1;
        }
    }

    fn close_submission(&mut self, id: CommandId, cluster: crate::ids::ClusterId, unknown: bool) {
        let cluster = self.ledger.cluster_mut(cluster);
        if cluster.unanswered == Some(id) {
            cluster.unanswered = None;
        }
        cluster.unknown -= u32::from(unknown);
    }

    /// Keeps a fact about a job that an open submission may turn out to own.
    pub(super) fn keep_early(&mut self, cluster: crate::ids::ClusterId, fact: &Fact) -> bool {
        let cluster = self.ledger.cluster_mut(cluster);
        let open = cluster.unanswered.is_some() || cluster.unknown > 0;
        let keep = open && cluster.early.len() < crate::ledger::cluster::EARLY_MAX;
        if keep {
            cluster.early.push(fact.clone());
        } else if !open {
            cluster.early.clear();
        }
        keep
    }
}
