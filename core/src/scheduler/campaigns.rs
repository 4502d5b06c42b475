//! Facts about campaigns, users and clusters, and the end of campaigns.

use std::sync::Arc;

use crate::config::OnFailure;
use crate::fact::Outcome;
use crate::ids::{CampaignId, ClusterId};
use crate::jdl::params::{Parameters, TASKS_MAX};
use crate::jdl::spec::CampaignSpec;
use crate::job::StateCounts;
use crate::ledger::campaign::{Campaign, CampaignState};
use crate::ledger::pair::{Pair, ScriptState};
use crate::ledger::queue::Queue;
use crate::report::{CancelReason, CycleReport, Notice};
use crate::scheduler::Scheduler;
use crate::scheduler::jobs::{AfterJob, after};

impl Scheduler {
    pub(super) fn campaign_submitted(
        &mut self,
        id: CampaignId,
        user: &Arc<str>,
        spec: &Arc<CampaignSpec>,
    ) -> bool {
        let known = self.ledger.slot(id).is_some();
        let clusters = self.config.clusters.len();
        if known || spec.clusters.iter().any(|settings| settings.cluster.index() >= clusters) {
            return false;
        }
        let slot = self.ledger.campaigns.len() as u32;
        let user = (Arc::clone(user), self.ledger.user_index(user));
        self.ledger.campaigns.push(Campaign::new(id, user, Arc::clone(spec)));
        self.ledger.by_id.insert(id, slot);
        self.add_pairs(slot);
        true
    }

    /// Puts a campaign on its clusters, for the first time or again.
    fn add_pairs(&mut self, slot: u32) {
        let campaign = self.ledger.campaign(slot);
        let (id, user, spec) =
            (campaign.id, Arc::clone(&campaign.user), Arc::clone(&campaign.spec));
        for (cluster_position, settings) in (0..).zip(&spec.clusters) {
            let cluster = settings.cluster;
            let due = |script: bool| {
                if script { ScriptState::Due } else { ScriptState::None }
            };
            let rank = self.ledger.ranks.get(&(Arc::clone(&user), cluster)).copied();
            let pair_index = self.ledger.cluster_mut(cluster).add_pair(Pair {
                slot,
                campaign: id,
                cluster_position,
                settings: Arc::clone(settings),
                queue: Queue::default(),
                jobs: StateCounts::default(),
                prologue: due(settings.prologue.is_some()),
                epilogue: due(settings.epilogue.is_some()),
                script_retries: 0,
                events: 0,
                back_off: None,
                priority: rank.unwrap_or(0),
                reason: None,
            });
            self.policies[cluster.index()].add_pair(pair_index);
            self.ledger.campaign_mut(slot).pairs.push((cluster, pair_index));
        }
        if let Err(position) = self.ledger.open.binary_search(&slot) {
            self.ledger.open.insert(position, slot);
        }
    }

    pub(super) fn campaign_held(&mut self, id: CampaignId, report: &mut CycleReport) -> bool {
        let Some(slot) = self.in_state(id, CampaignState::InTreatment) else {
            return false;
        };
        self.ledger.campaign_mut(slot).state = CampaignState::Paused;
        self.flush_queues(slot);
        report.notice(Notice::CampaignPaused { campaign: id });
        true
    }

    pub(super) fn campaign_resumed(&mut self, id: CampaignId, report: &mut CycleReport) -> bool {
        let Some(slot) = self.in_state(id, CampaignState::Paused) else {
            return false;
        };
        self.ledger.campaign_mut(slot).state = CampaignState::InTreatment;
        report.notice(Notice::CampaignResumed { campaign: id });
        true
    }

    fn in_state(&self, id: CampaignId, state: CampaignState) -> Option<u32> {
        self.ledger.slot(id).filter(|&slot| self.ledger.campaign(slot).state == state)
    }

    fn flush_queues(&mut self, slot: u32) {
        for (cluster, pair_index) in self.ledger.campaign(slot).pairs.clone() {
            self.ledger.flush_queue(cluster, pair_index);
        }
    }

    pub(super) fn campaign_cancelled(&mut self, id: CampaignId, report: &mut CycleReport) -> bool {
        let Some(slot) = self.ledger.slot(id) else {
            return false;
        };
        if self.ledger.campaign(slot).state == CampaignState::Cancelled {
            return false;
        }
        self.flush_queues(slot);
        self.close_events_of(id, report);
        let campaign = self.ledger.campaign_mut(slot);
        campaign.state = CampaignState::Cancelled;
        campaign.bag.cancel();
        report.notice(Notice::CampaignCancelled { campaign: id });
        let jobs = self.ledger.attempts.iter();
        let jobs = jobs.filter(|(_, job)| job.campaign == slot && job.remote.is_some());
        let jobs: Vec<_> = jobs.map(|(at, job)| (at, job.cluster)).collect();
        for (at, cluster) in jobs {
            let cancels = &mut self.ledger.cluster_mut(cluster).cancels;
            cancels.insert(at, CancelReason::CampaignCancelled);
        }
        true
    }

