//! Forgetting campaigns that were over long ago, with everything that was kept of them for people and
//! their parameters; and what their users purge. Knows no cycle.

use gleaner_core::ids::CampaignId;
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::time::{Duration, Timestamp};
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::sql::{self, run};
use crate::store::words;

/// The most jobs forgotten at once, so that no cycle waits for a campaign of a million.
const JOBS_MAX: usize = 10_000;
/// What is left of the journal must not need the parameters: a campaign was over for so long when it
/// begins. One that was cancelled is over for the core only when its last job is gone.
const MARGIN: Duration = Duration::from_seconds(86_400);

/// Forgets campaigns that were over before `before`, unless the journal or the core (`is_open`) may
/// still need them. The newest campaign stays, as its number must not be given again. What is left
/// after some thousand jobs is for the next time.
pub(crate) fn forget_campaigns(
    connection: &Connection,
    before: Timestamp,
    is_open: impl Fn(CampaignId) -> bool,
) -> Result<(), StoreError> {
    let Some(journal) = journal_begins(connection)? else { return Ok(()) };
    let mut left = JOBS_MAX;
    for campaign in over(connection, before.min(journal - MARGIN))? {
        if is_open(campaign) {
            continue;
        }
        left -= jobs(connection, campaign, left)?;
        if left == 0 {
            break;
        }
        for sql in [
            "DELETE FROM events WHERE campaign = ?1",
            "DELETE FROM couples WHERE campaign = ?1",
            "DELETE FROM parameters WHERE campaign = ?1",
            "DELETE FROM submissions WHERE campaign = ?1",
            "DELETE FROM told WHERE campaign = ?1",
            "DELETE FROM campaigns WHERE id = ?1",
        ] {
            run(connection, "forget a campaign", sql, [campaign.0])?;
        }
    }
    Ok(())
}

/// Forgets jobs of a campaign that are over and events that are closed, `most` rows of them at most; returns how
/// many.
pub(crate) fn purge(
    connection: &Connection,
    campaign: CampaignId,
    most: usize,
) -> Result<usize, StoreError> {
    let mut left = most;
    let jobs = format!(
        "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs INDEXED BY jobs_over WHERE campaign = ?1 \
         AND state IN ({}) LIMIT ?2)",
        words::over()
    );
    for sql in [
        &*jobs,
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE campaign = ?1 AND open = 0 \
         LIMIT ?2)",
    ] {
        left -= sql::change(connection, "purge a campaign", sql, params![campaign.0, left])?;
    }
    Ok(most - left)
}

/// Returns when the first cycle ran that is left.
fn journal_begins(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT now FROM cycles ORDER BY id LIMIT 1";
    sql::first(connection, "read a cycle", sql, [], |row| row.get(0).map(Timestamp::from_seconds))
}

fn over(connection: &Connection, before: Timestamp) -> Result<Vec<CampaignId>, StoreError> {
    let sql = "SELECT id FROM campaigns WHERE state IN (?2, ?3) \
               AND coalesce(over_at, completed_at) < ?1 AND id < (SELECT max(id) FROM campaigns) ORDER BY id";
    let states = (CampaignState::Terminated.word(), CampaignState::Cancelled.word());
    let asked = params![before.seconds(), states.0, states.1];
    sql::all(connection, "read campaigns", sql, asked, |row| row.get(0).map(CampaignId))
}

/// Forgets jobs of a campaign, `most` of them at most; returns how many.
fn jobs(connection: &Connection, campaign: CampaignId, most: usize) -> Result<usize, StoreError> {
    let sql = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE campaign = ?1 LIMIT ?2)";
    sql::change(connection, "forget jobs", sql, params![campaign.0, most])
}
