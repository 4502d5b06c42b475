//! The numbers by which people know jobs and events. Each is given once: whoever asks for an old one must
//! not get, or kill, what somebody else has there now. So the last ones are noted before rows are deleted.

use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::rows::run;

/// What has such numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbered {
    Jobs,
    Events,
}

impl Numbered {
    /// The last number that was given: of a row, or of one that is gone.
    const fn last_sql(self) -> &'static str {
        match self {
            Numbered::Jobs => {
                "SELECT max(coalesce((SELECT max(id) FROM jobs), 0), coalesce((SELECT \
                 CAST(value AS INTEGER) FROM meta WHERE key = 'last_job'), 0))"
            }
            Numbered::Events => {
                "SELECT max(coalesce((SELECT max(id) FROM events), 0), coalesce((SELECT \
                 CAST(value AS INTEGER) FROM meta WHERE key = 'last_event'), 0))"
            }
        }
    }

    /// The number to be given next.
    pub(super) fn next(self, connection: &Connection) -> Result<u64, StoreError> {
        let failed = StoreError::doing("read the last number");
        let mut statement = connection.prepare_cached(self.last_sql()).map_err(&failed)?;
        let last: u64 = statement.query_row([], |row| row.get(0)).map_err(&failed)?;
        Ok(last + 1)
    }
}

/// Notes which numbers were given so far. To be called before rows of jobs or events are deleted, in the
/// same transaction.
pub(crate) fn keep(connection: &Connection) -> Result<(), StoreError> {
    for (key, numbered) in [("last_job", Numbered::Jobs), ("last_event", Numbered::Events)] {
        let last = (numbered.next(connection)? - 1).to_string();
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)";
        run(connection, "keep the last number", sql, [key, &last])?;
    }
    Ok(())
}
