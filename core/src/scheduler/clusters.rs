//! Facts about clusters: faults that pass by themselves or need a person, the operator's word, stress,
//! and jobs found there that belong to no one any more.

use crate::fact::ClusterFault;
use crate::ids::{CampaignId, ClusterId, RemoteJobId};
use crate::ledger::cluster::{Fault, ORPHANS_MAX};
use crate::report::{Closing, CycleReport, EventCause};
use crate::scheduler::Scheduler;
use crate::time::Timestamp;

impl Fault {
    /// Returns when it is over if nothing further happens; never when it needs a person, or an answer.
    fn ends(&self, delay: crate::time::Duration) -> Timestamp {
        match (self.answers, self.fixed, self.fault.passes()) {
            (true, true, _) => Timestamp::ZERO,
            (true, false, true) => self.seen_at + delay,
            (true, false, false) | (false, _, _) => Timestamp::NEVER,
        }
    }
}

impl Scheduler {
    /// Returns whether new work can be sent to a cluster and planned there.
    pub(super) fn usable(&self, id: ClusterId) -> bool {
        let cluster = self.ledger.cluster(id);
        cluster.fault.is_none() && cluster.disabled.is_none() && !self.retired(id)
    }

    pub(super) fn retired(&self, id: ClusterId) -> bool {
        self.config.clusters[id.index()].retired
    }

    pub(super) fn cluster_lost(
        &mut self,
        id: ClusterId,
        fault: ClusterFault,
        report: &mut CycleReport,
    ) -> bool {
        let now = self.now;
        let Some(cluster) = self.ledger.clusters.get_mut(id.index()) else {
            return false;
        };
        if let Some(known) = &mut cluster.fault {
            let news = known.answers;
            (known.answers, known.seen_at) = (false, now);
            // What needs a person is not hidden behind what passes.
            if fault.passes() || !known.fault.passes() {
                return news;
            }
            let event = known.event;
            self.close(event, Closing::Passed, report);
        }
        let event = self.raise_for_cluster(id, EventCause::Fault(fault), report);
        let fault = Fault { event, fault, seen_at: now, answers: false, fixed: false };
        self.ledger.cluster_mut(id).fault = Some(fault);
        true
    }

    pub(super) fn cluster_back(&mut self, id: ClusterId) -> bool {
        let cluster = self.ledger.clusters.get_mut(id.index());
        let fault = cluster.and_then(|cluster| cluster.fault.as_mut());
        fault.is_some_and(|fault| !std::mem::replace(&mut fault.answers, true))
    }

    /// A person says that a fault is dealt with; it is over when the cluster answers.
    pub(super) fn fault_fixed(&mut self, id: ClusterId) -> bool {
        let fault = self.ledger.cluster_mut(id).fault.as_mut().expect("its event is open");
        !std::mem::replace(&mut fault.fixed, true)
    }

    /// Closes the faults that are over.
    pub(super) fn end_faults(&mut self, report: &mut CycleReport) {
        for id in self.cluster_ids() {
            let Some(fault) = self.ledger.cluster(id).fault else {
                continue;
            };
            if self.fault_ends(id) <= self.now {
                let closing = if fault.fixed { Closing::Fixed } else { Closing::Passed };
                self.ledger.cluster_mut(id).fault = None;
                self.close(fault.event, closing, report);
            }
        }
    }

    /// Returns when the fault of a cluster is over if nothing further happens.
    pub(super) fn fault_ends(&self, id: ClusterId) -> Timestamp {
        let fault = self.ledger.cluster(id).fault;
        let delay = self.config.clusters[id.index()].autofix_delay;
        fault.map_or(Timestamp::NEVER, |fault| fault.ends(delay))
    }

    pub(super) fn cluster_disabled(&mut self, id: ClusterId, report: &mut CycleReport) -> bool {
        let enabled = |cluster: &crate::ledger::cluster::Cluster| cluster.disabled.is_none();
        if !self.ledger.clusters.get(id.index()).is_some_and(enabled) {
            return false;
        }
        let event = self.raise_for_cluster(id, EventCause::Disabled, report);
        self.ledger.cluster_mut(id).disabled = Some(event);
        true
    }

    pub(super) fn cluster_stressed(
        &mut self,
        id: ClusterId,
        stressed: bool,
        report: &mut CycleReport,
    ) -> bool {
        let Some(cluster) = self.ledger.clusters.get_mut(id.index()) else {
            return false;
        };
        match (cluster.stress.take(), stressed) {
            (None, true) => {
                let event = self.raise_for_cluster(id, EventCause::Stress, report);
                self.ledger.cluster_mut(id).stress = Some(event);
                true
            }
            (Some(event), false) => {
                self.close(event, Closing::Passed, report);
                true
            }
            (known, _) => {
                cluster.stress = known;
                false
            }
        }
    }

    /// A job of a submission given up was found. It is deleted again and again until its end is known.
    pub(super) fn job_found(
        &mut self,
        id: ClusterId,
        job: RemoteJobId,
        campaign: CampaignId,
    ) -> bool {
        let now = self.now;
        let Some(cluster) = self.ledger.clusters.get_mut(id.index()) else {
            return false;
        };
        let known = cluster.remote.contains_key(&job) || cluster.orphans.contains_key(&job);
        if known || cluster.orphans.len() >= ORPHANS_MAX {
            return false;
        }
        cluster.orphans.insert(job, (campaign, now));
        true
    }
}
