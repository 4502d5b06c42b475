//! Real clusters behind the core's port: what the driver has in mind from one cycle to the next, and how workers are
//! reached. Decides nothing, and keeps nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use gleaner_core::backend::Stop;
use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, CommandId};
use gleaner_core::snapshot::ClusterSnapshot;
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::{Clock, Moment};
use crate::config::ClusterConfig;
use crate::driver::settings::DriverSettings;
use crate::driver::to_driver::{Reconfigure, ToDriver};
use crate::heartbeat::Heartbeat;
use crate::order::{JobNote, Order, ToWorker};
use crate::store::Store;
use crate::store::journal::{CycleId, FactSeq, Intent};
use crate::store::rows::Rows;

/// Real clusters behind the core's port.
#[derive(Debug)]
pub struct GridBackend {
    pub(super) store: Store,
    pub(super) rows: Rows,
    pub(super) clock: Arc<Clock>,
    pub(super) settings: DriverSettings,
    pub(super) inbox: Receiver<ToDriver>,
    /// Kept so that the inbox never closes by itself.
    pub(super) _to_driver: Sender<ToDriver>,
    pub(super) workers: BTreeMap<ClusterId, UnboundedSender<ToWorker>>,
    /// Clusters' clocks less grid time, in seconds, where they are known.
    pub(super) clocks: BTreeMap<ClusterId, i64>,
    /// Grid time less the date, as it was told to operators last.
    pub(super) lead_told_s: i64,
    pub(super) heartbeat: Arc<Heartbeat>,
    /// Whose worker was asked to look and has not said that it has.
    pub(super) looking: BTreeSet<ClusterId>,
    /// When people could last see how the clusters are.
    pub(super) shown: std::time::Instant,
    /// How long the last look took, by the machine's time.
    pub(super) look_took: std::time::Duration,
    pub(super) last_fact: FactSeq,
    pub(super) cycle: CycleId,
    pub(super) since_checkpoint: u32,
    /// Commands without a final answer, with their clusters.
    pub(super) open: BTreeMap<CommandId, ClusterId>,
    /// What was made durable of the commands of the cycle under way, which may now be sent.
    pub(super) intents: BTreeMap<CommandId, Intent>,
    pub(super) pending: Pending,
    /// The facts of the cycle under way that are not in the journal yet, and all of them.
    pub(super) told: CycleInput,
    pub(super) reconfigure: Option<Box<Reconfigure>>,
}

/// What has become known since the last cycle.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// What people asked for: in the journal already.
    pub(super) asked: Vec<Fact>,
    /// What workers told.
    pub(super) facts: Vec<Fact>,
    pub(super) snapshots: BTreeMap<ClusterId, ClusterSnapshot>,
    pub(super) notes: Vec<(ClusterId, JobNote)>,
    /// A cycle should run as soon as it may.
    pub(super) urgent: bool,
}

/// What the cycle under way was told.
#[derive(Debug, Default)]
pub(super) struct CycleInput {
    pub(super) at: Moment,
    /// By how many seconds the date was set since the last cycle, if it was.
    pub(super) step_s: Option<i64>,
    /// All facts; the first `asked` of them are in the journal already.
    pub(super) facts: Vec<Fact>,
    pub(super) asked: usize,
    pub(super) snapshots: Vec<ClusterSnapshot>,
    pub(super) notes: Vec<(ClusterId, JobNote)>,
}

impl GridBackend {
    /// Hands a worker's channel over; the cluster is talked to from then on.
    pub fn attach(&mut self, cluster: ClusterId, worker: UnboundedSender<ToWorker>) {
        self.workers.insert(cluster, worker);
    }

    /// Returns what the names of our jobs bear; see
    /// [`WorkerStart::epoch`](crate::order::WorkerStart::epoch).
    pub fn epoch(&self) -> String {
        self.store.epoch().to_string()
    }

    /// Returns the store, for who closes it: after all who read it.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Returns whether its cycles run when they are due: for whoever watches from another thread.
    pub fn heartbeat(&self) -> Arc<Heartbeat> {
        Arc::clone(&self.heartbeat)
    }

    /// Hands a cluster's worker its new settings; returns whether it has one.
    pub fn send_settings(&mut self, cluster: ClusterId, settings: &ClusterConfig) -> bool {
        self.workers.get(&cluster).is_some_and(|worker| {
            // A worker that is gone is the daemon's end.
            let _ = worker.send(ToWorker::Settings(Box::new(settings.clone())));
            true
        })
    }

    pub(super) fn send(&self, cluster: ClusterId, orders: Vec<Order>) {
        if let Some(worker) = self.workers.get(&cluster) {
            for order in orders {
                // A worker that is gone is the daemon's end: the order stays in the journal.
                let _ = worker.send(ToWorker::Order(order));
            }
        }
    }
}

/// Ends the run for an error.
pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Stop {
    Stop::Failed(Box::new(error))
}
