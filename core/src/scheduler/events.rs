//! Events and the blacklists they open: what blocks a campaign on a cluster, or a whole cluster, and
//! how it is dealt with.

use crate::ids::{CampaignId, ClusterId, EventId, PairIndex};
use crate::ledger::OpenEvent;
use crate::ledger::bag::Class;
use crate::ledger::pair::ScriptState;
use crate::ledger::task_state::TaskState;
use crate::report::{Closing, CycleReport, EventCause, Notice};
use crate::scheduler::Scheduler;

impl Scheduler {
    /// Opens an event about a campaign on a cluster; if it blocks, takes its tasks out of the queue there.
    pub(super) fn raise(
        &mut self,
        cluster: ClusterId,
        pair_index: PairIndex,
        cause: EventCause,
        report: &mut CycleReport,
    ) {
        let pair = self.ledger.pair_mut(cluster, pair_index);
        pair.events += u32::from(cause.blocks());
        let (slot, campaign) = (pair.slot, pair.campaign);
        self.ledger.campaign_mut(slot).events += 1;
        self.open(Some(campaign), cluster, cause, report);
        if cause.blocks() {
            self.ledger.flush_queue(cluster, pair_index);
        }
    }

    /// Opens an event about a cluster; if it blocks, takes all tasks out of the queues there.
    pub(super) fn raise_for_cluster(
        &mut self,
        cluster: ClusterId,
        cause: EventCause,
        report: &mut CycleReport,
    ) -> EventId {
        if cause.blocks() {
            self.flush_cluster(cluster);
        }
        self.open(None, cluster, cause, report)
    }

    pub(super) fn open(
        &mut self,
        campaign: Option<CampaignId>,
        cluster: ClusterId,
        cause: EventCause,
        report: &mut CycleReport,
    ) -> EventId {
        let (event, blacklist) = self.ledger.open_event(campaign, cluster, cause, self.now);
        report.notice(Notice::EventOpened { event, campaign, cluster, cause, blacklist });
        event
    }

    /// Closes an event and lifts its blacklist; what becomes of what it is about is the caller's.
    pub(super) fn close(
        &mut self,
        event: EventId,
        closing: Closing,
        report: &mut CycleReport,
    ) -> OpenEvent {
        let closed = self.ledger.events.remove(&event).expect("the caller has looked it up");
        let (campaign, cluster) = (closed.campaign, closed.cluster);
        if let Some((slot, pair_index)) = self.counted_at(&closed) {
            let cause = closed.cause;
            self.ledger.campaign_mut(slot).events -= u32::from(cause.is_awaited());
            let pair = self.ledger.pair_mut(cluster, pair_index);
            pair.events -= u32::from(cause.blocks());
            if !cause.is_awaited() {
                // Whoever closes it, the campaign waits no more.
                pair.back_off = None;
            }
        }
        report.notice(Notice::EventClosed { event, campaign, cluster, closing });
        closed
    }

    /// Returns where an event is counted; nowhere if it is the cluster's, or blocks nothing.
    fn counted_at(&self, event: &OpenEvent) -> Option<(u32, PairIndex)> {
        if let EventCause::Undeleted(_) = event.cause {
            return None;
        }
        let slot = self.ledger.slot(event.campaign?).expect("an event's campaign is known");
        let pair_index = self.ledger.pair_index(slot, event.cluster);
        Some((slot, pair_index.expect("a campaign with open events stays on its clusters")))
    }

    /// A person says that an event is dealt with. A blacklist stands for its parent.
    pub(super) fn event_fixed(
        &mut self,
        id: EventId,
        retry: bool,
        report: &mut CycleReport,
    ) -> bool {
        let Some(id) = self.ledger.event_of(id) else {
            return false;
        };
        let event = self.ledger.events[&id];
        match event.cause {
            EventCause::Fault(_) => return self.fault_fixed(event.cluster),
            // Only the cluster can tell when it is at ease again.
            EventCause::Stress => return false,
            EventCause::Disabled => self.ledger.cluster_mut(event.cluster).disabled = None,
            EventCause::Undeleted(_) => self.delete_at_once(&event),
            EventCause::Task { .. }
            | EventCause::Prologue(_)
            | EventCause::Epilogue(_)
            | EventCause::Refused(_) => {
                let (slot, pair_index) = self.counted_at(&event).expect("it is about a campaign");
                self.go_on_after(&event, slot, pair_index, retry);
            }
        }
        self.close(id, Closing::Fixed, report);
        true
    }

    /// What becomes of the task or script that an event was about, once it is fixed.
    fn go_on_after(&mut self, event: &OpenEvent, slot: u32, pair_index: PairIndex, retry: bool) {
        let pair = self.ledger.clusters[event.cluster.index()].pair_mut(pair_index);
        let bag = &mut self.ledger.campaigns[slot as usize].bag;
        match event.cause {
            EventCause::Task { task, .. } if retry => {
                let cell = bag.cell_mut(task.index);
                // The person has seen to it: it gets all its tries anew.
                (cell.walltime_kills, cell.resubmits) = (0, 0);
                bag.put_back(task.index, TaskState::Blocked, Class::Front);
            }
            EventCause::Task { task, .. } => {
                bag.settle(task.index, TaskState::Blocked, TaskState::Failed);
            }
            EventCause::Prologue(_) => {
                (pair.prologue, pair.script_retries) = (ScriptState::Due, 0);
            }
            EventCause::Epilogue(_) if retry => {
                (pair.epilogue, pair.script_retries) = (ScriptState::Due, 0);
            }
            EventCause::Epilogue(_) => pair.epilogue = ScriptState::Done,
            EventCause::Refused(_)
            | EventCause::Fault(_)
            | EventCause::Disabled
            | EventCause::Undeleted(_)
            | EventCause::Stress => {}
        }
    }

    /// Closes all events of a campaign that is given up.
    pub(super) fn close_events_of(&mut self, campaign: CampaignId, report: &mut CycleReport) {
        let of_it = |(_, event): &(&EventId, &OpenEvent)| event.campaign == Some(campaign);
        let ids: Vec<EventId> =
            self.ledger.events.iter().filter(of_it).map(|(id, _)| *id).collect();
        for id in ids {
            self.close(id, Closing::Cancelled, report);
        }
    }
}
