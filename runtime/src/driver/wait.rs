//! Waiting for the next cycle: until it is due, or until something urgent has come, but never within
//! the minimum cycle.

use std::sync::mpsc::RecvTimeoutError;

use gleaner_core::backend::Stop;
use gleaner_core::time::Timestamp;

use crate::clock::Clock;
use crate::driver::{Inbox, OarBackend, failed};
use crate::order::News;
use crate::request::Envelope;

/// The most requests that are made durable at once.
const GROUP_MAX: usize = 256;

impl OarBackend {
    /// Waits for the next cycle, and answers when it runs.
    pub(super) fn wait(
        &mut self,
        wake: Timestamp,
        not_before: Timestamp,
    ) -> Result<Timestamp, Stop> {
        if let Clock::Hand(_) = &*self.clock {
            return self.wait_by_hand(wake, not_before);
        }
        loop {
            let now = self.clock.now();
            let due = if self.pending.urgent { not_before } else { wake.max(not_before) };
            if now >= due {
                // What has come in the meantime is told in this cycle, not in the next.
                self.take_all(None)?;
                return Ok(now);
            }
            match self.inbox.recv_timeout(self.clock.wait(due)) {
                Ok(first) => self.take_all(Some(first))?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Stop::Finished),
            }
        }
    }

    /// Takes a message and all that wait behind it.
    pub(super) fn take_all(&mut self, first: Option<Inbox>) -> Result<(), Stop> {
        let mut asked: Vec<Envelope> = Vec::new();
        let mut stop = None;
        let mut next = first.or_else(|| self.inbox.try_recv().ok());
        while let Some(message) = next {
            match message {
                Inbox::News(news) => self.hear(news),
                Inbox::Asked(envelope) => asked.push(envelope),
                Inbox::Reconfigure(config) => {
                    self.reconfigure = Some(config);
                    stop = Some(Stop::Finished);
                }
                Inbox::Stop => {
                    self.reconfigure = None;
                    stop = Some(Stop::Finished);
                }
            }
            if stop.is_some() || asked.len() >= GROUP_MAX {
                break;
            }
            next = self.inbox.try_recv().ok();
        }
        if !asked.is_empty() {
            self.grant(asked);
        }
        match stop {
            Some(stop) => Err(stop),
            None => Ok(()),
        }
    }

    fn hear(&mut self, news: News) {
        let News { cluster, facts, snapshot, notes, urgent } = news;
        self.pending.news.extend(facts);
        self.pending.urgent |= urgent;
        if let Some(snapshot) = snapshot {
            self.pending.snapshots.insert(cluster, snapshot);
        }
        self.pending.notes.extend(notes.into_iter().map(|note| (cluster, note)));
    }

    /// The clock that is turned by hand.
    pub(super) fn turn(&self, until: Timestamp, on_change: bool) -> Result<Timestamp, Stop> {
        match &*self.clock {
            Clock::Hand(hand) => hand.turn(until, on_change).map_err(failed),
            Clock::Wall | Clock::Paced { .. } => Ok(self.clock.now()),
        }
    }
}
