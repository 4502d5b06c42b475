//! A campaign that a cluster cannot serve for the moment waits there, ever longer, while others go on. An
//! event tells so once, and is closed when the cluster takes something of it, or nobody waits any more.

use crate::fact::Refusal;
use crate::ids::{ClusterId, Seat};
use crate::ledger::couple::BackOff;
use crate::report::{Closing, CycleReport, EventCause};
use crate::scheduler::Scheduler;
use crate::time::{Duration, Timestamp};

/// The first time that a campaign waits.
const FIRST: Duration = Duration::from_seconds(60);
/// How often that is doubled at most: 32 minutes.
const DOUBLED_MAX: u8 = 5;

impl BackOff {
    /// How long to wait after so many refusals before.
    fn span(times: u8) -> Duration {
        (0..times.min(DOUBLED_MAX)).fold(FIRST, |span, _| span + span)
    }
}

impl Scheduler {
    /// The cluster cannot serve a campaign now: it waits there, longer than the last time.
    pub(super) fn back_off(&mut self, cluster: ClusterId, seat: Seat, report: &mut CycleReport) {
        let now = self.now;
        let couple = self.ledger.couple(cluster, seat);
        let (campaign, known) = (couple.campaign, couple.back_off);
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
        self.ledger.couple_mut(cluster, seat).back_off = Some(next);
        self.ledger.flush_queue(cluster, seat);
    }

    /// The cluster has taken something of a campaign, or the campaign is over: it waits no more.
    pub(super) fn end_back_off(
        &mut self,
        cluster: ClusterId,
        seat: Seat,
        report: &mut CycleReport,
    ) {
        if let Some(waited) = self.ledger.couple(cluster, seat).back_off {
            self.close(waited.event, Closing::Passed, report);
        }
    }

    /// Ends the waiting of a campaign that is over, on all clusters.
    pub(super) fn end_all_back_offs(&mut self, slot: u32, report: &mut CycleReport) {
        for (cluster, seat) in self.ledger.campaign(slot).seats.clone() {
            self.end_back_off(cluster, seat, report);
        }
    }

    /// Until when a campaign still waits on a cluster.
    pub(super) fn waits_until(&self, cluster: ClusterId, seat: Seat) -> Option<Timestamp> {
        let waits = self.ledger.couple(cluster, seat).back_off?;
        (waits.until > self.now).then_some(waits.until)
    }

    /// When the first campaign that waits on a cluster is to be tried again there.
    pub(super) fn next_try(&self, cluster: ClusterId) -> Timestamp {
        let couples = self.ledger.cluster(cluster).couples();
        let waiting = couples.filter_map(|(seat, _)| self.waits_until(cluster, seat));
        waiting.fold(Timestamp::NEVER, Timestamp::min)
    }
}
