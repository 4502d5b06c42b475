//! Commands that are to be carried out, noted before they are sent, until they have their final answer.

use gleaner_core::ids::CommandId;
use gleaner_core::record::RecordedCommand;
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::json;
use crate::store::sql::run;

/// When and how a command is to be carried out, kept until it has its final answer.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The command.
    pub command: RecordedCommand,
    /// When it was decided.
    pub intent_at: Timestamp,
    /// See [`crate::order::Order::send_before`].
    pub send_before: Timestamp,
    /// See [`crate::order::Batch::lease_until`].
    pub lease_until: Timestamp,
    /// See [`crate::order::Batch::lease_there`].
    pub lease_there: Option<Timestamp>,
    /// The name of the submission; empty for a cancel.
    pub name: String,
    /// The row of its first job; the others follow.
    pub first_job: Option<u64>,
}

/// Notes a command before it is sent.
pub(crate) fn put_intent(connection: &Connection, intent: &Intent) -> Result<(), StoreError> {
    let Intent { command, intent_at, send_before, lease_until, lease_there, name, first_job } =
        intent;
    let data = json::text("the command", command.id.0, command)?;
    let sql = "INSERT INTO intents (command, cluster, intent_at, send_before, lease_until, name, \
               first_job, data, lease_there) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let times = [*intent_at, *send_before, *lease_until].map(Timestamp::seconds);
    let row = params![
        command.id.0,
        command.cluster.0,
        times[0],
        times[1],
        times[2],
        name,
        first_job,
        data,
        lease_there.map(Timestamp::seconds)
    ];
    run(connection, "note a command", sql, row)
}

/// Strikes out a command that has its final answer.
pub(crate) fn drop_intent(connection: &Connection, command: CommandId) -> Result<(), StoreError> {
    let sql = "DELETE FROM intents WHERE command = ?1";
    run(connection, "strike out a command", sql, [command.0])
}

/// Reads the commands without a final answer, in the order in which they were decided.
pub(crate) fn intents(connection: &Connection) -> Result<Vec<Intent>, StoreError> {
    let failed = StoreError::doing("read commands");
    let sql = "SELECT intent_at, send_before, lease_until, name, first_job, data, command, \
               lease_there FROM intents ORDER BY command";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    let mut intents = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let time = |column| row.get(column).map(Timestamp::from_seconds).map_err(&failed);
        let data: String = row.get(5).map_err(&failed)?;
        intents.push(Intent {
            intent_at: time(0)?,
            send_before: time(1)?,
            lease_until: time(2)?,
            lease_there: row
                .get::<_, Option<i64>>(7)
                .map_err(&failed)?
                .map(Timestamp::from_seconds),
            name: row.get(3).map_err(&failed)?,
            first_job: row.get(4).map_err(&failed)?,
            command: json::read("the command", row.get(6).map_err(&failed)?, data.as_bytes())?,
        });
    }
    Ok(intents)
}
