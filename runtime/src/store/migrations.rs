//! The format of the store, step by step. A step is never changed once it is released.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, MigrationDefinitionError, Migrations};

use crate::secrets::vault;
use crate::store::error::StoreError;
use crate::store::file::{self, Header};
use crate::store::{
    access_tokens, entries, epoch, notifications, numbers, parameters, submissions,
};

const STEPS: &[M<'static>] = &[
    M::up(include_str!("schema.sql")),
    M::up(vault::MIGRATION),
    // Jobs that are over, as people leaf through them; see `views/jobs.rs`.
    M::up("CREATE INDEX jobs_over ON jobs (campaign, id) WHERE state IN ('terminated', 'event')"),
    M::up(numbers::MIGRATION),
    // The last before `CLOSED_IN_ORDER`.
    M::up(epoch::LINEAGE),
    M::up(submissions::MIGRATION),
    M::up(entries::MIGRATION),
    // A lease by the cluster's clock, and when a campaign was over by grid time: empty in what is older.
    M::up(
        "ALTER TABLE intents ADD COLUMN lease_there INTEGER;
         ALTER TABLE campaigns ADD COLUMN over_at INTEGER;",
    ),
    M::up(parameters::MIGRATION),
    // What a user has that is not over: asked at each submission.
    M::up(
        "CREATE INDEX campaigns_open ON campaigns (user) WHERE state IN ('in_treatment', 'paused')",
    ),
    M::up(notifications::MIGRATION),
    M::up(access_tokens::MIGRATION),
];

/// After so many steps the journal was as it is now. What is older than this release, but not than that,
/// can be replayed still, such as archived parts, which nothing brings up to date.
pub(super) const JOURNAL: usize = 1;
/// Releases since this step leave a store behind that says whether it was closed in order; see `file.rs`.
const CLOSED_IN_ORDER: usize = 5;
/// After so many steps parameters are in blocks.
const BLOCKS: usize = 9;
/// Rows are as this release makes them.
pub(super) const ROWS: usize = STEPS.len();

/// What the header of the file says it is: `Glnr`. SQLite leaves the number to applications.
const APPLICATION_ID: i64 = 0x476c_6e72;

/// Refuses a database that is somebody else's, before anything of it is changed; an empty one is welcome.
pub(super) fn ours(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let opening = StoreError::opening(path);
    let id = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0));
    if id.map_err(&opening)? == APPLICATION_ID {
        return Ok(());
    }
    let things = "SELECT count(*) FROM sqlite_master";
    match connection.query_one(things, [], |row| row.get::<_, i64>(0)).map_err(&opening)? {
        0 => Ok(()),
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// Brings a store up to date.
pub(super) fn run(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    connection
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(StoreError::opening(path))?;
    let before = version(path, connection)?;
    Migrations::from_slice(STEPS).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(
            MigrationDefinitionError::DatabaseTooFarAhead,
        ) => StoreError::Newer { path: path.to_owned() },
        rusqlite_migration::Error::RusqliteError { err, .. } => StoreError::opening(path)(err),
        other => StoreError::Damaged { path: path.to_owned(), what: other.to_string() },
    })?;
    if before < BLOCKS { parameters::cut(connection) } else { Ok(()) }
}

/// Returns how many steps a file has taken.
fn version(path: &Path, connection: &Connection) -> Result<usize, StoreError> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    Ok(usize::try_from(version.map_err(StoreError::opening(path))?).unwrap_or(0))
}

/// Returns whether a file that says that it was in use was copied without its log: releases before
/// [`CLOSED_IN_ORDER`] left it so.
pub(super) fn lacks_log(path: &Path, header: Header) -> bool {
    // Without a step, nothing has come from the log into the file yet.
    let says_so = header.steps == 0 || header.steps >= CLOSED_IN_ORDER;
    says_so && file::lacks_log(path, header)
}

/// Refuses a store of another format to those who only read, and need it after so many steps.
pub(super) fn check(path: &Path, connection: &Connection, steps: usize) -> Result<(), StoreError> {
    ours(path, connection)?;
    let version = version(path, connection)?;
    if version < steps {
        return Err(StoreError::Older { path: path.to_owned() });
    }
    if version > STEPS.len() {
        return Err(StoreError::Newer { path: path.to_owned() });
    }
    Ok(())
}
