//! How far everything is: questions that a front end, a report or a test may ask between two cycles.

use std::borrow::Cow;
use std::sync::Arc;

use crate::ids::{CampaignId, ClusterId, EventId, TaskId};
use crate::jdl::params::tasks::TaskParameters;
use crate::jdl::spec::CampaignSpec;
use crate::job::StateCounts;
use crate::ledger::OpenEvent;
use crate::ledger::campaign::{Campaign, CampaignState};
use crate::ledger::task_state::{TaskCounts, TaskState};
use crate::report::Reason;
use crate::scheduler::Scheduler;

/// How far a campaign is.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignProgress {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Whose.
    pub user: Arc<str>,
    /// Its state.
    pub state: CampaignState,
    /// All its tasks.
    pub total: u32,
    /// Its tasks by state.
    pub tasks: TaskCounts,
    /// Jobs asked for so far, without prologues and epilogues.
    pub attempts: u64,
    /// Jobs killed because an owner's job came.
    pub killed: u64,
    /// Jobs that are or may be alive, prologues and epilogues included.
    pub live: u32,
    /// Its open events.
    pub events: u32,
}

/// How far a campaign is on a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct PairProgress {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which cluster.
    pub cluster: ClusterId,
    /// Tasks in its queue there.
    pub queued: u32,
    /// Its jobs there, by state.
    pub jobs: StateCounts,
    /// Jobs a cycle that the policy would grant if nothing held the campaign back.
    pub rate: f64,
    /// Why it did not get more in the last cycle; none when it had nothing to send.
    pub reason: Option<Reason>,
}

impl Scheduler {
    /// Lists all campaigns, in the order of submission.
    pub fn campaigns(&self) -> impl Iterator<Item = CampaignProgress> {
        self.ledger.campaigns.iter().map(progress)
    }

    /// Returns how far a campaign is; none when it is unknown.
    pub fn campaign(&self, campaign: CampaignId) -> Option<CampaignProgress> {
        self.ledger.slot(campaign).map(|slot| progress(self.ledger.campaign(slot)))
    }

    /// Returns whether anything can still happen to a campaign.
    pub fn is_open(&self, campaign: CampaignId) -> bool {
        self.ledger.slot(campaign).is_some_and(|slot| self.ledger.campaign(slot).is_open())
    }

    /// Returns what a campaign asked for.
    pub fn spec(&self, campaign: CampaignId) -> Option<&Arc<CampaignSpec>> {
        self.ledger.slot(campaign).map(|slot| &self.ledger.campaign(slot).spec)
    }

    /// Returns the state of a task; none when there is no such.
    pub fn task_state(&self, task: TaskId) -> Option<TaskState> {
        let slot = self.ledger.slot(task.campaign)?;
        self.ledger.campaign(slot).bag.state(task.index)
    }

    /// Returns the parameters of a campaign's tasks; none when it is unknown.
    pub fn parameters(&self, campaign: CampaignId) -> Option<&TaskParameters> {
        self.ledger.slot(campaign).map(|slot| &self.ledger.campaign(slot).parameters)
    }

    /// Returns the parameter of a task.
    pub fn parameter(&self, task: TaskId) -> Option<Cow<'_, str>> {
        let slot = self.ledger.slot(task.campaign)?;
        self.ledger.campaign(slot).parameter(task.index)
    }

    /// Lists the campaigns of a cluster, in the order in which they are served.
    pub fn pairs(&self, cluster: ClusterId) -> impl Iterator<Item = PairProgress> {
        let known = self.ledger.clusters.get(cluster.index()).into_iter();
        known.flat_map(|known| known.pairs()).map(move |(pair_index, pair)| PairProgress {
            campaign: pair.campaign,
            cluster,
            queued: pair.queue.len(),
            jobs: pair.jobs,
            rate: self.policies[cluster.index()].rate(pair_index),
            reason: pair.reason.clone(),
        })
    }

    /// Lists the open events, in the order in which they were opened.
    pub fn open_events(&self) -> impl Iterator<Item = (EventId, &OpenEvent)> {
        self.ledger.events.iter().map(|(id, event)| (*id, event))
    }

    /// Returns the number of jobs that are or may be alive.
    pub fn live_jobs(&self) -> usize {
        self.ledger.attempts.len()
    }

    /// Returns whether every campaign is over and every job gone.
    pub fn is_idle(&self) -> bool {
        self.ledger.open.is_empty()
    }
}

fn progress(campaign: &Campaign) -> CampaignProgress {
    CampaignProgress {
        campaign: campaign.id,
        user: Arc::clone(&campaign.user),
        state: campaign.state,
        total: campaign.bag.total(),
        tasks: campaign.bag.counts(),
        attempts: campaign.attempts,
        killed: campaign.killed,
        live: campaign.live,
        events: campaign.events,
    }
}
