//! Dealing tasks from the bags to the queues of the clusters: one task a cluster and round, so that a
//! campaign spreads over its clusters; the next campaign gets a cluster when the one ahead has its fill.

use crate::ids::ClusterId;
use crate::ids::Seat;
use crate::ledger::campaign::CampaignState;
use crate::ledger::couple::Couple;
use crate::policy::{ClusterView, CoupleView};
use crate::report::{CycleReport, Reason};
use crate::scheduler::Scheduler;

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
        for (seat, couple) in self.ledger.cluster(cluster).couples() {
            let campaign = self.ledger.campaign(couple.slot);
            let queued = couple.queue.len();
            let waits = couple.back_off.is_some_and(|waits| waits.until > now);
            let wanted =
                campaign.state == CampaignState::InTreatment && couple.events == 0 && !waits;
            let has_tasks = queued > 0 || campaign.bag.pending() > 0;
            views.push(CoupleView {
                seat,
                campaign: couple.campaign,
                jobs: couple.jobs,
                queued,
                has_work: wanted && (has_tasks || self.waits_elsewhere(cluster, couple)),
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

    pub(super) fn deal_tasks(&mut self, report: &mut CycleReport) {
        for cluster in self.cluster_ids() {
            let mut rooms = std::mem::take(&mut self.scratch.rooms[cluster.index()]);
            rooms.clear();
            rooms.extend(self.rooms_on(cluster));
            self.scratch.rooms[cluster.index()] = rooms;
            self.scratch.places[cluster.index()] = 0;
        }
        let mut dealt = true;
        while dealt {
            dealt = false;
            for cluster in self.cluster_ids() {
                if self.deal_one(cluster) {
                    report.dealt += 1;
                    dealt = true;
                }
            }
        }
    }

    /// Deals one task to a cluster: of the first campaign that has both room there and a task.
    fn deal_one(&mut self, cluster: ClusterId) -> bool {
        let Scheduler { ledger, scratch, now, .. } = self;
        let place = &mut scratch.places[cluster.index()];
        while let Some((seat, room)) = scratch.rooms[cluster.index()].get_mut(*place) {
            if *room > 0 && ledger.deal(cluster, *seat, *now) {
                *room -= 1;
                return true;
            }
            *place += 1;
        }
        false
    }

    /// The campaigns that may be dealt tasks on a cluster, in order, with how many each.
    fn rooms_on(&self, cluster: ClusterId) -> impl Iterator<Item = (Seat, u32)> + '_ {
        let ledger = self.ledger.cluster(cluster);
        let open = self.usable(cluster) && ledger.stress.is_none();
        let couples = ledger.couples().filter(move |_| open);
        couples.filter_map(move |(seat, couple)| match self.hindrance(couple) {
            Some(_) => None,
            None => Some((seat, self.room(cluster, seat, couple))),
        })
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
        let by_depth = depth.saturating_sub(queued);
        let used = couple.jobs.total() + queued;
        let by_jobs = couple.max_jobs().map_or(u32::MAX, |max| max.saturating_sub(used));
        by_depth.min(by_jobs).min(self.config.dealt_max)
    }
}
