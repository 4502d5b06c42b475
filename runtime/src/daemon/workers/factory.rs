//! Starting workers: all as the daemon starts, and one when its cluster comes into use later.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use gleaner_core::config::ClusterSpec;
use gleaner_core::ids::ClusterId;
use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::ClusterConfig;
use crate::daemon::workers::{MakeWorker, WorkerContext};
use crate::driver::{GridBackend, ToDriver};
use crate::known_resources::KnownResources;
use crate::order::{Submissions, WorkerStart};
use crate::secrets::vault::Vault;

/// The workers that were started, also while the daemon was at work.
pub(crate) type Handles = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// What new workers are made with.
pub(crate) struct WorkerFactory {
    pub(crate) make: MakeWorker,
    pub(crate) inbox: Sender<ToDriver>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) known_resources: Arc<KnownResources>,
    pub(crate) submissions: Arc<dyn Submissions>,
    pub(crate) runtime: Handle,
    pub(crate) handles: Handles,
}

impl WorkerFactory {
    /// Starts the worker of a cluster in use.
    pub(crate) fn start(
        &self,
        backend: &mut GridBackend,
        cluster: ClusterId,
        config: &ClusterConfig,
        start: WorkerStart,
    ) {
        let (send, orders) = unbounded_channel();
        let context = WorkerContext {
            cluster,
            config: config.clone(),
            start,
            orders,
            inbox: self.inbox.clone(),
            clock: Arc::clone(&self.clock),
            vault: Arc::clone(&self.vault),
            known_resources: Arc::clone(&self.known_resources),
            submissions: Arc::clone(&self.submissions),
        };
        let _within = self.runtime.enter();
        let worker = (self.make)(context);
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        backend.attach(cluster, send);
    }

    /// Starts the workers of all clusters that are in use, or where jobs or submissions of ours may live.
    pub(crate) fn start_all(
        &self,
        backend: &mut GridBackend,
        known: &[ClusterSpec],
        clusters: &[Option<ClusterConfig>],
        starts: Vec<WorkerStart>,
    ) {
        for ((id, cluster), start) in ClusterId::with_each(clusters).zip(starts) {
            let alive = start.jobs.len() + start.unanswered.len();
            match cluster {
                // Out of use, but what is there is followed to its end.
                Some(cluster) if cluster.enabled || alive > 0 => {
                    self.start(backend, id, cluster, start);
                }
                None if alive > 0 => tracing::warn!(
                    cluster = %known[id.index()].name,
                    alive,
                    "jobs or submissions of ours may live on a cluster that is not in the configuration; put it back, \
                     with `enabled = false`, and they are followed to their ends"
                ),
                Some(_) | None => {}
            }
        }
    }
}
