//! Replaying a journal: a fresh scheduler is told what was recorded, and what it decides is compared
//! with what was decided then. Sends nothing and changes nothing.

pub mod replayer;

use std::path::Path;

use gleaner_core::config::SchedulerConfig;
use gleaner_core::ids::ClusterId;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::restore::RestoreError;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::reconfigure::{ReconfigureError, Rename};

pub use crate::replay::replayer::Difference;
use crate::replay::replayer::Replayer;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::journal::{self, CycleId, Which};
use crate::store::parameters::StoredParameters;

/// What a replay found.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// Every decision was made again.
    Same {
        /// Cycles.
        cycles: u64,
        /// Commands in them.
        commands: u64,
    },
    /// A cycle decided otherwise.
    Differs(Box<Difference>),
    /// The journal has a hole.
    Missing {
        /// What is missing.
        what: String,
    },
}

/// Why a journal cannot be replayed at all.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store fails.
    #[error("cannot read the journal")]
    Store(#[from] StoreError),
    /// It has no beginning.
    #[error("there is no journal in it\n  hint: name the store of a daemon that has run")]
    Empty,
    /// Its beginning cannot be taken up.
    #[error("cannot take up its first checkpoint")]
    Restore(#[from] RestoreError),
    /// The policy asked for cannot be used.
    #[error("cannot use the policy")]
    Policy(#[from] ReconfigureError),
}

/// Replays the journal in the store at `path`, from its oldest checkpoint, under another policy if
/// one is given. `progress` hears how many cycles of how many are done.
///
/// # Errors
/// [`ReplayError`] when there is nothing to replay.
pub fn replay(
    path: &Path,
    catalogue: &Catalogue,
    policy: Option<&PolicySpec>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Replayed, ReplayError> {
    let connection = Store::journal_reader(path)?;
    if !at_work(&connection)? {
        // A transaction on a store that nobody uses would keep a daemon from starting on it.
        let replayed = replay_on(&connection, catalogue, policy, progress)?;
        if matches!(replayed, Replayed::Same { .. }) || !at_work(&connection)? {
            return Ok(replayed);
        }
    }
    // All is read as of one moment: what a daemon at work forgets meanwhile would look like a hole.
    let _moment =
        connection.unchecked_transaction().map_err(StoreError::doing("read the journal"))?;
    replay_on(&connection, catalogue, policy, progress)
}

/// Returns whether a daemon has the store open, or died with it.
fn at_work(connection: &rusqlite::Connection) -> Result<bool, StoreError> {
    let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
    Ok(mode.map_err(StoreError::doing("read the journal"))? == "wal")
}

fn replay_on(
    connection: &rusqlite::Connection,
    catalogue: &Catalogue,
    policy: Option<&PolicySpec>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Replayed, ReplayError> {
    let saved = journal::checkpoint(connection, Which::Oldest)?.ok_or(ReplayError::Empty)?;
    let recorded = saved.checkpoint.config().clone();
    let mut source = StoredParameters(connection);
    let mut scheduler =
        Scheduler::restore(recorded.clone(), catalogue, saved.checkpoint, &mut source)?;
    if policy.is_some() {
        scheduler.reconfigure(under(recorded, policy), catalogue)?;
    }
    let total = journal::cycles_after(connection, saved.cycle)?;
    let mut replayer = Replayer::from(connection, saved.cycle, saved.last_fact);
    let mut commands = 0;
    loop {
        reconfigured(connection, replayer.cycle, policy, catalogue, &mut scheduler)?;
        let replayed = match replayer.replay_next(&mut scheduler) {
            Ok(Some(replayed)) => replayed,
            Ok(None) => return Ok(Replayed::Same { cycles: replayer.replayed, commands }),
            Err(StoreError::Gap { what }) => return Ok(Replayed::Missing { what }),
            Err(error) => return Err(error.into()),
        };
        commands += replayed.cycle.commands.len() as u64;
        if !replayed.same() {
            return Ok(Replayed::Differs(Box::new(replayed.difference())));
        }
        progress(replayer.replayed, total);
    }
}

/// Takes over changes of settings that were made right after a cycle.
fn reconfigured(
    connection: &rusqlite::Connection,
    cycle: CycleId,
    policy: Option<&PolicySpec>,
    catalogue: &Catalogue,
    scheduler: &mut Scheduler,
) -> Result<(), ReplayError> {
    for config in journal::reconfigured(connection, cycle)? {
        let renames = renames(scheduler.config(), &config);
        scheduler.reconfigure_renamed(under(config, policy), &renames, catalogue)?;
    }
    Ok(())
}

/// Returns the clusters that had another name before. A recorded list is whole, and each cluster keeps its
/// position.
fn renames(known: &SchedulerConfig, recorded: &SchedulerConfig) -> Vec<Rename> {
    let both = known.clusters.iter().zip(&recorded.clusters);
    let renamed = ClusterId::with_each(both).filter(|(_, (a, b))| a.name != b.name);
    renamed.map(|(cluster, (_, spec))| Rename { cluster, name: spec.name.clone() }).collect()
}

fn under(mut config: SchedulerConfig, policy: Option<&PolicySpec>) -> SchedulerConfig {
    // Retired clusters are not named again: they are retired still.
    config.clusters.retain(|cluster| !cluster.retired);
    if let Some(policy) = policy {
        config.clusters.iter_mut().for_each(|cluster| cluster.policy = policy.clone());
    }
    config
}
