//! Where each submission was sent: what a job that bears its name belongs to. Kept as long as its campaign is.

use std::sync::{Mutex, PoisonError};

use gleaner_core::ids::{CampaignId, ClusterId, CommandId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::order::{Sent, Submissions, Unreadable};
use crate::store::error::StoreError;
use crate::store::sql::run;

/// The table, with what the journal still knows of submissions sent before there was one.
pub(super) const MIGRATION: &str = "
CREATE TABLE submissions (
    command  INTEGER PRIMARY KEY,
    cluster  INTEGER NOT NULL,
    campaign INTEGER NOT NULL
) STRICT;
CREATE INDEX submissions_by_campaign ON submissions (campaign);
INSERT OR IGNORE INTO submissions (command, cluster, campaign)
SELECT json_extract(value, '$.id'), json_extract(value, '$.cluster'),
       json_extract(value, '$.action.submit.campaign')
FROM cycles, json_each(cycles.commands)
WHERE json_type(value, '$.action.submit.campaign') = 'integer';
";

/// Notes where a submission is sent, before it is.
pub(crate) fn put(
    connection: &Connection,
    command: CommandId,
    cluster: ClusterId,
    campaign: CampaignId,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO submissions (command, cluster, campaign) VALUES (?1, ?2, ?3)";
    run(connection, "note a submission", sql, params![command.0, cluster.0, campaign.0])
}

/// The submissions of a store, for those who only ask.
#[derive(Debug)]
pub struct StoredSubmissions(Mutex<Connection>);

impl StoredSubmissions {
    /// Reads them with a connection of its own; see [`Store::reader`](crate::store::Store::reader).
    pub fn new(reader: Connection) -> StoredSubmissions {
        StoredSubmissions(Mutex::new(reader))
    }
}

impl Submissions for StoredSubmissions {
    fn sent(&self, command: CommandId) -> Result<Option<Sent>, Unreadable> {
        // No row has such a number.
        if i64::try_from(command.0).is_err() {
            return Ok(None);
        }
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sql = "SELECT cluster, campaign, user FROM submissions \
                   JOIN campaigns ON campaigns.id = campaign WHERE command = ?1";
        let mut statement = reader.prepare_cached(sql)?;
        let sent = statement.query_row([command.0], |row| {
            let user: String = row.get(2)?;
            Ok(Sent {
                cluster: ClusterId(row.get(0)?),
                campaign: CampaignId(row.get(1)?),
                user: user.into(),
            })
        });
        Ok(sent.optional()?)
    }
}