    pub(super) fn jobs_added(
        &mut self,
        id: CampaignId,
        first: u32,
        parameters: &Arc<Parameters>,
    ) -> bool {
        let Some(slot) = self.ledger.slot(id) else {
            return false;
        };
        let campaign = self.ledger.campaign_mut(slot);
        let fits = parameters.len() <= TASKS_MAX - campaign.bag.total();
        if campaign.state == CampaignState::Cancelled
            || campaign.bag.total() != first
            || parameters.is_empty()
            || !fits
        {
            return false;
        }
        campaign.add(Arc::clone(parameters));
        if campaign.state == CampaignState::Terminated {
            campaign.state = CampaignState::InTreatment;
            if campaign.pairs.is_empty() {
                self.add_pairs(slot);
            }
        }
        true
    }

    pub(super) fn user_priority(
        &mut self,
        user: &Arc<str>,
        cluster: ClusterId,
        priority: i32,
    ) -> bool {
        if cluster.index() >= self.config.clusters.len() {
            return false;
        }
        let known = self.ledger.ranks.insert((Arc::clone(user), cluster), priority);
        if known.unwrap_or(0) == priority {
            return false;
        }
        for slot in self.ledger.open.clone() {
            if self.ledger.campaign(slot).user == *user
                && let Some(pair_index) = self.ledger.pair_index(slot, cluster)
            {
                self.ledger.pair_mut(cluster, pair_index).priority = priority;
            }
        }
        self.ledger.cluster_mut(cluster).disorder();
        true
    }

    /// Finishes campaigns whose tasks are settled, epilogues included, and takes those that
    /// have no job any more from their clusters.
    pub(super) fn settle_campaigns(&mut self, report: &mut CycleReport) {
        let mut left = false;
        for position in 0..self.ledger.open.len() {
            let slot = self.ledger.open[position];
            let campaign = self.ledger.campaign(slot);
            let idle = campaign.live == 0 && campaign.events == 0;
            if campaign.state == CampaignState::InTreatment
                && idle
                && campaign.bag.unsettled() == 0
                && self.epilogues_over(slot, report)
            {
                let campaign = self.ledger.campaign_mut(slot);
                campaign.state = CampaignState::Terminated;
                campaign.bag.compact();
                report.notice(Notice::CampaignFinished { campaign: campaign.id });
                self.end_all_back_offs(slot, report);
            }
            left |= !self.ledger.campaign(slot).is_open();
        }
        if left {
            self.remove_pairs();
        }
    }

    fn remove_pairs(&mut self) {
        let mut open = std::mem::take(&mut self.ledger.open);
        open.retain(|&slot| {
            let keep = self.ledger.campaign(slot).is_open();
            if !keep {
                for (cluster, pair_index) in
                    std::mem::take(&mut self.ledger.campaign_mut(slot).pairs)
                {
                    self.ledger.cluster_mut(cluster).remove_pair(pair_index);
                }
            }
            keep
        });
        self.ledger.open = open;
    }

    /// Returns whether no epilogue of a campaign is still to be run, and leaves out those that
    /// cannot.
    fn epilogues_over(&mut self, slot: u32, report: &mut CycleReport) -> bool {
        let mut over = true;
        for position in 0..self.ledger.campaign(slot).pairs.len() {
            let (cluster, pair_index) = self.ledger.campaign(slot).pairs[position];
            let usable = self.usable(cluster);
            let pair = self.ledger.pair_mut(cluster, pair_index);
            if pair.epilogue != ScriptState::Due {
                continue;
            }
            // Without its prologue there is nothing to clean up.
            if usable && pair.prologue_passed() {
                over = false;
            } else {
                pair.epilogue = ScriptState::Skipped;
                let campaign = pair.campaign;
                report.notice(Notice::EpilogueSkipped { campaign, cluster });
            }
        }
        over
    }

    /// Returns whether a prologue or epilogue that ended in this way is tried again.
    pub(super) fn script_retried(
        &mut self,
        cluster: ClusterId,
        pair_index: crate::ids::PairIndex,
        outcome: Outcome,
    ) -> bool {
        let max = match (after(outcome), self.config.on_failure) {
            (AfterJob::Again(_), _) => self.config.resubmits_max,
            (_, OnFailure::Retry { max }) => max,
            (_, OnFailure::Block | OnFailure::Ignore) => return false,
        };
        let pair = self.ledger.pair_mut(cluster, pair_index);
        let again = pair.script_retries < max;
        pair.script_retries += u16::from(again);
        again
    }
}
