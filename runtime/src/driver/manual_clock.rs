//! Going cycle by cycle with a manual clock: time stands still until all workers have
//! done and told everything, so that decisions are those of the simulator on the same scenario.

use gleaner_core::backend::Stop;
use gleaner_core::decision::Wake;
use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, CommandId, RemoteJobId};
use gleaner_core::time::{Duration, Timestamp};

use crate::driver::backend::GridBackend;
use crate::store::journal::FactSeq;

/// How far the clock is turned where nothing is to come: a person may still ask for something.
const AHEAD: Duration = Duration::from_seconds(3600);
/// How long the driver listens to people between two turns of an idle clock.
const LISTEN: std::time::Duration = std::time::Duration::from_millis(50);
/// So often in a row the clock may stand still, though it was turned, before a cycle runs all the same.
const STOOD_MAX: u32 = 2;

impl GridBackend {
    pub(super) fn wait_under_manual_clock(&mut self, wake: Wake) -> Result<Timestamp, Stop> {
        let Wake { earliest, latest } = wake;
        self.take_all(None)?;
        // Time stands still while somebody thinks.
        self.heartbeat.idle();
        // Nobody has asked for anything yet: time begins with the first request.
        while self.last_fact == FactSeq::default() && self.pending.facts.is_empty() {
            let Ok(first) = self.inbox.recv() else { return Err(Stop::Finished) };
            self.take_all(Some(first))?;
        }
        let mut now = self.clock.now();
        let mut seen = None;
        let mut stood = 0;
        while self.pending.asked.is_empty() && self.pending.facts.is_empty() && now < latest {
            // Nothing of ours is alive: people may take their time.
            if latest.is_never()
                && let Ok(first) = self.inbox.recv_timeout(LISTEN)
            {
                self.take_all(Some(first))?;
                continue;
            }
            let until = if latest.is_never() { now + AHEAD } else { latest };
            let turned = self.turn(until, true)?;
            self.look(None)?;
            seen = Some(turned);
            // The emulator may stop once for a change that was seen already.
            stood = if turned == now { stood + 1 } else { 0 };
            if stood > STOOD_MAX {
                break;
            }
            now = turned;
        }
        if now < earliest {
            now = self.turn(earliest, false)?;
        }
        // Every cycle sees the clusters as they are now, as the simulator's do.
        if seen != Some(now) {
            self.look(None)?;
        }
        self.in_the_simulators_order();
        Ok(now)
    }

    /// After the orders of a cycle: waits until they are carried out and answered.
    pub(super) fn settle_under_manual_clock(&mut self) -> Result<(), Stop> {
        if self.clock.is_manual() { self.look(None) } else { Ok(()) }
    }

    /// Answers first, by command; then what happened to jobs, by cluster and job.
    fn in_the_simulators_order(&mut self) {
        type Place = (u8, Option<CommandId>, Option<(ClusterId, RemoteJobId)>);
        let place = |fact: &Fact| -> Place {
            match fact {
                Fact::CommandAccepted { command, .. }
                | Fact::CommandRefused { command, .. }
                | Fact::CommandUnknown { command }
                | Fact::JobLeftOut { command, .. }
                | Fact::CommandExpired { command } => (0, Some(*command), None),
                Fact::JobWaiting { cluster, job, .. }
                | Fact::JobStarted { cluster, job, .. }
                | Fact::JobEnded { cluster, job, .. }
                | Fact::JobUnclear { cluster, job, .. }
                | Fact::JobReplaced { cluster, job, .. }
                | Fact::JobRecovered { cluster, job, .. }
                | Fact::JobFound { cluster, job, .. } => (1, None, Some((*cluster, *job))),
                _ => (2, None, None),
            }
        };
        self.pending.facts.sort_by_key(place);
    }
}
