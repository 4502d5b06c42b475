//! Rows of events.

use gleaner_api::numbers::JobId;
use gleaner_api::states::EventClass;
use gleaner_core::ids::{CampaignId, ClusterId, EventId};
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::words::{listed, time, word};
use crate::views::rows::EventRow;
use crate::views::{Page, Part};

/// A parent goes by the number of its row, as all events do for people.
const COLUMNS: &str = "id, class, code, open, job, cluster, campaign, \
    (SELECT id FROM events AS cause WHERE cause.event = events.parent), opened_at, closed_at, message";

fn row(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        id: EventId(row.get(0)?),
        class: word(row, 1, EventClass::from_word)?,
        code: row.get(2)?,
        open: row.get(3)?,
        job: row.get::<_, Option<u64>>(4)?.map(JobId),
        cluster: row.get::<_, Option<u16>>(5)?.map(ClusterId),
        campaign: row.get::<_, Option<u32>>(6)?.map(CampaignId),
        parent: row.get::<_, Option<u64>>(7)?.map(EventId),
        opened_at: Timestamp::from_seconds(row.get(8)?),
        closed_at: time(row.get(9)?),
        message: row.get(10)?,
    })
}

pub(super) fn one(connection: &Connection, id: EventId) -> rusqlite::Result<Option<EventRow>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], row).optional()
}

/// Returns the condition that events are a campaign's; ?1 is its number.
fn campaigns(all: bool) -> &'static str {
    if all {
        "campaign = ?1 AND code <> 'REMOTE_WAITING_FRAG'"
    } else {
        "open = 1 AND (campaign = ?1 OR (campaign IS NULL AND cluster IN \
         (SELECT cluster FROM couples WHERE campaign = ?1)))"
    }
}

/// Those of no campaign; ?1 is not used.
fn global_ones() -> String {
    let of_one = listed(&[EventClass::Job.word(), EventClass::Campaign.word()]);
    format!("open = 1 AND class NOT IN ({of_one}) AND ?1 IS NULL")
}

pub(super) fn of_campaign(
    connection: &Connection,
    id: CampaignId,
    all: bool,
    page: Page,
) -> rusqlite::Result<Part<EventRow>> {
    part(connection, campaigns(all), Some(id), page)
}

pub(super) fn of_campaign_behind(
    connection: &Connection,
    id: CampaignId,
    all: bool,
    after: EventId,
    limit: u64,
) -> rusqlite::Result<Vec<EventRow>> {
    behind(connection, campaigns(all), Some(id), after, limit)
}

pub(super) fn global(connection: &Connection, page: Page) -> rusqlite::Result<Part<EventRow>> {
    part(connection, &global_ones(), None, page)
}

pub(super) fn global_behind(
    connection: &Connection,
    after: EventId,
    limit: u64,
) -> rusqlite::Result<Vec<EventRow>> {
    behind(connection, &global_ones(), None, after, limit)
}

fn behind(
    connection: &Connection,
    which: &str,
    id: Option<CampaignId>,
    after: EventId,
    limit: u64,
) -> rusqlite::Result<Vec<EventRow>> {
    let sql =
        format!("SELECT {COLUMNS} FROM events WHERE {which} AND id > ?2 ORDER BY id LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(params![id.map(|id| id.0), after.0, limit], row)?.collect()
}

fn part(
    connection: &Connection,
    which: &str,
    id: Option<CampaignId>,
    page: Page,
) -> rusqlite::Result<Part<EventRow>> {
    let id = id.map(|id| id.0);
    let count = format!("SELECT count(*) FROM events WHERE {which}");
    let total = connection.prepare_cached(&count)?.query_row([id], |row| row.get(0))?;
    let sql = format!("SELECT {COLUMNS} FROM events WHERE {which} ORDER BY id LIMIT ?2 OFFSET ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![id, page.limit, page.offset], row)?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}
