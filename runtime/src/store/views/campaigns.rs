//! Rows of campaigns, and figures over their jobs.

use gleaner_api::states::{CampaignState, EventClass, JobState, JobTag};
use gleaner_core::ids::{CampaignId, ClusterId};
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::words::{listed, time, word};
use crate::views::rows::{CampaignRow, PairRow, StatsRow};
use crate::views::{Meant, Part};

/// Jobs that started so long before the latest start count for the throughput: an hour.
const WINDOW_S: i64 = 3600;

const COLUMNS: &str = "id, name, user, state, submitted_at, total, finished, \
    EXISTS (SELECT 1 FROM events WHERE open = 1 AND (campaign = campaigns.id OR (campaign IS NULL \
    AND cluster IN (SELECT cluster FROM couples WHERE couples.campaign = campaigns.id))))";

fn row(row: &Row<'_>) -> rusqlite::Result<CampaignRow> {
    Ok(CampaignRow {
        id: CampaignId(row.get(0)?),
        name: row.get(1)?,
        user: row.get(2)?,
        state: word(row, 3, CampaignState::from_word)?,
        submitted_at: Timestamp::from_seconds(row.get(4)?),
        total: row.get(5)?,
        finished: row.get(6)?,
        has_events: row.get(7)?,
    })
}

pub(super) fn meant(
    connection: &Connection,
    meant: &Meant,
    before: Option<CampaignId>,
    limit: u64,
) -> rusqlite::Result<Part<CampaignRow>> {
    let words: Vec<&str> = meant.states.iter().map(|state| state.word()).collect();
    let which = format!("state IN ({}) AND (?1 IS NULL OR user = ?1)", listed(&words));
    let count = format!("SELECT count(*) FROM campaigns WHERE {which}");
    let total = connection.prepare_cached(&count)?.query_row([&meant.user], |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM campaigns WHERE {which} AND id < ?2 ORDER BY id DESC LIMIT ?3"
    );
    let before = before.map_or(i64::MAX, |id| id.0.into());
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![meant.user, before, limit], row)?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}

pub(super) fn one(
    connection: &Connection,
    id: CampaignId,
) -> rusqlite::Result<Option<CampaignRow>> {
    let sql = format!("SELECT {COLUMNS} FROM campaigns WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id.0], row).optional()
}

pub(super) fn counts(connection: &Connection) -> rusqlite::Result<[u64; 4]> {
    let mut counts = [0; 4];
    for (count, state) in counts.iter_mut().zip(CampaignState::ALL) {
        let sql = "SELECT count(*) FROM campaigns WHERE state = ?1";
        *count = connection.prepare_cached(sql)?.query_row([state.word()], |row| row.get(0))?;
    }
    Ok(counts)
}

pub(super) fn pairs(connection: &Connection, id: CampaignId) -> rusqlite::Result<Vec<PairRow>> {
    let done = JobState::Terminated.word();
    let passed = |tag: JobTag| {
        let tag = tag.word();
        format!(
            "EXISTS (SELECT 1 FROM jobs WHERE jobs.campaign = couples.campaign AND task IS NULL \
             AND jobs.cluster = couples.cluster AND tag = '{tag}' AND state = '{done}')"
        )
    };
    let sql = format!(
        "SELECT cluster, active, queued, NOT prologue OR {}, NOT epilogue OR {} FROM couples \
         WHERE campaign = ?1 ORDER BY cluster",
        passed(JobTag::Prologue),
        passed(JobTag::Epilogue)
    );
    let pair = |row: &Row<'_>| {
        Ok(PairRow {
            cluster: ClusterId(row.get(0)?),
            active: row.get(1)?,
            queued: row.get(2)?,
            prologue_ok: row.get(3)?,
            epilogue_ok: row.get(4)?,
        })
    };
    connection.prepare_cached(&sql)?.query_map([id.0], pair)?.collect()
}

pub(super) fn stats(connection: &Connection, id: CampaignId) -> rusqlite::Result<StatsRow> {
    let sql = "SELECT count(*), avg(run), \
               (sum(run * run) - count(*) * avg(run) * avg(run)) / (count(*) - 1), \
               max(started_at) FROM (SELECT started_at, 1.0 * (stopped_at - started_at) AS run \
               FROM jobs WHERE campaign = ?1 AND task IS NOT NULL AND state = ?2)";
    let done = JobState::Terminated.word();
    let mut stats = connection.prepare_cached(sql)?.query_row(params![id.0, done], |row| {
        let variance: Option<f64> = row.get(2)?;
        Ok(StatsRow {
            done: row.get(0)?,
            mean_s: row.get(1)?,
            // Rounding may leave a trifle below zero.
            stddev_s: variance.map(|variance| variance.max(0.0).sqrt()),
            last_start: time(row.get(3)?),
            ..StatsRow::default()
        })
    })?;
    if let Some(last) = stats.last_start {
        let sql = "SELECT count(*), min(started_at) FROM jobs WHERE campaign = ?1 AND \
                   task IS NOT NULL AND state = ?2 AND started_at > ?3";
        let row = params![id.0, done, last.seconds() - WINDOW_S];
        (stats.window_jobs, stats.window_start) = connection
            .prepare_cached(sql)?
            .query_row(row, |row| Ok((row.get(0)?, time(row.get(1)?))))?;
    }
    let sql = "SELECT sum(class = ?2 AND code NOT LIKE 'RESUBMIT%'), \
               sum(code LIKE 'RESUBMIT%' OR code = 'WALLTIME_WARNING') FROM events \
               WHERE campaign = ?1 AND class IN (?2, ?3)";
    let asked = params![id.0, EventClass::Job.word(), EventClass::Notify.word()];
    (stats.failures, stats.resubmissions) =
        connection.prepare_cached(sql)?.query_row(asked, |row| {
            Ok((
                row.get::<_, Option<u64>>(0)?.unwrap_or(0),
                row.get::<_, Option<u64>>(1)?.unwrap_or(0),
            ))
        })?;
    Ok(stats)
}
