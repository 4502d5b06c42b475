//! The format of the store, step by step. A step is never changed once it is released.

use std::cmp::Ordering;
use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{M, MigrationDefinitionError, Migrations};

use crate::secrets::vault;
use crate::store::error::StoreError;

const STEPS: &[M<'static>] = &[M::up(include_str!("schema.sql")), M::up(vault::MIGRATION)];

/// Brings a store up to date.
pub(super) fn run(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    Migrations::from_slice(STEPS).to_latest(connection).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(
            MigrationDefinitionError::DatabaseTooFarAhead,
        ) => StoreError::Newer { path: path.to_owned() },
        rusqlite_migration::Error::RusqliteError { err, .. } => StoreError::opening(path)(err),
        other => StoreError::Damaged { path: path.to_owned(), what: other.to_string() },
    })
}

/// Refuses a store of another format to those who only read.
pub(super) fn check(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    let version = usize::try_from(version.map_err(StoreError::opening(path))?).unwrap_or(0);
    match version.cmp(&STEPS.len()) {
        Ordering::Less => Err(StoreError::Older { path: path.to_owned() }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoreError::Newer { path: path.to_owned() }),
    }
}
