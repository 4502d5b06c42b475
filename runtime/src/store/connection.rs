//! Connections to a store's file, as all that read or write it set them up. Knows no table.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::store::error::StoreError;

/// How long a connection waits for another one of ours.
const BUSY: Duration = Duration::from_secs(10);

/// Opens a connection that only reads, whatever the file's format.
pub(crate) fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(StoreError::opening(path))?;
    connection.busy_timeout(BUSY).map_err(StoreError::opening(path))?;
    Ok(connection)
}

/// Sets up a connection that writes.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // 32 MiB of pages, and a log that does not grow for ever.
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Brings all of a store into the one file, and marks it so; or fails.
pub(super) fn in_one_file(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .map(|_: String| ())
}
