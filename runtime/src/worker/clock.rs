//! The cluster's clock: measured against grid time, which nobody can set, and told to the driver. Leases and
//! dates of jobs go by it, and by no clock of ours.

use gleaner_core::time::Timestamp;

use crate::sites::answer::{Answer, ClockReading};
use crate::sites::port::Question;
use crate::worker::Worker;
use crate::worker::mailbox::Report;

/// So many seconds are the way of the answer.
const WAY_S: i64 = 2;
/// A cluster's clock that was set by so many seconds is told of.
const STEP_MIN_S: i64 = 30;

/// A cluster's clock less grid time, in seconds; what may be the way of its answer does not count.
pub fn ahead_of(cluster_now: Timestamp, now: Timestamp) -> i64 {
    let ahead_s = cluster_now.seconds().saturating_sub(now.seconds());
    if ahead_s.saturating_abs() > WAY_S { ahead_s } else { 0 }
}

impl Worker {
    /// Compares the clocks before the first submission: a lease by the wrong clock protects nothing.
    /// Returns whether they are known now.
    pub(super) async fn know_clock(&mut self) -> bool {
        if self.ahead_s.is_none() {
            self.ask_time().await;
        }
        self.ahead_s.is_some()
    }

    /// Asks for the time. Returns what the cluster's clock shows at least. None where that is not to be
    /// had.
    pub(super) async fn ask_time(&mut self) -> Option<Timestamp> {
        match self.ask(Question::Time).await.and_then(Answer::time) {
            Ok(ClockReading::Shown(time)) => {
                self.compare_clocks(time);
                Some(time)
            }
            // What was measured once is good enough as long as the server keeps it to itself: grid time goes
            // on by a clock that cannot be set.
            Ok(ClockReading::Hidden(_)) if self.ahead_s.is_some() => Some(self.cluster_now()),
            Ok(ClockReading::Hidden(fault)) => {
                self.note_fault(fault);
                None
            }
            Err(error) => {
                self.note_failure(&error);
                None
            }
        }
    }

    pub(super) fn compare_clocks(&mut self, cluster_now: Timestamp) {
        let ahead_s = ahead_of(cluster_now, self.now());
        if let Some(before_s) = self.ahead_s
            && ahead_s.saturating_sub(before_s).saturating_abs() >= STEP_MIN_S
        {
            let cluster = &self.config.name;
            let step_s = ahead_s.saturating_sub(before_s);
            tracing::warn!(cluster, step_s, "the cluster's clock was set");
        }
        if self.ahead_s != Some(ahead_s) {
            self.ahead_s = Some(ahead_s);
            self.tell_clock();
        }
    }

    /// Forgets what was measured: perhaps it is another machine now.
    pub(super) fn forget_clock(&mut self) {
        self.ahead_s = None;
        self.tell_clock();
    }

    fn tell_clock(&self) {
        self.mailbox.report(Report::Clock(self.ahead_s));
    }
}
