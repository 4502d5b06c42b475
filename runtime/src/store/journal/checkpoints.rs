//! The core's whole memory, now and then: where a restart or a replay begins.

use gleaner_core::checkpoint::Checkpoint;
use gleaner_core::config::SchedulerConfig;
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::journal::cycles::CycleId;
use crate::store::journal::facts::FactSeq;
use crate::store::json;
use crate::store::sql::{self, run};

/// The core's memory after a cycle.
#[derive(Clone, Debug)]
pub struct Saved {
    /// After which cycle.
    pub cycle: CycleId,
    /// The last fact that it knows.
    pub last_fact: FactSeq,
    /// The memory.
    pub checkpoint: Checkpoint,
}

/// Writes the core's memory.
pub(crate) fn put_checkpoint(
    connection: &Connection,
    cycle: CycleId,
    last_fact: FactSeq,
    reconfigured: bool,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    let data = json::bytes("the checkpoint", cycle.0, checkpoint)?;
    let sql = "INSERT INTO checkpoints (cycle, last_fact, reconfigured, data) \
               VALUES (?1, ?2, ?3, ?4)";
    let row = params![cycle.0, last_fact.0, reconfigured, data];
    run(connection, "keep a checkpoint", sql, row)
}

/// Which checkpoint to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first that is left.
    Oldest,
    /// The last.
    Newest,
}

/// Reads a checkpoint; none when there is no such.
///
/// # Errors
/// [`StoreError`] when it cannot be read or understood.
pub fn checkpoint(connection: &Connection, which: Which) -> Result<Option<Saved>, StoreError> {
    let sql = match which {
        Which::Oldest => "SELECT cycle, last_fact, data FROM checkpoints ORDER BY id LIMIT 1",
        Which::Newest => "SELECT cycle, last_fact, data FROM checkpoints ORDER BY id DESC LIMIT 1",
    };
    let row = sql::first(connection, "read a checkpoint", sql, [], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?))
    })?;
    let Some((cycle, last_fact, data)) = row else { return Ok(None) };
    let checkpoint = memory(cycle, &data)?;
    Ok(Some(Saved { cycle: CycleId(cycle), last_fact: FactSeq(last_fact), checkpoint }))
}

/// Reads the settings to which the core was brought right after a cycle, in the order in which that
/// was done: most often none.
///
/// # Errors
/// [`StoreError`] when they cannot be read or understood.
pub fn reconfigured(
    connection: &Connection,
    cycle: CycleId,
) -> Result<Vec<SchedulerConfig>, StoreError> {
    let sql = "SELECT data FROM checkpoints WHERE cycle = ?1 AND reconfigured ORDER BY id";
    let kept: Vec<Vec<u8>> =
        sql::all(connection, "read a checkpoint", sql, [cycle.0], |row| row.get(0))?;
    let settings = |data: &Vec<u8>| Ok(memory(cycle.0, data)?.config().clone());
    kept.iter().map(settings).collect()
}

fn memory(cycle: u64, data: &[u8]) -> Result<Checkpoint, StoreError> {
    json::read("the checkpoint", cycle, data)
}
