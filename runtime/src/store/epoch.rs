//! The epoch of a store: drawn when it is made, and again when a copy of it is first opened, so that
//! a restored backup cannot use the names of submissions that it does not know of any more.

use std::fmt;

use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::sql::{self, run};

/// Letters of an epoch: 6 of 32 are a billion.
const LETTERS: usize = 6;
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A few letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch(Box<str>);

impl Epoch {
    /// Returns the epoch of a store, if it has one.
    pub(super) fn of(connection: &Connection) -> Result<Option<Epoch>, StoreError> {
        let sql = "SELECT value FROM meta WHERE key = 'epoch'";
        let known = sql::first(connection, "read the epoch", sql, [], |row| row.get(0))?;
        Ok(known.map(String::into_boxed_str).map(Epoch))
    }

    /// Gives a store a new one.
    pub(super) fn draw(connection: &Connection) -> Result<Epoch, StoreError> {
        let mut bytes = [0_u8; LETTERS];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StoreError::NoRandomness)?;
        let drawn: String =
            bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES ('epoch', ?1)";
        run(connection, "keep the epoch", sql, [&drawn])?;
        Ok(Epoch(drawn.into_boxed_str()))
    }

    /// Makes a copy draw another one; it keeps in mind whose copy it is.
    pub(super) fn forget(copy: &Connection) -> Result<(), StoreError> {
        if let Some(Epoch(old)) = Epoch::of(copy)? {
            let mut known = past(copy)?;
            known.retain(|one| *one != *old);
            known.push(old.into());
            remember(copy, &known)?;
        }
        run(copy, "forget the epoch", "DELETE FROM meta WHERE key = 'epoch'", [])
    }

    /// Returns its letters.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the epochs under which jobs were sent that are of this store's past: it is a copy, or was restored
/// from one. The oldest comes first.
pub(crate) fn past(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = 'past_epochs'";
    let doing = "read the epochs of the past";
    let known: Option<String> = sql::first(connection, doing, sql, [], |row| row.get(0))?;
    Ok(known.iter().flat_map(|text| text.split(' ')).map(str::to_owned).collect())
}

/// Keeps the epochs of the past.
pub(super) fn remember(connection: &Connection, epochs: &[String]) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES ('past_epochs', ?1)";
    run(connection, "keep the epochs of the past", sql, [epochs.join(" ")])
}

/// Drawn when a store is made, and kept by all copies of it: which stores are of one family. As a migration.
pub(super) const LINEAGE: &str =
    "INSERT INTO meta (key, value) VALUES ('lineage', lower(hex(randomblob(8))))";

/// Returns the lineage of a store.
pub(super) fn lineage(connection: &Connection) -> Result<String, StoreError> {
    let sql = "SELECT value FROM meta WHERE key = 'lineage'";
    connection.query_row(sql, [], |row| row.get(0)).map_err(StoreError::doing("read the lineage"))
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
