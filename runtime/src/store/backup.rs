//! Copies of the store, made whole while it is or is not in use. Puts none back: see `restore.rs`.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::store::connection::{in_one_file, read_only};
use crate::store::epoch::Epoch;
use crate::store::error::StoreError;
use crate::store::{Store, file};

impl Store {
    /// Copies the store at `from` while it is or is not in use, to a file that must not be there yet.
    /// The copy draws an epoch of its own when it is first opened.
    ///
    /// # Errors
    /// [`StoreError`] when the copy cannot be written; then there is none.
    pub fn backup(from: &Path, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(StoreError::Exists { path: to.to_owned() });
        }
        file::readable(from)?;
        // Of whatever format: a copy is wanted most before a newer release is tried.
        let store = read_only(from)?;
        // Under its own name only when it is whole and has no epoch: a machine that dies in between
        // must not leave a copy that uses the names of submissions again.
        let part = file::beside(to, ".part");
        let failed = |source| StoreError::Write { path: to.to_owned(), source };
        let done = copy(&store, &part).and_then(|()| {
            std::fs::rename(&part, to).map_err(failed)?;
            file::sync_folder_of(to).map_err(failed)
        });
        if done.is_err() {
            // What went wrong is told already.
            let _ = std::fs::remove_file(&part);
        }
        done
    }
}

fn copy(store: &Connection, to: &Path) -> Result<(), StoreError> {
    let unwritable = |source| StoreError::Write { path: to.to_owned(), source };
    if to.exists() {
        std::fs::remove_file(to).map_err(unwritable)?;
    }
    let copy = copied(store, to, "back up")?;
    Epoch::forget(&copy)?;
    in_one_file(&copy).map_err(StoreError::doing("back up"))
}

/// Copies all pages of a store to a file that is not there: at once, as of one moment, while a daemon may write.
pub(super) fn copied(
    store: &Connection,
    to: &Path,
    doing: &'static str,
) -> Result<Connection, StoreError> {
    // For its owner alone from the first byte on.
    let private = file::open_private(to);
    drop(private.map_err(|source| StoreError::Write { path: to.to_owned(), source })?);
    let mut copy = Connection::open(to).map_err(StoreError::opening(to))?;
    Backup::new(store, &mut copy)
        .and_then(|backup| backup.step(-1))
        .map_err(StoreError::doing(doing))?;
    Ok(copy)
}
