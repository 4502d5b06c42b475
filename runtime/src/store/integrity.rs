//! Looks for damage in the store: small ones before anything is done, large ones while the daemon works.

use std::path::Path;

use rusqlite::Connection;

use crate::store::connection::read_only;
use crate::store::error::StoreError;

/// Up to this size, every page, index and constraint is checked at start.
const CHECK_ALL_BYTES: u64 = 64 << 20;
/// Up to this size, every page is checked at start; a larger store makes nobody wait, and is checked
/// afterwards.
const CHECK_PAGES_BYTES: u64 = 512 << 20;

/// Looks as thoroughly as the size allows within seconds.
pub(super) fn at_start(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    if is_left(path) {
        return Ok(());
    }
    let whole = bytes(path) <= CHECK_ALL_BYTES;
    check(path, connection, if whole { "integrity_check(3)" } else { "quick_check(3)" })
}

/// Returns whether a store is too large to be checked as it is opened, which [`afterwards`] makes
/// up for.
pub fn is_left(path: &Path) -> bool {
    bytes(path) > CHECK_PAGES_BYTES
}

/// Checks every page, with a connection of its own: the store may be in use.
///
/// # Errors
/// [`StoreError::Damaged`]; others when it cannot be read.
pub fn afterwards(path: &Path) -> Result<(), StoreError> {
    check(path, &read_only(path)?, "quick_check(3)")
}

/// Checks every page, index and constraint, however long it takes.
pub(super) fn wholly(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    check(path, connection, "integrity_check(3)")
}

fn bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

fn check(path: &Path, connection: &Connection, pragma: &str) -> Result<(), StoreError> {
    let found: Result<Vec<String>, _> = connection
        .prepare(&format!("PRAGMA {pragma}"))
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect());
    let found = found.map_err(StoreError::opening(path))?;
    if found.iter().all(|line| line == "ok") {
        return Ok(());
    }
    Err(StoreError::Damaged { path: path.to_owned(), what: found.join("; ") })
}
