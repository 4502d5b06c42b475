//! Users' tokens in the store, sealed: what is in the database or a backup of it opens nothing. Knows no
//! HTTP, and never hands out a token but to who sends it.

use std::sync::{Mutex, MutexGuard};

use gleaner_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::secrets::Secret;
use crate::secrets::key::{Key, SealError};
use crate::secrets::token;

/// The table, as a migration of the store.
pub const MIGRATION: &str = include_str!("tokens.sql");

/// Why a token cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store fails.
    #[error("cannot {doing} the token of `{user}` on `{cluster}`")]
    Store {
        /// What was tried.
        doing: &'static str,
        /// Whose token.
        user: Box<str>,
        /// For which cluster.
        cluster: Box<str>,
        /// Why.
        source: Box<rusqlite::Error>,
    },
    /// The seal does not open.
    #[error("the token of `{user}` on `{cluster}` cannot be used")]
    Seal {
        /// Whose token.
        user: Box<str>,
        /// For which cluster.
        cluster: Box<str>,
        /// Why.
        source: SealError,
    },
}

/// What is told about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenNote {
    /// For which cluster.
    pub cluster: String,
    /// See [`token::fingerprint`].
    pub fingerprint: String,
    /// When it ends, by its own word.
    pub expires_at: Option<Timestamp>,
    /// When it was handed in or renewed.
    pub registered_at: Timestamp,
}

/// The tokens.
#[derive(Debug)]
pub struct Vault {
    key: Key,
    store: Mutex<Connection>,
}

impl Vault {
    /// Keeps tokens in a database that has had [`MIGRATION`].
    pub fn new(key: Key, store: Connection) -> Vault {
        Vault { key, store: Mutex::new(store) }
    }

    /// Keeps a token; it takes the place of an older one.
    ///
    /// # Errors
    /// [`VaultError`] when it cannot be sealed or stored.
    pub fn put(
        &self,
        user: &str,
        cluster: &str,
        token: &Secret,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        let sealed = self.key.seal(token, &purpose(user, cluster)).map_err(seal(user, cluster))?;
        let row = params![
            user,
            cluster,
            sealed,
            token::fingerprint(token),
            token::expiry(token).map(Timestamp::seconds),
            now.seconds()
        ];
        let sql = "INSERT OR REPLACE INTO tokens \
                   (user, cluster, sealed, fingerprint, expires_at, registered_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.store().execute(sql, row).map_err(store("keep", user, cluster))?;
        Ok(())
    }

    /// Returns a token, for who sends it.
    ///
    /// # Errors
    /// [`VaultError`] when it cannot be read or opened.
    pub fn token(&self, user: &str, cluster: &str) -> Result<Option<Secret>, VaultError> {
        let sql = "SELECT sealed FROM tokens WHERE user = ?1 AND cluster = ?2";
        let sealed: Option<Vec<u8>> = self
            .store()
            .query_row(sql, params![user, cluster], |row| row.get(0))
            .optional()
            .map_err(store("read", user, cluster))?;
        let open = |sealed: Vec<u8>| self.key.open(&sealed, &purpose(user, cluster));
        sealed.map(open).transpose().map_err(seal(user, cluster))
    }

