//! The epoch of a store: drawn when it is made, and again when a copy of it is first opened, so that
//! a restored backup cannot use the names of submissions that it does not know of any more.

use std::fmt;

use rusqlite::{Connection, OptionalExtension};

use crate::store::error::StoreError;
use crate::store::rows::run;

/// Letters of an epoch: 6 of 32 are a billion.
const LETTERS: usize = 6;
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A few letters and digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch(Box<str>);

impl Epoch {
    /// The epoch of a store, if it has one.
    pub(super) fn of(connection: &Connection) -> Result<Option<Epoch>, StoreError> {
        let sql = "SELECT value FROM meta WHERE key = 'epoch'";
        let known = connection.query_row(sql, [], |row| row.get(0)).optional();
        let known = known.map_err(StoreError::doing("read the epoch"))?;
        Ok(known.map(String::into_boxed_str).map(Epoch))
    }

    /// Gives a store a new one.
    pub(super) fn draw(connection: &Connection) -> Result<Epoch, StoreError> {
        let mut bytes = [0_u8; LETTERS];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StoreError::Chance)?;
        let drawn: String =
            bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES ('epoch', ?1)";
        run(connection, "keep the epoch", sql, [&drawn])?;
        Ok(Epoch(drawn.into_boxed_str()))
    }

    /// Makes a copy draw another one.
    pub(super) fn forget(copy: &Connection) -> rusqlite::Result<()> {
        copy.execute("DELETE FROM meta WHERE key = 'epoch'", []).map(drop)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
