//! Who wants to be told, where, and from which grade on. Reads and writes with a connection of its own, as tokens are.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gleaner_api::notifications::{Channel, Severity};
use rusqlite::{Connection, ErrorCode, params};

use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::words::word;

/// The most subscriptions of one user.
pub const USER_MAX: u64 = 20;

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// Its number.
    pub id: u64,
    /// By what way.
    pub channel: Channel,
    /// Where to.
    pub identity: String,
    /// The least grave that is told.
    pub severity: Severity,
}

/// How a subscription went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// It is there now.
    New,
    /// It was there already, maybe for another grade.
    Known,
    /// The user has [`USER_MAX`].
    TooMany,
}

/// The subscriptions of a store.
#[derive(Debug)]
pub struct Subscriptions(Mutex<Connection>);

impl Subscriptions {
    /// Keeps them in a database that has had the [migration](super::MIGRATION).
    pub fn new(connection: Connection) -> Subscriptions {
        Subscriptions(Mutex::new(connection))
    }

    /// Returns those of a user, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub fn of(&self, user: &str) -> Result<Vec<SubscriptionRow>, StoreError> {
        of(&self.connection(), user)
    }

    /// Subscribes a user at an address.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub fn put(
        &self,
        user: &str,
        channel: Channel,
        identity: &str,
        severity: Severity,
    ) -> Result<Subscribed, StoreError> {
        let connection = self.connection();
        let doing = "keep a subscription";
        let known = "SELECT count(*) FROM subscriptions WHERE user = ?1";
        let count: Option<u64> = sql::first(&connection, doing, known, [user], |row| row.get(0))?;
        let sql = "INSERT INTO subscriptions (user, channel, identity, severity) \
                   SELECT ?1, ?2, ?3, ?4 WHERE ?5";
        let room = count.unwrap_or_default() < USER_MAX;
        let row = params![user, channel.word(), identity, severity.word(), room];
        match connection.prepare_cached(sql).and_then(|mut statement| statement.execute(row)) {
            Ok(1) => Ok(Subscribed::New),
            Ok(_) => Ok(Subscribed::TooMany),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Ok(Subscribed::Known)
            }
            Err(error) => Err(StoreError::doing(doing)(error)),
        }
    }

    /// Ends a subscription, and forgets what was still to be sent for it; nothing happens where there is none.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be written.
    pub fn remove(&self, user: &str, channel: Channel, identity: &str) -> Result<(), StoreError> {
        let connection = self.connection();
        let doing = "end a subscription";
        let sql = "DELETE FROM subscriptions WHERE user = ?1 AND channel = ?2 AND identity = ?3";
        sql::run(&connection, doing, sql, params![user, channel.word(), identity])?;
        // Others may have subscribed at the same address.
        let sql = "DELETE FROM outbox WHERE channel = ?1 AND identity = ?2 AND over_at IS NULL AND NOT EXISTS \
                   (SELECT 1 FROM subscriptions WHERE channel = ?1 AND identity = ?2)";
        sql::run(&connection, doing, sql, params![channel.word(), identity])
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // Each statement is whole by itself: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the subscriptions of a user.
pub(crate) fn of(connection: &Connection, user: &str) -> Result<Vec<SubscriptionRow>, StoreError> {
    let sql =
        "SELECT id, channel, identity, severity FROM subscriptions WHERE user = ?1 ORDER BY id";
    sql::all(connection, "read subscriptions", sql, [user], |row| {
        Ok(SubscriptionRow {
            id: row.get(0)?,
            channel: word(row, 1, Channel::from_word)?,
            identity: row.get(2)?,
            severity: word(row, 3, Severity::from_word)?,
        })
    })
}