    /// Forgets a token; returns whether there was one.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn remove(&self, user: &str, cluster: &str) -> Result<bool, VaultError> {
        let sql = "DELETE FROM tokens WHERE user = ?1 AND cluster = ?2";
        let removed = self.store().execute(sql, params![user, cluster]);
        Ok(removed.map_err(store("remove", user, cluster))? > 0)
    }

    /// Keeps the tokens of a cluster under its new name. Doing so again changes nothing.
    ///
    /// # Errors
    /// [`VaultError`] when one cannot be opened, sealed or stored; those before it are kept anew then.
    pub fn rename(&self, old: &str, new: &str) -> Result<(), VaultError> {
        let of_old = |holder: &(String, String)| holder.1 == old;
        for (user, _) in self.holders()?.into_iter().filter(of_old) {
            let Some(token) = self.token(&user, old)? else { continue };
            let sealed = self.key.seal(&token, &purpose(&user, new)).map_err(seal(&user, new))?;
            // One statement: there is no moment without the token.
            let sql = "UPDATE OR REPLACE tokens SET cluster = ?3, sealed = ?4 \
                       WHERE user = ?1 AND cluster = ?2";
            let done = self.store().execute(sql, params![user, old, new, sealed]);
            done.map_err(store("keep", &user, new))?;
        }
        Ok(())
    }

    /// Tells about the tokens of a user, by cluster.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn notes(&self, user: &str) -> Result<Vec<TokenNote>, VaultError> {
        let read = || {
            let held = self.store();
            let mut query = held.prepare_cached(
                "SELECT cluster, fingerprint, expires_at, registered_at FROM tokens \
                 WHERE user = ?1 ORDER BY cluster",
            )?;
            let notes = query.query_map([user], |row| {
                Ok(TokenNote {
                    cluster: row.get(0)?,
                    fingerprint: row.get(1)?,
                    expires_at: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_seconds),
                    registered_at: Timestamp::from_seconds(row.get(3)?),
                })
            })?;
            notes.collect::<Result<Vec<_>, _>>()
        };
        read().map_err(store("list", user, "*"))
    }

    /// Returns who has a token for which cluster, by user.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn holders(&self) -> Result<Vec<(String, String)>, VaultError> {
        let read = || {
            let held = self.store();
            let mut query = held.prepare("SELECT user, cluster FROM tokens ORDER BY 1, 2")?;
            let holders = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            holders.collect::<Result<Vec<_>, _>>()
        };
        read().map_err(store("list", "*", "*"))
    }

    fn store(&self) -> MutexGuard<'_, Connection> {
        // Each statement is whole by itself: a panic elsewhere leaves nothing half done.
        self.store.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Returns what a token is sealed for: it opens for no other user or cluster.
fn purpose(user: &str, cluster: &str) -> String {
    format!("gleaner token\0{user}\0{cluster}")
}

fn store(doing: &'static str, user: &str, cluster: &str) -> impl Fn(rusqlite::Error) -> VaultError {
    let (user, cluster): (Box<str>, Box<str>) = (user.into(), cluster.into());
    move |source| VaultError::Store {
        doing,
        user: user.clone(),
        cluster: cluster.clone(),
        source: Box::new(source),
    }
}

fn seal(user: &str, cluster: &str) -> impl Fn(SealError) -> VaultError {
    let (user, cluster): (Box<str>, Box<str>) = (user.into(), cluster.into());
    move |source| VaultError::Seal { user: user.clone(), cluster: cluster.clone(), source }
}

#[cfg(test)]
mod tests {
    use gleaner_core::time::Timestamp;
    use rusqlite::Connection;

    use super::{MIGRATION, Vault, VaultError};
    use crate::secrets::Secret;
    use crate::secrets::key::Key;

    #[test]
    fn tokens_are_kept_sealed_and_for_their_user_and_cluster_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("db");
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch(MIGRATION).unwrap();
        let key = Key::load_or_create(&folder.path().join("key")).unwrap();
        let vault = Vault::new(key, connection);
        let now = Timestamp::from_seconds(1000);
        let secret = Secret::new("a-token-of-alice");
        vault.put("alice", "terre", &Secret::new("older"), now).unwrap();
        vault.put("alice", "terre", &secret, now).unwrap();
        assert_eq!(vault.token("alice", "terre").unwrap(), Some(secret));
        assert_eq!(vault.token("bob", "terre").unwrap(), None);
        let notes = vault.notes("alice").unwrap();
        let holder = ("alice".to_owned(), "terre".to_owned());
        assert_eq!(vault.holders().unwrap(), [holder]);
        assert_eq!(notes.len(), 1);
        assert!(!format!("{notes:?} {vault:?}").contains("a-token"));
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(16).any(|part| part == b"a-token-of-alice"));

        // The cluster is renamed, once and again.
        for _ in 0..2 {
            vault.rename("terre", "lune").unwrap();
        }
        assert_eq!(vault.token("alice", "terre").unwrap(), None);
        assert_eq!(vault.token("alice", "lune").unwrap(), Some(Secret::new("a-token-of-alice")));
        vault.rename("lune", "terre").unwrap();

        // Somebody who can write the database moves alice's token to bob.
        vault.store().execute("UPDATE tokens SET user = 'bob'", []).unwrap();
        assert!(matches!(vault.token("bob", "terre"), Err(VaultError::Seal { .. })));
        assert!(vault.remove("bob", "terre").unwrap());
        assert!(!vault.remove("bob", "terre").unwrap());
    }
}
