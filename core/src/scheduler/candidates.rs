//! The campaigns of a cluster as the deciding steps see them, and putting them in order.

use crate::ids::{ClusterId, PairIndex};
use crate::ledger::pair::Pair;
use crate::ledger::task_state::TaskState;
use crate::scheduler::Scheduler;
use crate::sharing::Candidate;
use crate::sharing::selection::Source;

impl Scheduler {
    /// Puts the campaigns of each cluster in the order in which they are looked at, where that may have
    /// changed.
    pub(super) fn put_in_order(&mut self) {
        let varies = self.steps.order.varies();
        for id in self.cluster_ids() {
            if varies || !self.ledger.cluster(id).is_in_order() {
                let mut candidates = self.candidates(id, Source::Here);
                self.steps.order.sort(&mut candidates);
                let pairs = candidates.iter().map(|candidate| candidate.pair_index);
                self.ledger.cluster_mut(id).put_in_order(pairs);
                self.scratch.candidates = candidates;
            }
        }
    }

    /// Lists the campaigns of a cluster, in order, in memory that is to be given back.
    pub(super) fn candidates(&mut self, id: ClusterId, source: Source) -> Vec<Candidate> {
        let mut candidates = std::mem::take(&mut self.scratch.candidates);
        candidates.clear();
        let pairs = self.ledger.cluster(id).pairs();
        candidates.extend(pairs.map(|(pair_index, pair)| self.candidate(pair_index, pair, source)));
        candidates
    }

    fn candidate(&self, pair_index: PairIndex, pair: &Pair, source: Source) -> Candidate {
        let campaign = self.ledger.campaign(pair.slot);
        let tasks = campaign.bag.counts();
        let queued = pair.queue.counts();
        let here = queued.iter().any(|tasks| *tasks > 0);
        let has_tasks = match source {
            Source::Here => here,
            // What is in the bag is placed on this cluster first.
            Source::Elsewhere { .. } => {
                !here && tasks.of(TaskState::Pending) == 0 && tasks.of(TaskState::Queued) > 0
            }
        };
        Candidate {
            pair_index,
            campaign: pair.campaign,
            user: campaign.user_index,
            test_mode: pair.settings.test_mode,
            priority: pair.priority,
            jobs: pair.jobs,
            queued,
            tasks,
            cores: pair.settings.cores.max(1),
            room: pair.room(),
            ready: has_tasks && self.obstacle(pair).is_none(),
        }
    }
}
