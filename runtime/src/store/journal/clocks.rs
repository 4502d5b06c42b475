//! Where the clocks stood when the last cycle ran.

use gleaner_core::time::Timestamp;
use rusqlite::{Connection, Row};

use crate::clock::ClockRecord;
use crate::store::error::StoreError;
use crate::store::json;
use crate::store::sql::{self, run};

/// Notes where the clocks stand; the newest note is all that is kept.
pub(crate) fn put_clock_record(
    connection: &Connection,
    record: &ClockRecord,
) -> Result<(), StoreError> {
    let data = json::text("the clocks", 0, record)?;
    let sql = "INSERT INTO meta (key, value) VALUES ('clock', ?1) \
               ON CONFLICT (key) DO UPDATE SET value = ?1";
    run(connection, "note the clocks", sql, [data])
}

/// Returns what the clocks showed when the core was last told the time, `now`. A release that knew of one
/// time only noted no date: then it is that of the last cycle.
pub(crate) fn clock_record(
    connection: &Connection,
    now: Timestamp,
) -> Result<ClockRecord, StoreError> {
    let doing = "read the clocks";
    let sql = "SELECT value FROM meta WHERE key = 'clock'";
    let noted: Option<String> = sql::first(connection, doing, sql, [], |row| row.get(0))?;
    if let Some(noted) = noted {
        let noted: ClockRecord = json::read("the clocks", 0, noted.as_bytes())?;
        return Ok(ClockRecord { now: now.max(noted.now), ..noted });
    }
    let sql = "SELECT now FROM cycles ORDER BY id DESC LIMIT 1";
    let last = |row: &Row<'_>| row.get(0).map(Timestamp::from_seconds);
    let date = sql::first(connection, doing, sql, [], last)?.unwrap_or(now);
    Ok(ClockRecord { now, date, uptime: None })
}
