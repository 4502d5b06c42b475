//! The campaigns of a cluster as the deciding steps see them, and putting them in order.

use crate::ids::{ClusterId, Seat};
use crate::ledger::couple::Couple;
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
                let seats = candidates.iter().map(|candidate| candidate.seat);
                self.ledger.cluster_mut(id).put_in_order(seats);
                self.scratch.candidates = candidates;
            }
        }
    }

    /// Lists the campaigns of a cluster, in order, in memory that is to be given back.
    pub(super) fn candidates(&mut self, id: ClusterId, source: Source) -> Vec<Candidate> {
        let mut candidates = std::mem::take(&mut self.scratch.candidates);
        candidates.clear();
        let couples = self.ledger.cluster(id).couples();
        candidates.extend(couples.map(|(seat, couple)| self.candidate(seat, couple, source)));
        candidates
    }

    fn candidate(&self, seat: Seat, couple: &Couple, source: Source) -> Candidate {
        let campaign = self.ledger.campaign(couple.slot);
        let tasks = campaign.bag.counts();
        let queued = couple.queue.counts();
        let here = queued.iter().any(|tasks| *tasks > 0);
        let has_tasks = match source {
            Source::Here => here,
            // What is in the bag is dealt to this cluster first.
            Source::Elsewhere { .. } => {
                !here && tasks.of(TaskState::Pending) == 0 && tasks.of(TaskState::Queued) > 0
            }
        };
        Candidate {
            seat,
            campaign: couple.campaign,
            user: campaign.user_index,
            test_mode: couple.settings.test_mode,
            priority: couple.priority,
            jobs: couple.jobs,
            queued,
            tasks,
            cores: couple.settings.cores.max(1),
            room: couple.room(),
            ready: has_tasks && self.hindrance(couple).is_none(),
        }
    }
}
