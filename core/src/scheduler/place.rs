//! Places tasks of the bags in the queues of the clusters. To which cluster each task
//! goes is said by the placement.

use std::cell::LazyCell;

use crate::ids::{ClusterId, PairIndex};
use crate::ledger::campaign::CampaignState;
use crate::ledger::pair::Pair;
use crate::policy::{ClusterView, PairView};
use crate::report::{CycleReport, Reason};
use crate::scheduler::Scheduler;
use crate::sharing::placement::Placed;

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
                pairs: &scratch.views[cluster.index()],
            });
        }
    }

    fn look(&mut self, cluster: ClusterId) {
        let now = self.now;
        let mut views = std::mem::take(&mut self.scratch.views[cluster.index()]);
        views.clear();
        let free_cores = LazyCell::new(|| self.free_cores(cluster));
        let borrows = self.may_borrow(cluster);
        for (pair_index, pair) in self.ledger.cluster(cluster).pairs() {
            let campaign = self.ledger.campaign(pair.slot);
            let queued = pair.queue.len();
            let waits = pair.back_off.is_some_and(|waits| waits.until > now);
            let wanted = campaign.state == CampaignState::InTreatment && pair.events == 0 && !waits;
            let has_tasks = queued > 0 || campaign.bag.pending() > 0;
            let elsewhere = |pair| borrows && self.takes_over(cluster, pair, *free_cores) > 0;
            views.push(PairView {
                pair_index,
                campaign: pair.campaign,
                jobs: pair.jobs,
                queued,
                has_work: wanted && (has_tasks || elsewhere(pair)),
                cores: pair.settings.cores.max(1),
            });
        }
        self.scratch.views[cluster.index()] = views;
    }

    pub(super) fn cluster_view(&self, cluster: ClusterId) -> ClusterView<'_> {
        ClusterView {
            now: self.now,
            snapshot: self.ledger.cluster(cluster).snapshot.as_ref(),
            usable: self.usable(cluster),
            pairs: &self.scratch.views[cluster.index()],
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
            for (pair_index, pair) in known.pairs() {
                let left = self.ledger.campaign(pair.slot).bag.pending();
                let room = self.room(cluster, pair_index, pair);
                if left > 0 && room > 0 && self.obstacle(pair).is_none() {
                    table.add(cluster, (pair.campaign, pair_index), room, (pair.slot, left));
                }
            }
        }
        self.steps.placement.place(&mut table);
        for &Placed { cluster, pair_index } in table.placed() {
            let queued = self.ledger.queue_next(cluster, pair_index, self.now);
            assert!(queued, "the table counts a task that is not in the bag");
            report.placed += 1;
        }
        self.scratch.table = table;
    }

    /// Returns what keeps a campaign from using a cluster at all.
    pub(super) fn obstacle(&self, pair: &Pair) -> Option<Reason> {
        match self.ledger.campaign(pair.slot).state {
            CampaignState::Paused => Some(Reason::Paused),
            CampaignState::Terminated | CampaignState::Cancelled => Some(Reason::NothingLeft),
            CampaignState::InTreatment if pair.events > 0 => {
                Some(Reason::Blocked { events: pair.events })
            }
            CampaignState::InTreatment => match pair.back_off {
                Some(waits) if waits.until > self.now => {
                    Some(Reason::NotNow { until: waits.until })
                }
                _ if !pair.prologue_passed() => Some(Reason::PrologueFirst),
                _ => self.too_unclear(pair),
            },
        }
    }

    /// Returns the reason to wait when too many submissions of a campaign have an unknown outcome.
    pub(super) fn too_unclear(&self, pair: &Pair) -> Option<Reason> {
        let (cluster, max) = (pair.settings.cluster, self.config.unknown_max_of_campaign);
        let unknown = self.ledger.clusters.get(cluster.index())?.unknown;
        if unknown < max {
            return None;
        }
        let mut submitted = 0;
        for known in self.ledger.submitted.values() {
            let ours = known.cluster == cluster && known.campaign == pair.campaign;
            submitted += u32::from(ours && known.unknown);
        }
        (submitted >= max).then_some(Reason::OutcomesUnknown { commands: submitted })
    }

    fn room(&self, cluster: ClusterId, pair_index: PairIndex, pair: &Pair) -> u32 {
        let queued = pair.queue.len();
        let depth = self.policies[cluster.index()].depth(pair_index);
        depth.saturating_sub(queued).min(pair.room()).min(self.config.placed_max)
    }
}
