//! What each cycle saw and wanted.

use gleaner_core::record::RecordedCommand;
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::journal::facts::FactSeq;
use crate::store::json;
use crate::store::sql::{self, run};

/// A cycle's number, from 1; 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CycleId(pub u64);

/// What a cycle saw and wanted.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Its number.
    pub id: CycleId,
    /// When it ran.
    pub now: Timestamp,
    /// The last fact that it was told.
    pub last_fact: FactSeq,
    /// The snapshots that were new.
    pub snapshots: Vec<ClusterSnapshot>,
    /// What it decided.
    pub commands: Vec<RecordedCommand>,
}

/// Writes what a cycle saw and wanted.
pub(crate) fn put_cycle(
    connection: &Connection,
    id: CycleId,
    now: Timestamp,
    last_fact: FactSeq,
    snapshots: &[ClusterSnapshot],
    commands: &[RecordedCommand],
) -> Result<(), StoreError> {
    let snapshots = json::text("the record", id.0, snapshots)?;
    let commands = json::text("the record", id.0, commands)?;
    let sql = "INSERT INTO cycles (id, now, last_fact, snapshots, commands) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![id.0, now.seconds(), last_fact.0, snapshots, commands];
    run(connection, "keep a cycle", sql, row)
}

/// Reads the cycle after `after`; none when there is none.
///
/// # Errors
/// [`StoreError`] when it cannot be read or understood, or when one in between is missing.
pub fn next_cycle(connection: &Connection, after: CycleId) -> Result<Option<Cycle>, StoreError> {
    let sql = "SELECT id, now, last_fact, snapshots, commands FROM cycles WHERE id > ?1 \
               ORDER BY id LIMIT 1";
    let row = sql::first(connection, "read a cycle", sql, [after.0], |row| {
        let texts: (String, String) = (row.get(3)?, row.get(4)?);
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, texts))
    })?;
    let Some((id, now, last_fact, (snapshots, commands))) = row else { return Ok(None) };
    let id: u64 = id;
    if id != after.0 + 1 {
        return Err(StoreError::Gap { what: format!("cycle {} is missing", after.0 + 1) });
    }
    Ok(Some(Cycle {
        id: CycleId(id),
        now: Timestamp::from_seconds(now),
        last_fact: FactSeq(last_fact),
        snapshots: json::read("the snapshots", id, snapshots.as_bytes())?,
        commands: json::read("the commands", id, commands.as_bytes())?,
    }))
}

/// Returns the last cycle that was recorded; zero before the first.
pub(crate) fn last_cycle(connection: &Connection) -> Result<CycleId, StoreError> {
    let sql = "SELECT max(coalesce((SELECT max(id) FROM cycles), 0), \
               coalesce((SELECT cycle FROM checkpoints ORDER BY id DESC LIMIT 1), 0))";
    let last = connection.query_row(sql, [], |row| row.get(0));
    last.map(CycleId).map_err(StoreError::doing("read the last cycle"))
}

/// Returns how many cycles are recorded after `after`.
///
/// # Errors
/// [`StoreError`] when they cannot be counted.
pub fn cycles_after(connection: &Connection, after: CycleId) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM cycles WHERE id > ?1";
    let count = connection.query_row(sql, [after.0], |row| row.get(0));
    count.map_err(StoreError::doing("count cycles"))
}
