//! Rows of events, under CiGri's names. Knows no journal.

use gleaner_api::states::EventClass;
use gleaner_core::ids::{CampaignId, ClusterId, EventId, TaskId};
use gleaner_core::report::{EventCause, Notice};
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, params};

use crate::store::codes::{BLACKLIST, EventName};
use crate::store::error::StoreError;
use crate::store::numbers;
use crate::store::rows::shown_names::ShownNames;
use crate::store::sql::{self, run};

/// Writes what a notice says, if it is an event to people.
pub(super) fn notice(
    connection: &Connection,
    names: &ShownNames<'_>,
    notice: &Notice,
    now: Timestamp,
) -> Result<(), StoreError> {
    let told = &names.jobs.cycle;
    match notice {
        Notice::EventOpened { event, campaign, cluster, cause, blacklist } => {
            let name = EventName::of_cause(cause);
            let job = match cause {
                EventCause::Task { task, .. } => told.ended.get(&(*task, *cluster)).copied(),
                EventCause::Prologue(_) | EventCause::Epilogue(_) => {
                    campaign.and_then(|campaign| told.scripts.get(&(campaign, *cluster)).copied())
                }
                EventCause::Refused(_)
                | EventCause::Fault(_)
                | EventCause::Disabled
                | EventCause::Undeleted(_)
                | EventCause::Stress => None,
            };
            let row = Row {
                event: Some(*event),
                class: name.class,
                code: name.code,
                open: true,
                job,
                cluster: Some(*cluster),
                campaign: *campaign,
                parent: None,
                message: with_stderr(
                    connection,
                    job,
                    with_words(names, *campaign, *cluster, cause),
                )?,
            };
            row.put(connection, now)?;
            let Some(blacklist) = blacklist else { return Ok(()) };
            let class = if campaign.is_some() { EventClass::Campaign } else { EventClass::Cluster };
            let parent = Some(*event);
            // People know an event by its row.
            let message = format!("because of event {}", connection.last_insert_rowid());
            let code = BLACKLIST;
            let event = Some(*blacklist);
            Row { event, class, code, job: None, parent, message, ..row }.put(connection, now)
        }
        Notice::EventClosed { event, .. } => {
            let sql = "UPDATE events SET open = 0, closed_at = ?2 WHERE open = 1 AND \
                       (event = ?1 OR parent = ?1)";
            run(connection, "close an event", sql, params![event.0, now.seconds()])
        }
        _ => match EventName::of_notice(notice) {
            Some(name) => {
                let (campaign, cluster, task) = about(notice);
                let job = task.zip(cluster).and_then(|key| told.ended.get(&key).copied());
                let (class, code, message) = (name.class, name.code, notice.text(names));
                let (event, parent, open) = (None, None, false);
                Row { event, class, code, open, job, cluster, campaign, parent, message }
                    .put(connection, now)
            }
            None => Ok(()),
        },
    }
}

/// Writes that somebody set the clock: an event of nobody's campaign, open until an administrator has seen
/// it, or the clock was set once more.
pub(crate) fn clock_step(
    connection: &Connection,
    step_s: i64,
    date: Timestamp,
) -> Result<(), StoreError> {
    let way = if step_s > 0 { "forward" } else { "back" };
    let by = step_s.unsigned_abs();
    let message = format!("the clock of the daemon's machine was set {way} by {by} s");
    let (class, code) = (EventClass::Cluster, "CLOCK_STEP");
    let sql = "UPDATE events SET open = 0, closed_at = ?2 WHERE open = 1 AND code = ?1";
    run(connection, "close an event", sql, params![code, date.seconds()])?;
    let (event, open, job, cluster, campaign, parent) = (None, true, None, None, None, None);
    Row { event, class, code, open, job, cluster, campaign, parent, message }.put(connection, date)
}

/// What an event's row says to who wants to close it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoredEvent {
    /// Its number in the core, or that of the event for whose sake it is open; none where the core knows of neither.
    pub(crate) event: Option<EventId>,
    /// The campaign that it concerns; none: everybody.
    pub(crate) campaign: Option<CampaignId>,
    pub(crate) open: bool,
}

