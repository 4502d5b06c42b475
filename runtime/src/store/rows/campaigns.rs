//! Rows of campaigns: what was handed in, and how far each is. Knows no job and no event.

use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::report::Notice;
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, params};

use crate::clock::Moment;
use crate::store::error::StoreError;
use crate::store::sql::{self, run};
use crate::store::words::{not_over, word};

/// What a campaign's row says to who wants to change it.
#[derive(Clone, Debug)]
pub(crate) struct StoredCampaign {
    /// Whose it is.
    pub(crate) user: String,
    /// Its state for people.
    pub(crate) state: CampaignState,
    /// Its tasks.
    pub(crate) total: u32,
}

/// Reads a campaign's row; none where there is no such campaign.
pub(crate) fn find(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Option<StoredCampaign>, StoreError> {
    let sql = "SELECT user, state, total FROM campaigns WHERE id = ?1";
    sql::first(connection, "read a campaign", sql, [campaign.0], |row| {
        let state = word(row, 1, CampaignState::from_word)?;
        Ok(StoredCampaign { user: row.get(0)?, state, total: row.get(2)? })
    })
}

/// What a user has that is not over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Campaigns.
    pub(crate) campaigns: u32,
    /// Their tasks that are not done.
    pub(crate) tasks: u64,
}

/// Counts what a user has that is not over.
pub(crate) fn held_by(connection: &Connection, user: &str) -> Result<Held, StoreError> {
    let open = not_over();
    let sql = format!(
        "SELECT count(*), coalesce(sum(total - finished), 0) FROM campaigns \
         WHERE user = ?1 AND state IN ({open})"
    );
    let held = sql::first(connection, "count a user's tasks", &sql, [user], |row| {
        Ok(Held { campaigns: row.get(0)?, tasks: row.get(1)? })
    })?;
    Ok(held.unwrap_or(Held { campaigns: 0, tasks: 0 }))
}

/// Writes a campaign that was taken.
pub(crate) fn add(
    connection: &Connection,
    id: CampaignId,
    user: &str,
    spec: &CampaignSpec,
    jdl: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let doing = "keep a campaign";
    let sql = "INSERT INTO campaigns (id, user, name, state, submitted_at, total, jdl) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let total = spec.parameters.len();
    let state = CampaignState::InTreatment.word();
    let row = params![id.0, user, &*spec.name, state, now.seconds(), total, jdl];
    run(connection, doing, sql, row)?;
    let sql = "INSERT INTO couples (campaign, cluster, prologue, epilogue) \
               VALUES (?1, ?2, ?3, ?4)";
    for settings in &spec.clusters {
        let scripts = (settings.prologue.is_some(), settings.epilogue.is_some());
        let row = params![id.0, settings.cluster.0, scripts.0, scripts.1];
        run(connection, doing, sql, row)?;
    }
    Ok(())
}

/// Gives a campaign another name.
pub(crate) fn rename(
    connection: &Connection,
    campaign: CampaignId,
    name: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE campaigns SET name = ?2 WHERE id = ?1";
    run(connection, "rename a campaign", sql, params![campaign.0, name])
}

/// Adds so many tasks to a campaign; one that was done goes on.
pub(crate) fn grow(
    connection: &Connection,
    campaign: CampaignId,
    tasks: u32,
) -> Result<(), StoreError> {
    let sql = "UPDATE campaigns SET total = total + ?2, \
               state = CASE state WHEN ?3 THEN ?4 ELSE state END \
               WHERE id = ?1";
    let (done, goes_on) = (CampaignState::Terminated.word(), CampaignState::InTreatment.word());
    run(connection, "add to a campaign", sql, params![campaign.0, tasks, done, goes_on])
}

/// Writes the state in which a notice says that a campaign is, if it says so.
pub(super) fn notice(
    connection: &Connection,
    notice: &Notice,
    at: Moment,
) -> Result<(), StoreError> {
    let (campaign, state) = match notice {
        Notice::CampaignFinished { campaign } => (campaign, CampaignState::Terminated),
        Notice::CampaignPaused { campaign } => (campaign, CampaignState::Paused),
        Notice::CampaignResumed { campaign } => (campaign, CampaignState::InTreatment),
        Notice::CampaignCancelled { campaign } => (campaign, CampaignState::Cancelled),
        _ => return Ok(()),
    };
    state_of(connection, *campaign, state, at)
}

/// Changes a campaign's state for people.
pub(crate) fn state_of(
    connection: &Connection,
    campaign: CampaignId,
    state: CampaignState,
    at: Moment,
) -> Result<(), StoreError> {
    let over = state.is_over();
    let (date, now) = (over.then_some(at.date.seconds()), over.then_some(at.now.seconds()));
    let sql = "UPDATE campaigns SET state = ?2, completed_at = ?3, over_at = ?4 WHERE id = ?1";
    run(connection, "keep a campaign's state", sql, params![campaign.0, state.word(), date, now])
}

/// Counts one more task that is done.
pub(super) fn count_finished(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<(), StoreError> {
    let sql = "UPDATE campaigns SET finished = finished + 1 WHERE id = ?1";
    run(connection, "count a task", sql, params![campaign.0])
}
