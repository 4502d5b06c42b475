//! The tokens that the doctor tries: those in the store, read without changing it. Asks no server.

use gleaner_core::text::with_causes;

use crate::config::Config;
use crate::doctor::StoredToken;
use crate::secrets::key::{Key, KeyError};
use crate::secrets::vault::{Vault, VaultError};
use crate::store::connection::read_only;
use crate::store::error::StoreError;

/// Why the tokens cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StoredTokensError {
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tokens cannot be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Reads all tokens; none where the daemon has never run.
///
/// # Errors
/// [`StoredTokensError`] when there is a store and it cannot be read.
pub fn stored_tokens(config: &Config) -> Result<Vec<StoredToken>, StoredTokensError> {
    if !config.store.path.exists() || !config.key_file.exists() {
        return Ok(Vec::new());
    }
    let vault = Vault::new(Key::load(&config.key_file)?, read_only(&config.store.path)?);
    let held = vault.holders()?.into_iter().filter_map(|(user, cluster)| {
        let token = match vault.token(&user, &cluster) {
            Ok(token) => Ok(token?),
            Err(error) => Err(with_causes(&error)),
        };
        Some(StoredToken { user, cluster, token })
    });
    Ok(held.collect())
}
