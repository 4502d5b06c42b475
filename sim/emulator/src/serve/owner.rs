//! The one task that owns the engine: before each request the World is advanced to the paced time,
//! and between requests it goes on by itself. Must not know sockets or dialects.

use std::time::Duration;

use gleaner_sim::time::SimTime;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use crate::engine::Engine;
use crate::engine::output::Output;
use crate::error::EmulatorError;
use crate::front::entry::reply;
use crate::pacing::Pacing;
use crate::serve::clock::{self, ClockFace};
use crate::serve::log::Log;
use crate::serve::message::Message;
use crate::serve::processes::Processes;

/// Least wall time between two looks at the World without a request.
const SLEEP_MIN: Duration = Duration::from_millis(2);
/// Longest wall time between them.
const SLEEP_MAX: Duration = Duration::from_secs(1);

/// Owns the engine.
pub(super) struct Owner {
    engine: Engine,
    pacing: Pacing,
    began: Instant,
    log: Log,
    processes: Processes,
    lag: Duration,
    lag_max: Duration,
}

impl Owner {
    pub(super) fn new(engine: Engine, pacing: Pacing, log: Log, processes: Processes) -> Owner {
        let zero = Duration::ZERO;
        let began = Instant::now();
        Owner { engine, pacing, began, log, processes, lag: zero, lag_max: zero }
    }

    /// Answers until told to stop.
    pub(super) async fn serve(
        &mut self,
        mut messages: mpsc::Receiver<Message>,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), EmulatorError> {
        loop {
            let idle = self.idle_time();
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                message = messages.recv() => match message {
                    Some(message) => {
                        self.pace();
                        self.take(message);
                    }
                    None => return Ok(()),
                },
                () = sleep(idle) => self.pace(),
            }
            self.carry_out()?;
        }
    }

    /// Writes what still runs into the log, and ends its processes.
    pub(super) async fn close(&mut self) {
        for execution in self.engine.running() {
            // At the end there is nobody to report a full disk to.
            let _ = self.log.write(&execution);
        }
        self.processes.stop_all().await;
    }

    /// Returns how long nothing happens by itself.
    fn idle_time(&self) -> Duration {
        let next = self.engine.next_event().and_then(|time| self.pacing.wall(time));
        let left = next.map_or(SLEEP_MAX, |wall| wall.saturating_sub(self.began.elapsed()));
        left.clamp(SLEEP_MIN, SLEEP_MAX)
    }

    /// Advances the World to where it should be by now, and notes by how much it came too late.
    fn pace(&mut self) {
        let Some(due) = self.pacing.due(self.began.elapsed()) else { return };
        let next = self.engine.next_event().filter(|next| *next <= due);
        self.engine.advance(due.max(self.engine.now()));
        if let Some(next) = next {
            self.lag = self.pacing.lag(next, self.began.elapsed());
            self.lag_max = self.lag_max.max(self.lag);
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Request { cluster, request, others, reply: to } => {
                // The caller may have gone.
                let _ = to.send(reply(&mut self.engine, cluster, &request, others));
            }
            Message::Control { request, reply } => {
                let face =
                    ClockFace { pace: self.pacing.pace(), lag: self.lag, lag_max: self.lag_max };
                let _ = reply.send(clock::answer(&mut self.engine, &request, face));
                // The highest lag is that since somebody looked.
                self.lag_max = Duration::ZERO;
            }
            Message::CommandOver { job, status } => {
                self.engine.command_over(job, status);
                // The end takes effect at this very instant.
                let now: SimTime = self.engine.now();
                self.engine.advance(now);
            }
        }
    }

    fn carry_out(&mut self) -> Result<(), EmulatorError> {
        for output in self.engine.take_outputs() {
            match output {
                Output::Over(execution) => self.log.write(&execution)?,
                other => self.processes.carry_out(other),
            }
        }
        Ok(())
    }
}
