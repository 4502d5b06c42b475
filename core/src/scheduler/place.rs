//! What can be dealt from the bags to the queues of the clusters, and doing it. To which cluster each task
//! goes is said by the placement.

use std::cell::LazyCell;

use crate::ids::{ClusterId, Seat};
use crate::ledger::campaign::CampaignState;
use crate::ledger::couple::Couple;
use crate::policy::{ClusterView, CoupleView};
use crate::report::{CycleReport, Reason};
use crate::scheduler::Scheduler;
use crate::sharing::placement::Dealt;

impl Scheduler {
    /// Shows each cluster to its policy.
    pub(super) fn begin_policies(&mut self) {
        for cluster in self.cluster_ids() {
            self.look(cluster);
            let usable = self.usable(cluster);
            let Scheduler { ledger, policies, scratch, now, .. } = self;
            let ledger = ledger.cluster(cluster);
            policies[cluster.index()].begin(&ClusterView {
                now: *now,
                snapshot: ledger.snapshot.as_ref(),
                usable,
                couples: &scratch.views[cluster.index()],
            });
        }
    }

    fn look(&mut self, cluster: ClusterId) {
        let now = self.now;
        let mut views = std::mem::take(&mut self.scratch.views[cluster.index()]);
        views.clear();
        let free_cores = LazyCell::new(|| self.free_cores(cluster));
        let borrows = self.may_borrow(cluster);
        for (seat, couple) in self.ledger.cluster(cluster).couples() {
            let campaign = self.ledger.campaign(couple.slot);
            let queued = couple.queue.len();
            let waits = couple.back_off.is_some_and(|waits| waits.until > now);
            let wanted =
                campaign.state == CampaignState::InTreatment && couple.events == 0 && !waits;
            let has_tasks = queued > 0 || campaign.bag.pending() > 0;
            let elsewhere = |couple| borrows && self.takes_over(cluster, couple, *free_cores) > 0;
            views.push(CoupleView {
                seat,
                campaign: couple.campaign,
                jobs: couple.jobs,
                queued,
                has_work: wanted && (has_tasks || elsewhere(couple)),
                cores: couple.settings.cores.max(1),
            });
        }
        self.scratch.views[cluster.index()] = views;
    }

    pub(super) fn cluster_view(&self, cluster: ClusterId) -> ClusterView<'_> {
        ClusterView {
            now: self.now,
            snapshot: self.ledger.cluster(cluster).snapshot.as_ref(),
            usable: self.usable(cluster),
            couples: &self.scratch.views[cluster.index()],
        }
    }

    /// Moves tasks from the bags to the queues, as the placement says.
    pub(super) fn place_tasks(&mut self, report: &mut CycleReport) {
        let mut table = std::mem::take(&mut self.scratch.table);
        table.clear(self.config.clusters.len(), self.ledger.campaigns.len());
        for cluster in self.cluster_ids() {
            let known = self.ledger.cluster(cluster);
            if !self.usable(cluster) || known.stress.is_some() {
                continue;
            }
            for (seat, couple) in known.couples() {
                let left = self.ledger.campaign(couple.slot).bag.pending();
                let room = self.room(cluster, seat, couple);
                if left > 0 && room > 0 && self.hindrance(couple).is_none() {
                    table.add(cluster, (couple.campaign, seat), room, (couple.slot, left));
                }
            }
        }
        self.steps.placement.place(&mut table);
        for &Dealt { cluster, seat } in table.dealt() {
            let dealt = self.ledger.deal(cluster, seat, self.now);
            assert!(dealt, "the table counts a task that is not in the bag");
            report.dealt += 1;
        }
        self.scratch.table = table;
    }

    /// What keeps a campaign from using a cluster at all.
    pub(super) fn hindrance(&self, couple: &Couple) -> Option<Reason> {
        match self.ledger.campaign(couple.slot).state {
            CampaignState::Paused => Some(Reason::Paused),
            CampaignState::Terminated | CampaignState::Cancelled => Some(Reason::NothingLeft),
            CampaignState::InTreatment if couple.events > 0 => {
                Some(Reason::Blocked { events: couple.events })
            }
            CampaignState::InTreatment => match couple.back_off {
                Some(waits) if waits.until > self.now => {
                    Some(Reason::NotNow { until: waits.until })
                }
                _ if !couple.prologue_passed() => Some(Reason::PrologueFirst),
                _ => self.too_unclear(couple),
            },
        }
    }

    /// Whether too many submissions of a campaign have an unknown outcome.
    pub(super) fn too_unclear(&self, couple: &Couple) -> Option<Reason> {
        let (cluster, max) = (couple.settings.cluster, self.config.unknown_max_of_campaign);
        let unknown = self.ledger.clusters.get(cluster.index())?.unknown;
        if unknown < max {
            return None;
        }
        let mut submitted = 0;
        for known in self.ledger.submitted.values() {
            let ours = known.cluster == cluster && known.campaign == couple.campaign;
            submitted += u32::from(ours && known.unknown);
        }
        (submitted >= max).then_some(Reason::OutcomesUnknown { commands: submitted })
    }

    fn room(&self, cluster: ClusterId, seat: Seat, couple: &Couple) -> u32 {
        let queued = couple.queue.len();
        let depth = self.policies[cluster.index()].depth(seat);
        depth.saturating_sub(queued).min(couple.room()).min(self.config.dealt_max)
    }
}
