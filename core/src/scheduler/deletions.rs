//! Deletions that a cluster refuses: an event for the user, open as long as jobs of the campaign are there that
//! were to be deleted. They are deleted again in any case; see the limits.

use std::collections::BTreeSet;

use crate::fact::Refusal;
use crate::ids::{CampaignId, ClusterId, EventId, RemoteJobId};
use crate::ledger::OpenEvent;
use crate::ledger::attempt::AttemptRef;
use crate::report::{Closing, CycleReport, EventCause};
use crate::scheduler::Scheduler;
use crate::time::Timestamp;

impl Scheduler {
    /// Opens an event for each campaign that has such jobs there, unless one is open.
    pub(super) fn deletion_refused(
        &mut self,
        cluster: ClusterId,
        jobs: &[RemoteJobId],
        reason: Refusal,
        report: &mut CycleReport,
    ) -> bool {
        let of = jobs.iter().filter_map(|job| self.campaign_of(cluster, *job));
        let mut campaigns: BTreeSet<CampaignId> = of.collect();
        campaigns.retain(|campaign| self.ledger.slot(*campaign).is_some());
        for event in self.ledger.events.values() {
            if let (EventCause::Undeleted(_), true, Some(campaign)) =
                (event.cause, event.cluster == cluster, event.campaign)
            {
                campaigns.remove(&campaign);
            }
        }
        for &campaign in &campaigns {
            self.open(Some(campaign), cluster, EventCause::Undeleted(reason), report);
        }
        !campaigns.is_empty()
    }

    /// Closes the events of jobs that are gone.
    pub(super) fn end_refused_deletions(&mut self, report: &mut CycleReport) {
        let refused = |event: &OpenEvent| matches!(event.cause, EventCause::Undeleted(_));
        let events = self.ledger.events.iter().filter(|(_, event)| refused(event));
        let over = events.filter(|(_, event)| !self.has_jobs_to_delete(event));
        let over: Vec<EventId> = over.map(|(id, _)| *id).collect();
        for event in over {
            self.close(event, Closing::Passed, report);
        }
    }

    /// Returns whether jobs that were to be deleted are still there.
    fn has_jobs_to_delete(&self, event: &OpenEvent) -> bool {
        let orphans = &self.ledger.cluster(event.cluster).orphans;
        let of_it = |campaign: CampaignId| event.campaign == Some(campaign);
        orphans.values().any(|(campaign, _)| of_it(*campaign))
            || self.jobs_to_delete(event).next().is_some()
    }

    fn jobs_to_delete(&self, event: &OpenEvent) -> impl Iterator<Item = AttemptRef> {
        let slot = event.campaign.and_then(|campaign| self.ledger.slot(campaign));
        let named = self.ledger.cluster(event.cluster).remote.values().copied();
        named.filter(move |at| {
            let attempt = self.ledger.attempts.get(*at);
            attempt.is_some_and(|it| Some(it.campaign) == slot && it.deletions > 0)
        })
    }

    /// A person says that what kept jobs from being deleted is dealt with.
    pub(super) fn delete_at_once(&mut self, event: &OpenEvent) {
        let jobs: Vec<AttemptRef> = self.jobs_to_delete(event).collect();
        for at in jobs {
            let attempt = self.ledger.attempts.get_mut(at).expect("it was there just now");
            // Back to the shortest pause, and not to zero: it is still to be deleted.
            attempt.deletions = 1;
            self.ledger.set_deadline(at, self.now);
        }
        for (campaign, due) in self.ledger.cluster_mut(event.cluster).orphans.values_mut() {
            if event.campaign == Some(*campaign) {
                *due = Timestamp::ZERO;
            }
        }
    }
}
