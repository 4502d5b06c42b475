//! Waiting for the next cycle: until it is due, or until something urgent has come, but never within
//! the minimum cycle.

use std::collections::BTreeSet;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use gleaner_core::backend::Stop;
use gleaner_core::decision::Wake;
use gleaner_core::ids::ClusterId;
use gleaner_core::time::Timestamp;

use crate::driver::backend::{GridBackend, failed};
use crate::driver::to_driver::ToDriver;
use crate::order::{ClusterUpdate, ToWorker};
use crate::request::Envelope;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::rows::clusters;

/// The most requests that are made durable at once.
const GROUP_MAX: usize = 256;
/// So often a driver that waits for all looks whether they still live.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl GridBackend {
    /// Waits for the next cycle, and returns when it runs.
    pub(super) fn wait(&mut self, wake: Wake) -> Result<Timestamp, Stop> {
        if self.clock.is_manual() {
            return self.wait_under_manual_clock(wake);
        }
        let Wake { earliest, latest } = wake;
        let within = self.clock.real(self.settings.look_within);
        let mut looked = within.is_zero();
        loop {
            let due = if self.pending.urgent { earliest } else { latest.max(earliest) };
            // The look is over when the cycle is due: its length does not stretch the rhythm.
            let lead = if looked { Duration::ZERO } else { self.look_took.min(within) };
            let left = self.clock.wait(due).saturating_sub(lead);
            if !left.is_zero() {
                self.heartbeat.expect(left);
                match self.inbox.recv_timeout(left) {
                    Ok(first) => self.take_all(Some(first))?,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Err(Stop::Finished),
                }
                self.show();
            } else if looked {
                // What has come in the meantime is told in this cycle, not in the next.
                self.take_all(None)?;
                return Ok(self.clock.now());
            } else {
                let begun = Instant::now();
                self.look(Some(within))?;
                self.look_took = begun.elapsed();
                looked = true;
            }
        }
    }

    /// Lets the workers look at their clusters and takes in what they tell, but does not wait longer than
    /// `within`: whoever is late is not asked again before it has answered, so that a slow or dead cluster
    /// holds the others up once.
    pub(super) fn look(&mut self, within: Option<Duration>) -> Result<(), Stop> {
        let end = within.map(|within| Instant::now() + within);
        let mut awaited = BTreeSet::new();
        let look = || ToWorker::Look { in_any_case: within.is_none() };
        for (cluster, worker) in &self.workers {
            if !self.looking.contains(cluster) && worker.send(look()).is_ok() {
                awaited.insert(*cluster);
            }
        }
        self.looking.extend(&awaited);
        self.take_all(None)?;
        while awaited.iter().any(|cluster| self.looking.contains(cluster)) {
            let left = end.map_or(ASK_AGAIN, |end| end.saturating_duration_since(Instant::now()));
            match self.inbox.recv_timeout(left) {
                Ok(first) => self.take_all(Some(first))?,
                Err(RecvTimeoutError::Timeout) if end.is_some() => break,
                // Nobody waits for a worker that has ended.
                Err(RecvTimeoutError::Timeout) => {
                    let gone = |cluster: &ClusterId| self.workers[cluster].is_closed();
                    awaited.retain(|cluster| !gone(cluster));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(Stop::Finished),
            }
        }
        Ok(())
    }

    /// Takes a message and all that wait behind it.
    pub(super) fn take_all(&mut self, first: Option<ToDriver>) -> Result<(), Stop> {
        let mut asked: Vec<Envelope> = Vec::new();
        let mut stop = None;
        let mut next = first.or_else(|| self.inbox.try_recv().ok());
        while let Some(message) = next {
            match message {
                ToDriver::Update(update) => self.take_update(update),
                ToDriver::Clock(cluster, Some(ahead_s)) => {
                    self.clocks.insert(cluster, ahead_s);
                }
                ToDriver::Clock(cluster, None) => drop(self.clocks.remove(&cluster)),
                ToDriver::Looked(cluster) => drop(self.looking.remove(&cluster)),
                ToDriver::Asked(envelope) => asked.push(envelope),
                ToDriver::WhoseToken { cluster, token, reply } => {
                    self.hand_on(cluster, ToWorker::WhoseToken { token, reply });
                }
                ToDriver::NewToken(cluster, user) => {
                    self.hand_on(cluster, ToWorker::NewToken(user))
                }
                ToDriver::Reconfigure(config) => {
                    self.reconfigure = Some(config);
                    stop = Some(Stop::Finished);
                }
                ToDriver::Damaged(error) => stop = Some(failed(error)),
                ToDriver::Stop => {
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

    /// Hands a message on to a cluster's worker, if it has one.
    fn hand_on(&self, cluster: ClusterId, message: ToWorker) {
        if let Some(worker) = self.workers.get(&cluster) {
            // A worker that is gone is the daemon's end.
            let _ = worker.send(message);
        }
    }

    fn take_update(&mut self, update: ClusterUpdate) {
        let ClusterUpdate { cluster, facts, snapshot, notes, urgent } = update;
        self.pending.facts.extend(facts);
        self.pending.urgent |= urgent;
        if let Some(snapshot) = snapshot {
            self.pending.snapshots.insert(cluster, snapshot);
        }
        self.pending.notes.extend(notes.into_iter().map(|note| (cluster, note)));
    }

    /// Lets people see how the clusters are while no cycle runs. No decision depends on it.
    fn show(&mut self) {
        let due = self.shown.elapsed() >= self.settings.show_within;
        if !due || self.pending.urgent || self.pending.snapshots.is_empty() {
            return;
        }
        self.shown = Instant::now();
        let (moment, snapshots) = (self.clock.moment(), &self.pending.snapshots);
        let write = |store: &mut Store| {
            let transaction = store.begin()?;
            snapshots.values().try_for_each(|seen| clusters::seen(&transaction, seen, moment))?;
            transaction.commit().map_err(StoreError::doing("show the clusters"))
        };
        if let Err(error) = write(&mut self.store) {
            // The next cycle cannot be written either, and says so.
            tracing::warn!(%error, "what people see of the clusters is old");
        }
    }

    /// Turns a clock that is turned by hand.
    pub(super) fn turn(&self, until: Timestamp, on_change: bool) -> Result<Timestamp, Stop> {
        self.clock.turn(until, on_change).map_err(failed)
    }
}
