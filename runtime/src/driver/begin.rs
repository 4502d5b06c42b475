//! Starting where the last daemon stopped, or died: the newest checkpoint, then the journal's tail,
//! then what was durable and not told yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use gleaner_core::backend::memory::Memory;
use gleaner_core::ids::{ClusterId, CommandId};
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::error::PolicyError;
use gleaner_core::restore::RestoreError;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::reconfigure::{ReconfigureError, Rename};
use gleaner_core::time::Timestamp;
use rusqlite::Connection;

use crate::clock::{Clock, Moment};
use crate::driver::backend::{CycleInput, GridBackend, Pending};
use crate::driver::entries::{EntriesError, GridSettings, alive, renames};
use crate::driver::orders;
use crate::driver::settings::DriverSettings;
use crate::driver::to_driver::ToDriver;
use crate::driver::worker_start::{know, recovered};
use crate::heartbeat::Heartbeat;
use crate::order::WorkerStart;
use crate::replay::replayer::Replayer;
use crate::store::Store;
use crate::store::entries;
use crate::store::error::StoreError;
use crate::store::journal::{self, CycleId, FactSeq, Which};
use crate::store::parameters::StoredParameters;
use crate::store::rows::Rows;

/// A daemon that is ready to go on.
#[derive(Debug)]
pub struct Begun {
    /// The core, as it was.
    pub scheduler: Scheduler,
    /// Its port; workers are still to be attached.
    pub backend: GridBackend,
    /// What the worker of each cluster has to know, by the cluster's id.
    pub workers: Vec<WorkerStart>,
    /// Cycles that were run again.
    pub replayed: u64,
}

