//! Rows of jobs, and of tasks with their tries.

use gleaner_api::numbers::JobId;
use gleaner_api::states::{JobState, JobTag, ShownTaskState};
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::store::words::{maybe, over, time, word};
use crate::views::rows::{JobRow, TaskRow};
use crate::views::{Page, Part};

const COLUMNS: &str = "jobs.id, user, campaign, task, tag, cluster, remote, jobs.state, return_code, \
    jobs.submitted_at, started_at, stopped_at, node, besteffort";

fn row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    Ok(JobRow {
        id: JobId(row.get(0)?),
        user: row.get(1)?,
        campaign: CampaignId(row.get(2)?),
        index: row.get(3)?,
        parameter: None,
        tag: maybe(row, 4, JobTag::from_word)?,
        cluster: ClusterId(row.get(5)?),
        remote: row.get::<_, Option<u64>>(6)?.map(RemoteJobId),
        state: word(row, 7, JobState::from_word)?,
        return_code: row.get(8)?,
        submitted_at: time(row.get(9)?),
        started_at: time(row.get(10)?),
        stopped_at: time(row.get(11)?),
        node: row.get(12)?,
        besteffort: row.get(13)?,
    })
}

pub(super) fn one(connection: &Connection, id: JobId) -> rusqlite::Result<Option<JobRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs JOIN campaigns ON campaigns.id = campaign WHERE jobs.id = ?1"
    );
    connection.prepare_cached(&sql)?.query_row([id.0], row).optional()
}

/// Returns the jobs that are over, in the words of the index, in whose order they are: without it all of them are sorted
/// for each page.
fn jobs_over() -> String {
    format!("jobs.campaign = ?1 AND jobs.state IN ({})", over())
}

pub(super) fn finished(
    connection: &Connection,
    id: CampaignId,
    page: Page,
) -> rusqlite::Result<Part<JobRow>> {
    let over = jobs_over();
    let count = format!("SELECT count(*) FROM jobs INDEXED BY jobs_over WHERE {over}");
    let total = connection.prepare_cached(&count)?.query_row([id.0], |row| row.get(0))?;
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs INDEXED BY jobs_over JOIN campaigns ON campaigns.id = campaign \
         WHERE {over} ORDER BY jobs.id LIMIT ?2 OFFSET ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![id.0, page.limit, page.offset], row)?;
    Ok((rows.collect::<Result<_, _>>()?, total))
}

pub(super) fn finished_behind(
    connection: &Connection,
    id: CampaignId,
    after: JobId,
    limit: u64,
) -> rusqlite::Result<Vec<JobRow>> {
    let over = jobs_over();
    let sql = format!(
        "SELECT {COLUMNS} FROM jobs INDEXED BY jobs_over JOIN campaigns ON campaigns.id = campaign \
         WHERE {over} AND jobs.id > ?2 ORDER BY jobs.id LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(params![id.0, after.0, limit], row)?.collect()
}

pub(super) fn tasks(
    connection: &Connection,
    id: CampaignId,
    page: Page,
) -> rusqlite::Result<Part<TaskRow>> {
    let sql = "SELECT total FROM campaigns WHERE id = ?1";
    let total = connection.prepare_cached(sql)?.query_row([id.0], |row| row.get(0)).optional()?;
    let total: u64 = total.unwrap_or(0);
    let first = page.offset.min(total);
    let end = first.saturating_add(page.limit).min(total);
    let sql = "SELECT task, cluster, id, remote, state FROM jobs \
               WHERE campaign = ?1 AND task >= ?2 AND task < ?3 ORDER BY task, id";
    let mut statement = connection.prepare_cached(sql)?;
    let mut tried = statement.query(params![id.0, first, end])?;
    let mut rows = Vec::new();
    let mut next = first as u32;
    let fresh = |index| TaskRow {
        index,
        parameter: String::new(),
        cluster: None,
        job: None,
        remote: None,
        state: ShownTaskState::Pending,
    };
    while let Some(row) = tried.next()? {
        let index: u32 = row.get(0)?;
        rows.extend((next..index).map(fresh));
        next = index + 1;
        rows.push(TaskRow {
            cluster: Some(ClusterId(row.get(1)?)),
            job: Some(JobId(row.get(2)?)),
            remote: row.get::<_, Option<u64>>(3)?.map(RemoteJobId),
            state: ShownTaskState::Job(word(row, 4, JobState::from_word)?),
            ..fresh(index)
        });
    }
    rows.extend((next..end as u32).map(fresh));
    Ok((rows, total))
}

/// Leaves off the last task where rows were cut: some tries at it may be missing. It stays if it is the only one.
pub(super) fn whole_tasks(rows: &mut Vec<TaskRow>) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    let (first, last) = (first.index, last.index);
    if first != last {
        rows.retain(|row| row.index != last);
    }
}
