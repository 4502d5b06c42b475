//! The driver: the core's port to real clusters, twin of the simulator's. It makes durable what the
//! core is told and wants (`driver/keep.rs`), then hands the commands to the workers. Must not contain
//! any scheduling rule.

mod begin;
mod entries;
mod keep;
mod manual_clock;
mod orders;
mod requests;
mod settings;
mod steps;
mod to_driver;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use gleaner_core::backend::memory::Memory;
use gleaner_core::backend::{Backend, CycleBuffers, Stop, cycle};
use gleaner_core::decision::{Decision, Wake};
use gleaner_core::fact::Fact;
use gleaner_core::ids::{ClusterId, CommandId};
use gleaner_core::observation::Observation;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::reconfigure::Rename;
use gleaner_core::snapshot::ClusterSnapshot;
use tokio::sync::mpsc::UnboundedSender;

use crate::clock::{Clock, Moment};
use crate::config::ClusterConfig;
pub(crate) use crate::driver::begin::taken_up;
pub use crate::driver::begin::{BeginError, Begun, begin};
pub use crate::driver::entries::{EntriesError, Wanted};
pub use crate::driver::settings::DriverSettings;
pub use crate::driver::to_driver::{Reconfigure, ToDriver};
use crate::heartbeat::Heartbeat;
use crate::order::{JobNote, Order, ToWorker};
use crate::store::Store;
use crate::store::entries as stored_entries;
use crate::store::entries::Servers;
use crate::store::error::StoreError;
use crate::store::journal::{self, CycleId, FactSeq, Intent};
use crate::store::rows::Rows;

/// Real clusters behind the core's port.
#[derive(Debug)]
pub struct GridBackend {
    store: Store,
    rows: Rows,
    clock: Arc<Clock>,
    settings: DriverSettings,
    inbox: Receiver<ToDriver>,
    /// Kept so that the inbox never closes by itself.
    _to_driver: Sender<ToDriver>,
    workers: BTreeMap<ClusterId, UnboundedSender<ToWorker>>,
    /// Clusters' clocks less grid time, in seconds, where they are known.
    clocks: BTreeMap<ClusterId, i64>,
    /// Grid time less the date, as it was told to operators last.
    lead_told_s: i64,
    heartbeat: Arc<Heartbeat>,
    /// Whose worker was asked to look and has not said that it has.
    looking: BTreeSet<ClusterId>,
    /// When people could last see how the clusters are.
    shown: std::time::Instant,
    /// How long the last look took, by the machine's time.
    look_took: std::time::Duration,
    last_fact: FactSeq,
    cycle: CycleId,
    since_checkpoint: u32,
    /// Commands without a final answer, with their clusters.
    open: BTreeMap<CommandId, ClusterId>,
    /// What was made durable of the commands of the cycle under way, which may now be sent.
    intents: BTreeMap<CommandId, Intent>,
    pending: Pending,
    /// The facts of the cycle under way that are not in the journal yet, and all of them.
    told: Told,
    reconfigure: Option<Box<Reconfigure>>,
}

/// What has become known since the last cycle.
#[derive(Debug, Default)]
struct Pending {
    /// What people asked for: in the journal already.
    asked: Vec<Fact>,
    /// What workers told.
    facts: Vec<Fact>,
    snapshots: BTreeMap<ClusterId, ClusterSnapshot>,
    notes: Vec<(ClusterId, JobNote)>,
    /// A cycle should run as soon as it may.
    urgent: bool,
}

/// What the cycle under way was told.
#[derive(Debug, Default)]
struct Told {
    at: Moment,
    /// By how many seconds the date was set since the last cycle, if it was.
    step_s: Option<i64>,
    /// All facts; the first `asked` of them are in the journal already.
    facts: Vec<Fact>,
    asked: usize,
    snapshots: Vec<ClusterSnapshot>,
    notes: Vec<(ClusterId, JobNote)>,
}

impl GridBackend {
    /// Hands a worker's channel over; the cluster is talked to from then on.
    pub fn attach(&mut self, cluster: ClusterId, worker: UnboundedSender<ToWorker>) {
        self.workers.insert(cluster, worker);
    }

    /// What the names of our jobs bear; see [`WorkerStart::epoch`](crate::order::WorkerStart::epoch).
    pub fn epoch(&self) -> String {
        self.store.epoch().to_string()
    }

    /// The store, for who closes it: after all who read it.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Whether its cycles run when they are due: for whoever watches from another thread.
    pub fn heartbeat(&self) -> Arc<Heartbeat> {
        Arc::clone(&self.heartbeat)
    }

    /// Hands a cluster's worker its new settings; answers whether it has one.
    pub fn send_settings(&mut self, cluster: ClusterId, settings: &ClusterConfig) -> bool {
        self.workers.get(&cluster).is_some_and(|worker| {
            // A worker that is gone is the daemon's end.
            let _ = worker.send(ToWorker::Settings(Box::new(settings.clone())));
            true
        })
    }

    fn send(&self, cluster: ClusterId, orders: Vec<Order>) {
        if let Some(worker) = self.workers.get(&cluster) {
            for order in orders {
                // A worker that is gone is the daemon's end: the order stays in the journal.
                let _ = worker.send(ToWorker::Order(order));
            }
        }
    }