/// Why a daemon cannot go on where the last one stopped.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The store fails.
    #[error("cannot take up the journal")]
    Store(#[from] StoreError),
    /// A policy cannot be made.
    #[error("cannot make the scheduler")]
    Policy(#[from] PolicyError),
    /// The checkpoint cannot be taken up.
    #[error("cannot take up the checkpoint of cycle {cycle}")]
    Restore {
        /// Its cycle.
        cycle: u64,
        /// Why.
        #[source]
        source: RestoreError,
    },
    /// It cannot be told which cluster is which.
    #[error(transparent)]
    Entries(#[from] EntriesError),
    /// The settings cannot be changed to those of the configuration.
    #[error("cannot take the settings")]
    Settings(#[from] ReconfigureError),
    /// This release decides otherwise than the one that wrote the journal.
    #[error(
        "cycle {cycle} of the journal comes out differently\n  hint: start the release that wrote it \
         and stop it in order, which leaves a checkpoint that this one can take up; `gleaner replay` \
         shows the difference"
    )]
    Differs {
        /// The cycle.
        cycle: u64,
    },
}

/// Takes up what is in the store, or makes a fresh start.
///
/// # Errors
/// [`BeginError`]; the store is as it was then.
pub fn begin(
    mut store: Store,
    wanted: impl Into<GridSettings>,
    catalogue: &Catalogue,
    clock: Arc<Clock>,
    settings: DriverSettings,
    (to_driver, inbox): (Sender<ToDriver>, Receiver<ToDriver>),
) -> Result<Begun, BeginError> {
    let wanted = wanted.into();
    let GridSettings { config, servers } = &wanted;
    if journal::checkpoint(store.connection(), Which::Newest)?.is_none() {
        let scheduler = Scheduler::new(config.clone(), catalogue)?;
        let (cycle, fact) = (CycleId(0), FactSeq(0));
        let transaction = store.begin()?;
        journal::put_checkpoint(&transaction, cycle, fact, false, &scheduler.checkpoint())?;
        transaction.commit().map_err(StoreError::doing("keep a checkpoint"))?;
    }
    let (mut scheduler, replayer) = taken_up(store.connection(), catalogue)?;
    let (cycle, last_fact, replayed) = (replayer.cycle, replayer.last_fact, replayer.replayed);
    let recorded = scheduler.config().clone();
    let places = entries::servers(store.connection())?;
    let renames =
        renames(&recorded.clusters, &places, &wanted, |cluster| alive(&scheduler, cluster))?;
    for Rename { cluster, name } in &renames {
        let old = &recorded.clusters[cluster.index()].name;
        tracing::info!("cluster `{old}` is called `{name}` from now on");
    }
    scheduler.reconfigure_renamed(config.clone(), &renames, catalogue)?;
    let changed = *scheduler.config() != recorded;

    let connection = store.connection();
    let lead_told_s = go_on(connection, &scheduler, &clock)?;
    // Where every fact is forgotten, counting goes on from what the core knows.
    let end = journal::last_fact(connection)?.max(last_fact);
    let asked = journal::facts(connection, last_fact, end)?;
    let rows = Rows::load(connection)?;
    let intents = journal::intents(connection)?;
    let mut open = BTreeMap::new();
    let mut moot: Vec<CommandId> = Vec::new();
    let mut workers: Vec<WorkerStart> = Vec::new();
    workers.resize_with(scheduler.config().clusters.len(), WorkerStart::default);
    for intent in &intents {
        let (id, cluster) = (intent.command.id, intent.command.cluster);
        let command = intent.command.clone().completed(Memory::of(&scheduler));
        if !orders::has_owner(&command) {
            // Every job that was to be deleted is over by now: no worker would ever answer.
            moot.push(id);
            continue;
        }
        open.insert(id, cluster);
        if let Some(worker) = workers.get_mut(cluster.index()) {
            worker.unanswered.extend(orders::orders(&command, intent));
        }
    }
    for (id, worker) in ClusterId::with_each(&mut workers) {
        know(worker, &scheduler, id, store.epoch());
    }
    for (cluster, known) in recovered(&asked, &scheduler) {
        if let Some(worker) = workers.get_mut(cluster.index()) {
            worker.jobs.push(known);
        }
    }
    strike_out(&mut store, &moot)?;
    let pending = Pending { urgent: !asked.is_empty(), asked, ..Pending::default() };
    let mut backend = GridBackend {
        store,
        rows,
        clock,
        settings,
        inbox,
        _to_driver: to_driver,
        workers: BTreeMap::new(),
        clocks: BTreeMap::new(),
        lead_told_s,
        heartbeat: Arc::new(Heartbeat::new()),
        looking: BTreeSet::new(),
        shown: std::time::Instant::now(),
        look_took: std::time::Duration::ZERO,
        last_fact: end,
        cycle,
        since_checkpoint: u32::try_from(replayed).unwrap_or(u32::MAX),
        open,
        intents: BTreeMap::new(),
        pending,
        told: CycleInput::default(),
        reconfigure: None,
    };
    if changed {
        backend.checkpoint(&scheduler, Some(servers))?;
    } else if !entries::are(backend.store.connection(), &scheduler.config().clusters, servers)? {
        let transaction = backend.store.begin()?;
        entries::put(&transaction, &scheduler.config().clusters, servers)?;
        transaction.commit().map_err(StoreError::doing("keep the clusters' names"))?;
    }
    Ok(Begun { scheduler, backend, workers, replayed })
}

/// Lets grid time go on from the last cycle; returns how far it was ahead of the date then, in seconds.
fn go_on(connection: &Connection, scheduler: &Scheduler, clock: &Clock) -> Result<i64, StoreError> {
    let now = scheduler.now();
    if now == Timestamp::ZERO {
        return Ok(clock.moment().lead_s());
    }
    let last = journal::clock_record(connection, now)?;
    clock.take_up(&last);
    Ok(Moment { now: last.now, date: last.date }.lead_s())
}

/// Forgets commands that nobody will answer.
fn strike_out(store: &mut Store, moot: &[CommandId]) -> Result<(), StoreError> {
    if moot.is_empty() {
        return Ok(());
    }
    let transaction = store.begin()?;
    moot.iter().try_for_each(|command| journal::drop_intent(&transaction, *command))?;
    transaction.commit().map_err(StoreError::doing("strike out commands"))
}

/// Returns the newest checkpoint with the cycles behind it.
///
/// # Errors
/// [`BeginError`] when they cannot be taken up.
pub(crate) fn taken_up<'a>(
    connection: &'a Connection,
    catalogue: &Catalogue,
) -> Result<(Scheduler, Replayer<'a>), BeginError> {
    let saved = journal::checkpoint(connection, Which::Newest)?;
    let saved = saved.expect("a store that was begun has a checkpoint");
    let cycle = saved.cycle;
    let config = saved.checkpoint.config().clone();
    let mut parameters = StoredParameters(connection);
    let mut scheduler = Scheduler::restore(config, catalogue, saved.checkpoint, &mut parameters)
        .map_err(|source| BeginError::Restore { cycle: cycle.0, source })?;
    let mut replayer = Replayer::from(connection, cycle, saved.last_fact);
    while let Some(recorded) = replayer.replay_next(&mut scheduler)? {
        if !recorded.same() {
            return Err(BeginError::Differs { cycle: recorded.cycle.id.0 });
        }
    }
    Ok((scheduler, replayer))
}
