//! A campaign that a cluster cannot serve for the moment waits there, ever longer, while others go on. An
//! event tells so once, and is closed when the cluster takes something of it, or nobody waits any more.

use crate::fact::Refusal;
use crate::ids::{ClusterId, PairIndex};
use crate::ledger::pair::BackOff;
use crate::report::{Closing, CycleReport, EventCause};
use crate::scheduler::Scheduler;
use crate::time::{Duration, Timestamp};

/// The first time that a campaign waits.
const FIRST: Duration = Duration::from_seconds(60);
/// How often that is doubled at most: 32 minutes.
const DOUBLED_MAX: u8 = 5;

impl BackOff {
    /// Returns how long to wait after so many earlier refusals.
    fn span(times: u8) -> Duration {
        (0..times.min(DOUBLED_MAX)).fold(FIRST, |span, _| span + span)
    }
}

impl Scheduler {
    /// The cluster cannot serve a campaign now: it waits there, longer than the last time.
    pub(super) fn back_off(
        &mut self,
        cluster: ClusterId,
        pair_index: PairIndex,
        report: &mut CycleReport,
    ) {
        let now = self.now;
        let pair = self.ledger.pair(cluster, pair_index);
        let (campaign, known) = (pair.campaign, pair.back_off);
        let next = match known {
            Some(known) => BackOff {
                times: known.times.saturating_add(1),
                until: now + BackOff::span(known.times),
                ..known
            },
            None => {
                let cause = EventCause::Refused(Refusal::NotNow);
                let event = self.open(Some(campaign), cluster, cause, report);
                BackOff { event, times: 1, until: now + BackOff::span(0) }
            }
        };
        self.ledger.pair_mut(cluster, pair_index).back_off = Some(next);
        self.ledger.flush_queue(cluster, pair_index);
    }

    /// The cluster has taken something of a campaign, or the campaign is over: it waits no more.
    pub(super) fn end_back_off(
        &mut self,
        cluster: ClusterId,
        pair_index: PairIndex,
        report: &mut CycleReport,
    ) {
        if let Some(waited) = self.ledger.pair(cluster, pair_index).back_off {
            self.close(waited.event, Closing::Passed, report);
        }
    }

    /// Ends the waiting of a campaign that is over, on all clusters.
    pub(super) fn end_all_back_offs(&mut self, slot: u32, report: &mut CycleReport) {
        for (cluster, pair_index) in self.ledger.campaign(slot).pairs.clone() {
            self.end_back_off(cluster, pair_index, report);
        }
    }

    /// Returns until when a campaign still waits on a cluster.
    pub(super) fn waits_until(
        &self,
        cluster: ClusterId,
        pair_index: PairIndex,
    ) -> Option<Timestamp> {
        let waits = self.ledger.pair(cluster, pair_index).back_off?;
        (waits.until > self.now).then_some(waits.until)
    }

    /// Returns when the first campaign that waits on a cluster is to be tried again there.
    pub(super) fn next_try(&self, cluster: ClusterId) -> Timestamp {
        let pairs = self.ledger.cluster(cluster).pairs();
        let waiting = pairs.filter_map(|(pair_index, _)| self.waits_until(cluster, pair_index));
        waiting.fold(Timestamp::NEVER, Timestamp::min)
    }
}