/// Reads an event's row, by the number that people know; none where there is no such event.
pub(crate) fn find(
    connection: &Connection,
    row: EventId,
) -> Result<Option<StoredEvent>, StoreError> {
    let sql = "SELECT coalesce(parent, event), campaign, open FROM events WHERE id = ?1";
    sql::first(connection, "read an event", sql, [row.0], |row| {
        let event = row.get::<_, Option<u64>>(0)?.map(EventId);
        let campaign = row.get::<_, Option<u32>>(1)?.map(CampaignId);
        Ok(StoredEvent { event, campaign, open: row.get(2)? })
    })
}

/// Closes one event, by the number that people know.
pub(crate) fn close(
    connection: &Connection,
    row: EventId,
    date: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE events SET open = 0, closed_at = ?2 WHERE id = ?1";
    run(connection, "close an event", sql, params![row.0, date.seconds()])
}

/// Returns the open events of a campaign, by their numbers in the core.
pub(crate) fn open_of(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Vec<EventId>, StoreError> {
    let sql = "SELECT event FROM events WHERE campaign = ?1 AND open = 1 AND parent IS NULL \
               AND event IS NOT NULL ORDER BY id";
    sql::all(connection, "read events", sql, [campaign.0], |row| row.get(0).map(EventId))
}

/// Returns what a notice is about.
fn about(notice: &Notice) -> (Option<CampaignId>, Option<ClusterId>, Option<TaskId>) {
    match notice {
        Notice::CampaignFinished { campaign }
        | Notice::CampaignPaused { campaign }
        | Notice::CampaignResumed { campaign }
        | Notice::CampaignCancelled { campaign } => (Some(*campaign), None, None),
        Notice::EventOpened { campaign, cluster, .. }
        | Notice::EventClosed { campaign, cluster, .. } => (*campaign, Some(*cluster), None),
        Notice::TaskCancelled { task } => (Some(task.campaign), None, Some(*task)),
        Notice::Resubmitted { task, cluster, .. } | Notice::TaskFailed { task, cluster, .. } => {
            (Some(task.campaign), Some(*cluster), Some(*task))
        }
        Notice::JobReplaced { cluster, campaign, .. }
        | Notice::QueuedTooLong { campaign, cluster, .. }
        | Notice::Cancelled { cluster, campaign, .. }
        | Notice::Refused { campaign, cluster, .. }
        | Notice::EpilogueSkipped { campaign, cluster } => (Some(*campaign), Some(*cluster), None),
    }
}

/// Returns what happened on a cluster, and what the cluster has said about it.
fn with_words(
    names: &ShownNames<'_>,
    campaign: Option<CampaignId>,
    cluster: ClusterId,
    cause: &EventCause,
) -> String {
    let message = cause.text(cluster, names);
    let EventCause::Refused(_) = cause else { return message };
    let words = campaign.and_then(|campaign| names.jobs.cycle.words.get(&(campaign, cluster)));
    match words {
        Some(words) => format!("{message}: {words}"),
        None => message,
    }
}

/// Returns a message with the last words of the job's standard error below it.
fn with_stderr(
    connection: &Connection,
    job: Option<u64>,
    message: String,
) -> Result<String, StoreError> {
    let Some(job) = job else { return Ok(message) };
    let sql = "SELECT stderr FROM jobs WHERE id = ?1";
    let stderr: Option<Option<String>> =
        sql::first(connection, "read a job", sql, [job], |row| row.get(0))?;
    Ok(match stderr.flatten() {
        Some(stderr) => format!("{message}\nlast lines of its stderr:\n{stderr}"),
        None => message,
    })
}

/// A row of an event.
struct Row {
    event: Option<EventId>,
    class: EventClass,
    code: &'static str,
    open: bool,
    job: Option<u64>,
    cluster: Option<ClusterId>,
    campaign: Option<CampaignId>,
    parent: Option<EventId>,
    message: String,
}

impl Row {
    fn put(&self, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let Row { event, class, code, open, job, cluster, campaign, parent, message } = self;
        let sql = "INSERT INTO events (id, event, class, code, open, job, cluster, campaign, parent, \
                   opened_at, closed_at, message) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let row = params![
            numbers::next(connection, "events")?,
            event.map(|event| event.0),
            class.word(),
            code,
            open,
            job,
            cluster.map(|cluster| cluster.0),
            campaign.map(|campaign| campaign.0),
            parent.map(|parent| parent.0),
            now.seconds(),
            (!open).then_some(now.seconds()),
            message
        ];
        run(connection, "keep an event", sql, row)
    }
}
