//! The row of one job, in CiGri's words for its states. Knows no event, no campaign and no other job.

use gleaner_api::states::{JobState, JobTag};
use gleaner_core::fact::Outcome;
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, params};

use crate::order::JobNote;
use crate::store::error::StoreError;
use crate::store::rows::known_jobs::LivingJob;
use crate::store::sql::run;

/// A job is asked for.
pub(super) fn insert(
    connection: &Connection,
    job: &LivingJob,
    tag: Option<JobTag>,
    cluster: ClusterId,
    besteffort: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO jobs (id, campaign, task, tag, cluster, state, besteffort, submitted_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (tag, state) = (tag.map(JobTag::word), JobState::Launching.word());
    let at = now.seconds();
    let row = params![job.row, job.campaign.0, job.task, tag, cluster.0, state, besteffort, at];
    run(connection, "keep a job", sql, row)
}

/// A job has its name on the cluster.
pub(super) fn set_remote(
    connection: &Connection,
    row: u64,
    remote: RemoteJobId,
) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET remote = ?2, state = ?3 WHERE id = ?1";
    run(connection, "name a job", sql, params![row, remote.0, JobState::Submitted.word()])
}

/// A job that was asked for does not exist: the row goes.
pub(super) fn delete(connection: &Connection, row: u64) -> Result<(), StoreError> {
    run(connection, "forget a job", "DELETE FROM jobs WHERE id = ?1", params![row])
}

/// A job waits.
pub(super) fn waits(connection: &Connection, row: u64) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET state = ?2 WHERE id = ?1 AND state = ?3";
    let (waits, before) = (JobState::RemoteWaiting.word(), JobState::Submitted.word());
    run(connection, "keep a job", sql, params![row, waits, before])
}

/// A job runs.
pub(super) fn started(connection: &Connection, row: u64, at: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET state = ?2, started_at = ?3 WHERE id = ?1";
    run(connection, "keep a job", sql, params![row, JobState::Running.word(), at.seconds()])
}

/// A job is over.
pub(super) fn ended(
    connection: &Connection,
    row: u64,
    at: Timestamp,
    outcome: Outcome,
) -> Result<(), StoreError> {
    let done = outcome == Outcome::Exited(0);
    let state = if done { JobState::Terminated } else { JobState::Event };
    let code = match outcome {
        Outcome::Exited(code) => Some(i32::from(code) << 8),
        Outcome::Signalled(signal) => Some(i32::from(signal)),
        Outcome::LeaseExpired | Outcome::LateOrFailed => {
            Some(i32::from(crate::command::LEASE_EXIT) << 8)
        }
        Outcome::KilledBestEffort
        | Outcome::Exterminated
        | Outcome::KilledWalltime
        | Outcome::Deleted
        | Outcome::WorkingDirectory
        | Outcome::NotStarted
        | Outcome::OtherTask
        | Outcome::Unsendable
        | Outcome::Unreadable
        | Outcome::Unknown => None,
    };
    let sql = "UPDATE jobs SET state = ?2, stopped_at = ?3, return_code = ?4 WHERE id = ?1";
    run(connection, "keep a job", sql, params![row, state.word(), at.seconds(), code])
}

/// What a worker noted about a job.
pub(super) fn note(connection: &Connection, row: u64, note: &JobNote) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET node = coalesce(?2, node), started_at = coalesce(?3, started_at), \
               stderr = coalesce(?4, stderr) WHERE id = ?1";
    let start = note.start.map(Timestamp::seconds);
    run(connection, "keep a job", sql, params![row, note.node, start, note.stderr_tail])
}
