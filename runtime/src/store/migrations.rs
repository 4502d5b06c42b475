//! The format of the store, step by step. A step is never changed once it is released.

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
