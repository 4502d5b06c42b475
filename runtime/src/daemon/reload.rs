//! Settings that change while the daemon runs: read by whoever gets the signal, taken by the core between two
//! cycles, and only then by the API and the workers. Decides nothing about scheduling.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use gleaner_core::ids::ClusterId;
use gleaner_core::scheduler::Scheduler;
use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;

use crate::api::state::Api;
use crate::clock::Clock;
use crate::config::read::read_config;
use crate::config::{ClusterConfig, Config, LogLevel};
use crate::daemon::places::{placed, roster, scheduler_config};
use crate::daemon::workers::{MakeWorker, WorkerPlace};
use crate::driver::{Inbox, OarBackend};
use crate::order::WorkerStart;
use crate::secrets::vault::Vault;

/// Changes what is worth a line in the log.
pub type SetLevel = Box<dyn FnMut(LogLevel) + Send>;

/// Reads the settings again when asked.
pub(super) struct Reader {
    pub(super) path: PathBuf,
    pub(super) next: Arc<Mutex<Option<Config>>>,
    pub(super) inbox: Sender<Inbox>,
    pub(super) set_level: SetLevel,
}

impl Reader {
    /// Asks the core to take what the file says now; tells how it went so far.
    pub(super) fn reload(&mut self) -> String {
        match read_config(&self.path, &|name| std::env::var(name).ok()) {
            Err(error) => {
                let hint = error.hint().unwrap_or_default();
                tracing::error!(error = %error, hint, "the settings stay as they are");
                format!("the settings stay as they are: {error}")
            }
            Ok(config) => {
                (self.set_level)(config.log.level);
                tracing::info!(file = %self.path.display(), "the settings are read again");
                let wanted = Box::new(scheduler_config(&config));
                *self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(config);
                // A driver that has stopped takes no settings, and tells so itself.
                let _ = self.inbox.send(Inbox::Reconfigure(wanted));
                "the settings are taken".to_owned()
            }
        }
    }
}

/// Takes settings to the API and the workers when the core has taken them.
pub(super) struct Follower {
    pub(super) next: Arc<Mutex<Option<Config>>>,
    pub(super) now: Vec<Option<ClusterConfig>>,
    pub(super) api: Arc<Api>,
    pub(super) hire: Hire,
}

/// What new workers are made with.
#[derive(Clone)]
pub(super) struct Hire {
    pub(super) make: MakeWorker,
    pub(super) news: Sender<Inbox>,
    pub(super) clock: Arc<Clock>,
    pub(super) vault: Arc<Vault>,
    pub(super) runtime: Handle,
    pub(super) hired: Arc<Mutex<Vec<tokio::task::JoinHandle<()>>>>,
}

impl Hire {
    /// Begins the worker of a cluster in use.
    pub(super) fn worker(
        &self,
        backend: &mut OarBackend,
        cluster: ClusterId,
        config: &ClusterConfig,
        start: WorkerStart,
    ) {
        let (send, orders) = unbounded_channel();
        let place = WorkerPlace {
            cluster,
            config: config.clone(),
            start,
            orders,
            news: self.news.clone(),
            clock: Arc::clone(&self.clock),
            vault: Arc::clone(&self.vault),
        };
        let _within = self.runtime.enter();
        let worker = (self.make)(place);
        self.hired.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(worker);
        backend.attach(cluster, send);
    }
}

impl Follower {
    /// Follows the core.
    pub(super) fn follow(&mut self, scheduler: &Scheduler, backend: &mut OarBackend) {
        let next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        let Some(config) = next else { return };
        let known = &scheduler.config().clusters;
        let clusters = placed(known, &config);
        for (id, new) in (0..=u16::MAX).map(ClusterId).zip(&clusters) {
            let old = self.now.get(id.index()).and_then(Option::as_ref);
            let used = |cluster: Option<&ClusterConfig>| cluster.is_some_and(|it| it.enabled);
            match (used(old), used(new.as_ref())) {
                (false, true) => {
                    tracing::info!(cluster = %known[id.index()].name, "a cluster comes into use")
                }
                (true, false) if new.is_some() => tracing::info!(
                    cluster = %known[id.index()].name,
                    "a cluster goes out of use; its jobs are followed to their ends"
                ),
                (true, false) => tracing::warn!(
                    cluster = %known[id.index()].name,
                    "a cluster is gone from the configuration; its jobs are followed until this daemon ends, for the \
                     next would not know where they are: put it back, with `enabled = false`, until they are over"
                ),
                (true, true) | (false, false) => {}
            }
            match new {
                Some(new) if old != Some(new) => {
                    if !backend.resettle(id, new) && new.enabled {
                        let epoch = backend.epoch();
                        let start = WorkerStart { epoch, ..WorkerStart::default() };
                        self.hire.worker(backend, id, new, start);
                    }
                }
                // A worker whose cluster was taken out goes on by the settings that it has.
                Some(_) | None => {}
            }
        }
        self.now = clusters;
        self.api.reconfigure(roster(known, &config));
    }
}
