//! Forgetting the journal's beginning, up to a checkpoint from which the rest can be replayed.

use gleaner_core::time::Timestamp;
use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::sql::{self, run};

/// A part of the journal that may be forgotten: what follows can be replayed without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forgettable {
    /// When its first cycle ran.
    pub(crate) begins: Timestamp,
    /// The checkpoint that stays; those before it go.
    pub(crate) checkpoint: u64,
    /// The last cycle that goes.
    pub(crate) cycle: u64,
    /// The last fact that goes.
    pub(crate) fact: u64,
}

/// Returns the journal up to the newest checkpoint whose cycle ran before `before`; none when nothing is
/// so old.
pub(crate) fn forgettable(
    connection: &Connection,
    before: Timestamp,
) -> Result<Option<Forgettable>, StoreError> {
    // From the newest on, each with its cycle by number: no look at every cycle that is kept.
    let sql = "SELECT checkpoints.id, cycle, checkpoints.last_fact, \
               (SELECT now FROM cycles ORDER BY id LIMIT 1) FROM checkpoints \
               CROSS JOIN cycles ON cycles.id = cycle WHERE now < ?1 \
               ORDER BY checkpoints.id DESC LIMIT 1";
    sql::first(connection, "forget old cycles", sql, [before.seconds()], |row| {
        let begins = Timestamp::from_seconds(row.get(3)?);
        Ok(Forgettable { begins, checkpoint: row.get(0)?, cycle: row.get(1)?, fact: row.get(2)? })
    })
}

/// Forgets it.
pub(crate) fn forget(connection: &Connection, old: &Forgettable) -> Result<(), StoreError> {
    let delete = |sql, id: u64| run(connection, "forget old cycles", sql, [id]);
    delete("DELETE FROM cycles WHERE id <= ?1", old.cycle)?;
    delete("DELETE FROM checkpoints WHERE id < ?1", old.checkpoint)?;
    delete("DELETE FROM facts WHERE seq + count - 1 <= ?1", old.fact)
}
