//! Statements of SQL as the store uses them again and again, their failures told with what was tried. Knows no table.

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::store::error::StoreError;

/// Runs one statement.
pub(super) fn run(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    row: impl Params,
) -> Result<(), StoreError> {
    change(connection, doing, sql, row).map(drop)
}

/// Runs one statement; returns how many rows it changed.
pub(super) fn change(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    row: impl Params,
) -> Result<usize, StoreError> {
    let failed = StoreError::doing(doing);
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    statement.execute(row).map_err(&failed)
}

/// Reads the first row that a question finds; none where there is no row.
pub(super) fn first<T>(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    asked: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let failed = StoreError::doing(doing);
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    statement.query_row(asked, read).optional().map_err(&failed)
}

/// Reads all rows that a question finds.
pub(super) fn all<T, C: FromIterator<T>>(
    connection: &Connection,
    doing: &'static str,
    sql: &str,
    asked: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<C, StoreError> {
    let failed = StoreError::doing(doing);
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let rows = statement.query_map(asked, read).map_err(&failed)?;
    rows.collect::<Result<C, _>>().map_err(&failed)
}
