//! Which of the daemon's own tokens were made, and which still count. The tokens themselves are not here: they are signed,
//! and only who has one can show it. Reads and writes with a connection of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gleaner_core::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::store::epoch::Epoch;
use crate::store::error::StoreError;
use crate::store::sql;

/// The table, as a migration of the store. `epoch` is that of the store when the token was made: a copy and a restored
/// backup have another, and no token of before counts there. So what was revoked since the backup stays revoked.
pub(super) const MIGRATION: &str = "
    CREATE TABLE access_tokens (
        id         INTEGER PRIMARY KEY AUTOINCREMENT,
        number     TEXT NOT NULL UNIQUE,
        user       TEXT NOT NULL,
        issued_by  TEXT NOT NULL,
        note       TEXT NOT NULL,
        epoch      TEXT NOT NULL,
        issued_at  INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        revoked_at INTEGER
    ) STRICT;
    CREATE INDEX access_tokens_by_user ON access_tokens (user);";

/// Tokens that are over are listed for so long: 30 days.
const KEPT_S: i64 = 30 * 86_400;
/// The most tokens of one user that count.
const USER_MAX: u64 = 100;

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// By which it is revoked.
    pub id: u64,
    /// Whose it is.
    pub user: String,
    /// Who had it made.
    pub issued_by: String,
    /// What it is for.
    pub note: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it counts.
    pub standing: Standing,
}

/// Whether a token counts, beside its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Good,
    /// It was revoked.
    Revoked,
    /// The store was restored or copied since it was made.
    Restored,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// The number in it.
    pub number: String,
    /// Whose it is.
    pub user: String,
    /// Who has it made.
    pub issued_by: String,
    /// What it is for.
    pub note: String,
    /// When it is made.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The tokens of a store.
#[derive(Debug)]
pub struct AccessTokens {
    connection: Mutex<Connection>,
    epoch: Epoch,
}

impl AccessTokens {
    /// Keeps them in a database that has had its migrations, which is of this epoch.
    pub fn new(connection: Connection, epoch: Epoch) -> AccessTokens {
        AccessTokens { connection: Mutex::new(connection), epoch }
    }

    /// Notes a new token; returns what it is revoked by, or nothing where its user has too many.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub fn note(&self, new: &NewRow) -> Result<Option<u64>, StoreError> {
        let connection = self.connection();
        let doing = "note a token";
        let now = new.issued_at.seconds();
        let old = "DELETE FROM access_tokens WHERE coalesce(revoked_at, expires_at) < ?1";
        sql::run(&connection, doing, old, [now - KEPT_S])?;
        let count = "SELECT count(*) FROM access_tokens WHERE user = ?1 AND revoked_at IS NULL AND \
                     expires_at > ?2 AND epoch = ?3";
        let asked = params![new.user, now, self.epoch.as_str()];
        let count: Option<u64> = sql::first(&connection, doing, count, asked, |row| row.get(0))?;
        if count.unwrap_or(0) >= USER_MAX {
            return Ok(None);
        }
        let row = params![
            new.number,
            new.user,
            new.issued_by,
            new.note,
            self.epoch.as_str(),
            now,
            new.expires_at.seconds()
        ];
        let insert = "INSERT INTO access_tokens (number, user, issued_by, note, epoch, issued_at, \
                      expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        sql::run(&connection, doing, insert, row)?;
        Ok(u64::try_from(connection.last_insert_rowid()).ok())
    }

    /// Returns what is known of the token with a number that stands in it.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn known(&self, number: &str) -> Result<Option<TokenRow>, StoreError> {
        let select = format!("{SELECT} WHERE number = ?2");
        let asked = params![self.epoch.as_str(), number];
        sql::first(&self.connection(), "look for a token", &select, asked, row)
    }

    /// Returns the token that is revoked by this id.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn one(&self, id: u64) -> Result<Option<TokenRow>, StoreError> {
        let select = format!("{SELECT} WHERE id = ?2");
        sql::first(
            &self.connection(),
            "look for a token",
            &select,
            params![self.epoch.as_str(), id],
            row,
        )
    }

    /// Returns the tokens of a user and those that he had made, or all; the latest first, at most 1000.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub fn list(&self, user: Option<&str>) -> Result<Vec<TokenRow>, StoreError> {
        let select = format!(
            "{SELECT} WHERE ?2 IS NULL OR user = ?2 OR issued_by = ?2 ORDER BY id DESC LIMIT 1000"
        );
        sql::all(
            &self.connection(),
            "list tokens",
            &select,
            params![self.epoch.as_str(), user],
            row,
        )
    }

    /// Revokes a token, if that was not done before.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub fn revoke(&self, id: u64, now: Timestamp) -> Result<(), StoreError> {
        let revoke =
            "UPDATE access_tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
        sql::run(&self.connection(), "revoke a token", revoke, params![id, now.seconds()])
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // Whoever panicked has left nothing half done.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const SELECT: &str = "SELECT id, user, issued_by, note, issued_at, expires_at, \
                      revoked_at IS NOT NULL, epoch = ?1 FROM access_tokens";

fn row(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    let (revoked, of_now): (bool, bool) = (row.get(6)?, row.get(7)?);
    let standing = match (revoked, of_now) {
        (true, _) => Standing::Revoked,
        (false, false) => Standing::Restored,
        (false, true) => Standing::Good,
    };
    Ok(TokenRow {
        id: row.get(0)?,
        user: row.get(1)?,
        issued_by: row.get(2)?,
        note: row.get(3)?,
        issued_at: Timestamp::from_seconds(row.get(4)?),
        expires_at: Timestamp::from_seconds(row.get(5)?),
        standing,
    })
}
