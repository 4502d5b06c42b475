//! Nothing idles beside what waits, where the placement lets it move: a cluster with free cores serves what
//! is queued for another, and jobs that wait inside a full cluster are recalled for it. Sends nothing.

use crate::ids::{ClusterId, PairIndex};
use crate::job::JobState;
use crate::ledger::attempt::{Attempt, AttemptRef, AttemptWork};
use crate::ledger::pair::Pair;
use crate::ledger::task_state::TaskState;
use crate::policy::Offer;
use crate::report::CancelReason;
use crate::scheduler::Scheduler;
use crate::time::Duration;

/// A job has waited inside a cluster for so long before it is recalled: it may be about to start.
const RECALL_AFTER: Duration = Duration::from_seconds(60);

impl Scheduler {
    /// Returns whether a cluster may be sent what is planned for others.
    pub(super) fn may_borrow(&self, id: ClusterId) -> bool {
        let others = self.config.clusters.len() > 1;
        others
            && self.steps.placement.moves()
            && self.usable(id)
            && self.ledger.cluster(id).stress.is_none()
    }

    /// Returns the number of cores on which nobody's job runs, and for which none of ours is on its way.
    pub(super) fn free_cores(&self, id: ClusterId) -> u32 {
        let cluster = self.ledger.cluster(id);
        let Some(snapshot) = &cluster.snapshot else { return 0 };
        let (mut coming, mut running) = (0_u32, 0_u32);
        for (_, pair) in cluster.pairs() {
            let cores = pair.settings.cores.max(1);
            let started = pair.jobs.of(JobState::Running);
            let others = pair.jobs.total() - started;
            coming = coming.saturating_add(others.saturating_mul(cores));
            running = running.saturating_add(started.saturating_mul(cores));
        }
        // What has started since the snapshot still looks idle in it.
        let since = running.saturating_sub(snapshot.ours.running_cores);
        snapshot.free_cores().saturating_sub(coming).saturating_sub(since)
    }

    /// Returns how many jobs of a campaign a cluster with so many free cores could do now, if something of it is
    /// on other clusters; else 0.
    pub(super) fn takes_over(&self, id: ClusterId, pair: &Pair, free_cores: u32) -> u32 {
        let campaign = self.ledger.campaign(pair.slot);
        let waits = |(other, pair_index): &(ClusterId, PairIndex)| {
            let pair = self.ledger.pair(*other, *pair_index);
            *other != id && (pair.queue.len() > 0 || pair.jobs.of(JobState::Waiting) > 0)
        };
        let fit = pair.room().min(free_cores / pair.settings.cores.max(1));
        if fit > 0 && campaign.pairs.iter().any(waits) { fit } else { 0 }
    }

    /// Recalls jobs that wait inside full clusters, where a cluster that [may borrow](Self::may_borrow) and
    /// has so many free cores has nothing to do: they are deleted, and done again when they are known to be
    /// over.
    pub(super) fn recall(&mut self, id: ClusterId, free_cores: u32) {
        for position in 0..self.ledger.cluster(id).order().len() {
            let pair_index = self.ledger.cluster(id).order()[position];
            let pair = self.ledger.pair(id, pair_index);
            let counts = self.ledger.campaign(pair.slot).bag.counts();
            let idle = counts.of(TaskState::Pending) == 0 && counts.of(TaskState::Queued) == 0;
            if !idle || self.obstacle(pair).is_some() {
                continue;
            }
            let fit = self.takes_over(id, pair, free_cores);
            if fit == 0 {
                continue;
            }
            let Offer::Take(jobs, _) = self.offer(id, position) else { continue };
            let waiting = self.long_waiting(id, pair_index, jobs.min(fit));
            if waiting.is_empty() {
                continue;
            }
            for at in waiting {
                let attempt = self.ledger.attempts.get_mut(at).expect("it was just found");
                attempt.recalled_for = Some(id);
                let cancels = &mut self.ledger.clusters[attempt.cluster.index()].cancels;
                cancels.entry(at).or_insert(CancelReason::NeededElsewhere);
            }
            return;
        }
    }

    /// Queues a task that was recalled, and is in the bag now, for the cluster that has room for it: else
    /// the full one could get it again.
    pub(super) fn queue_where_needed(&mut self, attempt: &Attempt, index: u32) {
        let Some(id) = attempt.recalled_for else { return };
        let Some(pair_index) = self.ledger.pair_index(attempt.campaign, id) else { return };
        let pair = self.ledger.pair(id, pair_index);
        if pair.room() > 0 && self.may_borrow(id) && self.obstacle(pair).is_none() {
            self.ledger.queue_task(id, pair_index, index, self.now);
        }
    }

    /// Returns the jobs of a campaign that wait in full clusters other than this one, those first that came
    /// last; so many at most, with those that were recalled already.
    fn long_waiting(&self, id: ClusterId, pair_index: PairIndex, most: u32) -> Vec<AttemptRef> {
        let slot = self.ledger.pair(id, pair_index).slot;
        let (mut found, mut under_way) = (Vec::new(), 0);
        for (at, attempt) in self.ledger.attempts.iter().filter(|(_, it)| it.campaign == slot) {
            if attempt.recalled_for.is_some() {
                under_way += 1;
                continue;
            }
            let long = self.now.since(attempt.submitted_at) >= RECALL_AFTER;
            let going = attempt.gave_up_waiting || attempt.unwanted || attempt.deletions > 0;
            let task = matches!(attempt.work, AttemptWork::Task(_));
            let waits = attempt.state == JobState::Waiting && attempt.cluster != id;
            if waits && long && task && !going && self.is_full(attempt.cluster) {
                found.push(at);
            }
        }
        found.sort_unstable_by_key(|at| std::cmp::Reverse(at.serial));
        found.truncate((most as usize).saturating_sub(under_way));
        found
    }

    /// Returns whether nobody's core is free on a cluster that was seen.
    fn is_full(&self, id: ClusterId) -> bool {
        self.ledger.cluster(id).snapshot.as_ref().is_some_and(|seen| seen.free_cores() == 0)
    }
}