    /// Writes the core's memory, so that the next start has nothing to do again. After a change of the settings,
    /// with where the clusters are now.
    fn checkpoint(
        &mut self,
        scheduler: &Scheduler,
        reconfigured: Option<&Servers>,
    ) -> Result<(), StoreError> {
        let transaction = self.store.begin()?;
        let saved = scheduler.checkpoint();
        // What people asked for since the last cycle is in the journal, but the core has not heard it.
        let known = FactSeq(self.last_fact.0 - self.pending.asked.len() as u64);
        let changed = reconfigured.is_some();
        journal::put_checkpoint(&transaction, self.cycle, known, changed, &saved)?;
        if let Some(servers) = reconfigured {
            stored_entries::put(&transaction, &scheduler.config().clusters, servers)?;
        }
        transaction.commit().map_err(StoreError::doing("keep a checkpoint"))?;
        self.since_checkpoint = 0;
        Ok(())
    }

    /// Names that clusters had before, each with its cluster's name of now.
    pub(crate) fn former_names(&self) -> Result<Vec<(String, String)>, StoreError> {
        stored_entries::former(self.store.connection())
    }

    /// Lets the core take other settings; answers what became of renamed clusters, or why all stays as it is.
    fn take_settings(
        &mut self,
        scheduler: &mut Scheduler,
        reconfigure: &Reconfigure,
        catalogue: &Catalogue,
    ) -> Result<Result<Vec<String>, String>, StoreError> {
        let Reconfigure { wanted, settings, .. } = reconfigure;
        let servers = stored_entries::servers(self.store.connection())?;
        let alive = |cluster| entries::alive(scheduler, cluster);
        let known = &scheduler.config().clusters;
        let renames = match entries::renames(known, &servers, wanted, alive) {
            Ok(renames) => renames,
            Err(error) => return Ok(Err(format!("{error}; hint: {}", error.hint()))),
        };
        let name = |rename: &Rename| known[rename.cluster.index()].name.clone();
        let told = renames.iter().map(|rename| {
            format!("cluster `{}` is called `{}` from now on", name(rename), rename.name)
        });
        let told: Vec<String> = told.collect();
        let config = wanted.config.clone();
        if let Err(error) = scheduler.reconfigure_renamed(config, &renames, catalogue) {
            return Ok(Err(format!("{error}; hint: {}", error.hint())));
        }
        self.settings = *settings;
        self.checkpoint(scheduler, Some(&wanted.servers))?;
        Ok(Ok(told))
    }
}

impl Backend for GridBackend {
    fn observe(&mut self, wake: Wake, into: &mut Observation) -> Result<(), Stop> {
        into.now = self.wait(wake)?;
        let at = Moment { now: into.now, date: self.clock.date() };
        self.told.at = at;
        self.told.step_s = self.step_of(at);
        let Pending { asked, facts, snapshots, notes, urgent } = &mut self.pending;
        *urgent = false;
        self.told.asked = asked.len();
        self.told.facts.clear();
        self.told.facts.append(asked);
        self.told.facts.append(facts);
        self.told.notes = std::mem::take(notes);
        self.told.snapshots.clear();
        self.told.snapshots.extend(std::mem::take(snapshots).into_values());
        for snapshot in &mut self.told.snapshots {
            let there = self.open.values().filter(|cluster| **cluster == snapshot.cluster);
            snapshot.commands_in_flight = there.count() as u32;
        }
        into.facts.extend_from_slice(&self.told.facts);
        into.clusters.extend_from_slice(&self.told.snapshots);
        Ok(())
    }

    fn keep(&mut self, decision: &Decision, memory: Memory<'_>) -> Result<(), Stop> {
        self.intents = self.keep_cycle(decision, memory).map_err(failed)?;
        Ok(())
    }

    fn dispatch(&mut self, decision: &Decision) -> Result<(), Stop> {
        for command in &decision.commands {
            // Without an intent, there is nobody who could carry it out.
            if let Some(intent) = self.intents.remove(&command.id) {
                self.send(command.cluster, orders::orders(command, &intent));
            }
        }
        self.heartbeat.beat();
        self.settle_under_manual_clock()
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Stop {
    Stop::Failed(Box::new(error))
}

/// Runs cycles until asked to stop, then writes the core's memory.
///
/// # Errors
/// What kept the driver from going on; everything that was answered is durable.
pub fn run(
    scheduler: &mut Scheduler,
    backend: &mut GridBackend,
    catalogue: &Catalogue,
    reconfigured: &mut dyn FnMut(&Scheduler, &mut GridBackend),
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut buffers = CycleBuffers::default();
    loop {
        match cycle(scheduler, backend, &mut buffers) {
            Ok(()) => {}
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Finished) => {
                let Some(config) = backend.reconfigure.take() else { break };
                let taken = backend.take_settings(scheduler, &config, catalogue)?;
                match &taken {
                    Ok(renamed) => {
                        renamed.iter().for_each(|text| tracing::info!("{text}"));
                        reconfigured(scheduler, backend);
                    }
                    Err(error) => tracing::error!(error, "the settings stay as they are"),
                }
                // Whoever asked may have lost patience.
                let _ = config.reply.send(taken);
            }
        }
    }
    backend.workers.values().for_each(|worker| drop(worker.send(ToWorker::Stop)));
    Ok(backend.checkpoint(scheduler, None)?)
}

/// Makes the driver's inbox: whoever wants something of it holds a copy of the sender.
pub fn inbox() -> (Sender<ToDriver>, Receiver<ToDriver>) {
    channel()
}
