//! Messages that are to be sent, until they were sent or given up: they survive the daemon. Sends nothing.

use gleaner_api::notifications::{Channel, Severity};
use gleaner_core::ids::CampaignId;
use gleaner_core::time::{Duration, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::store::error::StoreError;
use crate::store::sql::{self, run};
use crate::store::words::word;

/// The most messages to one address within [`HOUR`]; what is beyond is told in one, later.
pub(crate) const HOURLY_MAX: u64 = 30;
/// The most messages that wait to be sent; what is beyond is lost, which is counted.
pub(crate) const WAITING_MAX: u64 = 10_000;
const HOUR: Duration = Duration::from_seconds(3600);
/// How long a message that is over is kept, for the count of an hour.
const KEPT: Duration = Duration::from_seconds(2 * 3600);

/// What is said, to whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    /// How grave it is.
    pub(crate) severity: Severity,
    /// The event's code, or a word of ours.
    pub(crate) code: String,
    /// The campaign that it is about.
    pub(crate) campaign: Option<CampaignId>,
    /// Whose campaign.
    pub(crate) user: Option<String>,
    /// One line.
    pub(crate) subject: String,
    /// Lines.
    pub(crate) body: String,
}

/// A message to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its number, which is never given again.
    pub(crate) id: u64,
    pub(crate) channel: Channel,
    pub(crate) identity: String,
    /// How often it was tried in vain.
    pub(crate) attempts: u32,
    /// When it was written, by grid time.
    pub(crate) written_at: Timestamp,
    pub(crate) content: Content,
}

const COLUMNS: &str =
    "id, channel, identity, attempts, written_at, severity, code, campaign, user, subject, body";

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        channel: word(row, 1, Channel::from_word)?,
        identity: row.get(2)?,
        attempts: row.get(3)?,
        written_at: Timestamp::from_seconds(row.get(4)?),
        content: Content {
            severity: word(row, 5, Severity::from_word)?,
            code: row.get(6)?,
            campaign: row.get::<_, Option<u32>>(7)?.map(CampaignId),
            user: row.get(8)?,
            subject: row.get(9)?,
            body: row.get(10)?,
        },
    })
}

/// How many messages wait to be sent, held back ones among them.
pub(crate) fn waiting(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM outbox WHERE over_at IS NULL";
    let count = sql::first(connection, "count messages", sql, [], |row| row.get(0))?;
    Ok(count.unwrap_or_default())
}

/// Puts a message in, to be sent at once, or to be held back where too much went to that address within an hour.
pub(crate) fn put(
    connection: &Connection,
    channel: Channel,
    identity: &str,
    content: &Content,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Content { severity, code, campaign, user, subject, body } = content;
    let due = (lately(connection, channel, identity, now)? < HOURLY_MAX).then_some(now.seconds());
    let sql = "INSERT INTO outbox (channel, identity, severity, code, campaign, user, subject, body, \
               written_at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let row = params![
        channel.word(),
        identity,
        severity.word(),
        code,
        campaign.map(|campaign| campaign.0),
        user,
        subject,
        body,
        now.seconds(),
        due
    ];
    run(connection, "keep a message", sql, row)
}

/// Messages to an address within the last hour, without those that are held back.
fn lately(
    connection: &Connection,
    channel: Channel,
    identity: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM outbox WHERE channel = ?1 AND identity = ?2 AND written_at > ?3 \
               AND due_at IS NOT NULL";
    let asked = params![channel.word(), identity, (now - HOUR).seconds()];
    let count = sql::first(connection, "count messages", sql, asked, |row| row.get(0))?;
    Ok(count.unwrap_or_default())
}

/// Returns the messages that may be sent now, oldest first, `most` at most.
pub(crate) fn due(
    connection: &Connection,
    now: Timestamp,
    most: u32,
) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE over_at IS NULL AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2"
    );
    sql::all(connection, "read messages", &sql, params![now.seconds(), most], message)
}

/// Notes that a message was sent, or is given up.
pub(crate) fn over(connection: &Connection, id: u64, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET over_at = ?2, body = '' WHERE id = ?1";
    run(connection, "keep that a message is over", sql, params![id, now.seconds()])
}

/// Notes that a message was tried in vain, and when it is tried again.
pub(crate) fn later(
    connection: &Connection,
    id: u64,
    attempts: u32,
    due: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE outbox SET attempts = ?2, due_at = ?3 WHERE id = ?1";
    run(connection, "keep when a message is tried again", sql, params![id, attempts, due.seconds()])
}

/// Returns the addresses at which messages are held back and some may go again, with what is held: `most` subjects of
/// each, and how many there are.
pub(crate) fn held(
    connection: &Connection,
    now: Timestamp,
    most: usize,
) -> Result<Vec<Held>, StoreError> {
    let doing = "read messages that are held back";
    let sql = "SELECT channel, identity, count(*), max(id) FROM outbox WHERE over_at IS NULL AND due_at IS NULL \
               GROUP BY channel, identity ORDER BY max(id)";
    let all: Vec<(Channel, String, u64, u64)> = sql::all(connection, doing, sql, [], |row| {
        Ok((word(row, 0, Channel::from_word)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    let mut held = Vec::new();
    for (channel, identity, count, last) in all {
        if lately(connection, channel, &identity, now)? >= HOURLY_MAX {
            continue;
        }
        let sql = "SELECT severity, subject FROM outbox WHERE over_at IS NULL AND due_at IS NULL \
                   AND channel = ?1 AND identity = ?2 ORDER BY id LIMIT ?3";
        let asked = params![channel.word(), identity, most];
        let shown: Vec<(Severity, String)> = sql::all(connection, doing, sql, asked, |row| {
            Ok((word(row, 0, Severity::from_word)?, row.get(1)?))
        })?;
        held.push(Held { channel, identity, count, last, shown });
    }
    Ok(held)
}

/// What is held back at an address.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) channel: Channel,
    pub(crate) identity: String,
    /// How many messages.
    pub(crate) count: u64,
    /// The last of them.
    pub(crate) last: u64,
    /// How grave the first of them are, and their subjects.
    pub(crate) shown: Vec<(Severity, String)>,
}

/// Takes out what is held back at an address, since one message tells it all.
pub(crate) fn let_go(connection: &Connection, held: &Held) -> Result<(), StoreError> {
    let sql = "DELETE FROM outbox WHERE over_at IS NULL AND due_at IS NULL AND channel = ?1 AND identity = ?2 \
               AND id <= ?3";
    let row = params![held.channel.word(), held.identity, held.last];
    run(connection, "take messages together", sql, row)
}

/// Forgets messages that were over long ago.
pub(crate) fn forget(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let sql =
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE over_at < ?1 LIMIT 1000)";
    run(connection, "forget messages", sql, [(now - KEPT).seconds()])
}
