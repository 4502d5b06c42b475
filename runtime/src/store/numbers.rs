//! The numbers by which people know jobs and events. Each is given once: whoever asks for an old one must
//! not get, or kill, what somebody else has there now.

use gleaner_core::ids::CampaignId;
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::sql::run;

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

/// The tables whose rows people know by their numbers.
const TABLES: [&str; 3] = ["campaigns", "jobs", "events"];

/// Returns the number to be given next to a campaign.
pub(crate) fn next_campaign(connection: &Connection) -> Result<CampaignId, StoreError> {
    Ok(CampaignId(u32::try_from(next(connection, "campaigns")?).unwrap_or(u32::MAX)))
}

/// Notes that numbers up to those that another store has given, and up to this campaign's, are given.
pub(crate) fn given(
    connection: &Connection,
    other: Option<&Connection>,
    campaign: Option<CampaignId>,
) -> Result<(), StoreError> {
    for table in TABLES {
        let theirs = other.map_or(Ok(1), |other| next(other, table))?;
        let seen = campaign.filter(|_| table == "campaigns").map_or(0, |id| u64::from(id.0));
        let last = (theirs - 1).max(seen).max(next(connection, table)? - 1);
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)";
        run(
            connection,
            "keep the last numbers",
            sql,
            params![format!("last_{table}"), last.to_string()],
        )?;
    }
    Ok(())
}

/// Returns the number to be given next in a table, `campaigns`, `jobs` or `events`: behind the last row, or one that
/// is gone.
pub(super) fn next(connection: &Connection, table: &'static str) -> Result<u64, StoreError> {
    let failed = StoreError::doing("read the last number");
    let sql = format!(
        "SELECT 1 + max(coalesce((SELECT max(id) FROM {table}), 0), coalesce((SELECT \
         CAST(value AS INTEGER) FROM meta WHERE key = 'last_{table}'), 0))"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(&failed)?;
    statement.query_row([], |row| row.get(0)).map_err(&failed)
}
