//! Going cycle by cycle with a clock that is turned by hand: time stands still until all workers have
//! done and told everything, so that decisions are those of the simulator on the same scenario.

use std::sync::mpsc::sync_channel;

use gleaner_core::backend::Stop;
use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, CommandId};
use gleaner_core::time::{Duration, Timestamp};

use crate::clock::Clock;
use crate::driver::OarBackend;
use crate::order::ToWorker;

/// How far the clock is turned where nothing is to come: a person may still ask for something.
const AHEAD: Duration = Duration::from_seconds(3600);
/// How long the driver listens to people between two turns of an idle clock.
const LISTEN: std::time::Duration = std::time::Duration::from_millis(50);

impl OarBackend {
    pub(super) fn wait_by_hand(
        &mut self,
        wake: Timestamp,
        not_before: Timestamp,
    ) -> Result<Timestamp, Stop> {
        self.take_all(None)?;
        let mut now = self.clock.now();
        while self.pending.asked.is_empty() && self.pending.news.is_empty() && now < wake {
            // Nothing of ours is alive: people may take their time.
            if wake.is_never()
                && let Ok(first) = self.inbox.recv_timeout(LISTEN)
            {
                self.take_all(Some(first))?;
                continue;
            }
            let until = if wake.is_never() { now + AHEAD } else { wake };
            let turned = self.turn(until, true)?;
            self.look()?;
            if turned == now && self.pending.news.is_empty() {
                break;
            }
            now = turned;
        }
        if now < not_before {
            now = self.turn(not_before, false)?;
            self.look()?;
        }
        self.in_the_simulators_order();
        Ok(now)
    }

    /// After the orders of a cycle: waits until they are carried out and answered.
    pub(super) fn settle_by_hand(&mut self) -> Result<(), Stop> {
        match &*self.clock {
            Clock::Hand(_) => self.look(),
            Clock::Wall | Clock::Paced { .. } => Ok(()),
        }
    }

    /// Lets every worker list its cluster, and takes in what they tell.
    fn look(&mut self) -> Result<(), Stop> {
        let (done, wait) = sync_channel(self.workers.len().max(1));
        let asked = self
            .workers
            .values()
            .filter(|worker| worker.send(ToWorker::PollNow(done.clone())).is_ok());
        let asked = asked.count();
        drop(done);
        for _ in 0..asked {
            if wait.recv().is_err() {
                break;
            }
        }
        self.take_all(None)
    }

    /// Answers first, by command; then what happened to jobs, by cluster.
    fn in_the_simulators_order(&mut self) {
        let place = |fact: &Fact| -> (u8, Option<CommandId>, Option<ClusterId>) {
            match fact {
                Fact::CommandAccepted { command, .. }
                | Fact::CommandRefused { command, .. }
                | Fact::CommandUnknown { command }
                | Fact::CommandExpired { command } => (0, Some(*command), None),
                Fact::JobWaiting { cluster, .. }
                | Fact::JobStarted { cluster, .. }
                | Fact::JobEnded { cluster, .. }
                | Fact::JobUnclear { cluster, .. }
                | Fact::JobReplaced { cluster, .. }
                | Fact::JobFound { cluster, .. } => (1, None, Some(*cluster)),
                _ => (2, None, None),
            }
        };
        self.pending.news.sort_by_key(place);
    }
}
