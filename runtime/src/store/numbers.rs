//! The numbers by which people know jobs and events. Each is given once: whoever asks for an old one must
//! not get, or kill, what somebody else has there now.

use rusqlite::Connection;

use crate::store::error::StoreError;

/// Notes the last number of each table when its row goes, whoever deletes it: no caller has to remember.
pub(super) const MIGRATION: &str = "
CREATE TRIGGER jobs_numbers AFTER DELETE ON jobs
WHEN NOT EXISTS (SELECT 1 FROM jobs WHERE id > old.id) BEGIN
    INSERT INTO meta (key, value) VALUES ('last_jobs', old.id)
    ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), old.id);
END;
CREATE TRIGGER events_numbers AFTER DELETE ON events
WHEN NOT EXISTS (SELECT 1 FROM events WHERE id > old.id) BEGIN
    INSERT INTO meta (key, value) VALUES ('last_events', old.id)
    ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), old.id);
END;
";

/// The number to be given next in a table, `jobs` or `events`: behind the last row, or one that is gone.
pub(super) fn next(connection: &Connection, table: &'static str) -> Result<u64, StoreError> {
    let failed = StoreError::doing("read the last number");
    let sql = format!(
        "SELECT 1 + max(coalesce((SELECT max(id) FROM {table}), 0), coalesce((SELECT \
         CAST(value AS INTEGER) FROM meta WHERE key = 'last_{table}'), 0))"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(&failed)?;
    statement.query_row([], |row| row.get(0)).map_err(&failed)
}
