//! The workers of all clusters: begun, and waited for at the end. How one talks to its cluster is its own
//! affair.

mod factory;
mod runner;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use gleaner_core::ids::ClusterId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::ClusterConfig;
pub(crate) use crate::daemon::workers::factory::{Handles, WorkerFactory};
pub use crate::daemon::workers::runner::{start, start_with};
use crate::driver::ToDriver;
use crate::known_resources::KnownResources;
use crate::order::{Submissions, ToWorker, WorkerStart};
use crate::secrets::vault::Vault;

/// How long a worker may take for the request under way when the daemon stops.
const REQUEST_WITHIN: Duration = Duration::from_secs(40);

/// All that a worker gets.
#[derive(Debug)]
pub struct WorkerContext {
    /// Its cluster's number.
    pub cluster: ClusterId,
    /// Its cluster's settings.
    pub config: ClusterConfig,
    /// Where the last daemon stopped.
    pub start: WorkerStart,
    /// Its orders.
    pub orders: UnboundedReceiver<ToWorker>,
    /// The inbox of the driver, which its updates go to.
    pub inbox: Sender<ToDriver>,
    /// What time it is.
    pub clock: Arc<Clock>,
    /// Users' tokens.
    pub vault: Arc<Vault>,
    /// Where its cluster's resources are noted for others.
    pub known_resources: Arc<KnownResources>,
    /// What is known of submissions.
    pub submissions: Arc<dyn Submissions>,
}

/// Begins a worker; called within the asynchronous runtime.
pub type MakeWorker = Arc<dyn Fn(WorkerContext) -> JoinHandle<()> + Send + Sync>;

/// Waits until all have ended; one that takes too long is left behind, and its request with it: the next start
/// looks it up.
pub(super) async fn join(workers: Vec<JoinHandle<()>>) {
    for worker in workers {
        let abort = worker.abort_handle();
        if tokio::time::timeout(REQUEST_WITHIN, worker).await.is_err() {
            abort.abort();
        }
    }
}
