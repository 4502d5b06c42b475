//! The one SQLite file in which everything survives: the journal, and rows for reading. One daemon
//! writes it; readers have connections of their own. Knows no scheduling and no HTTP.

pub mod access_tokens;
mod archive;
mod backup;
mod codes;
pub(crate) mod connection;
pub mod entries;
pub mod epoch;
pub mod error;
mod file;
pub mod integrity;
pub mod journal;
mod json;
mod lock;
mod migrations;
pub mod notifications;
pub(crate) mod numbers;
pub mod parameters;
pub mod restore;
pub(crate) mod retention;
pub(crate) mod rows;
mod sql;
pub mod submissions;
pub mod views;
mod words;

use std::path::{Path, PathBuf};
use std::time::Duration;

use gleaner_core::time::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::store::connection::{in_one_file, prepare, read_only};
use crate::store::epoch::Epoch;
use crate::store::error::StoreError;
use crate::store::file::Kind;
use crate::store::journal::CycleId;
use crate::store::lock::Lock;

/// The store, open for writing: there is only one such at a time.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
    epoch: Epoch,
    /// See [`epoch::lineage`].
    lineage: String,
    /// Where parts of the journal go before they are forgotten.
    archive: Option<PathBuf>,
    lock: Lock,
}

impl Store {
    /// Opens a store, made if it is not there, brought up to date and checked.
    ///
    /// # Errors
    /// [`StoreError`] when it belongs to another daemon or a newer release, is damaged, or cannot
    /// be written.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        file::regular(path)?;
        let path = &*file::real(path);
        let lock = Lock::take(path)?;
        let lacks_log = looked_at(path, &lock)?;
        let torn =
            || StoreError::WithoutLog { path: path.to_owned(), log: file::beside(path, "-wal") };
        file::tighten(path);
        let mut connection = Connection::open(path).map_err(StoreError::opening(path))?;
        let opening = StoreError::opening(path);
        migrations::ours(path, &connection)?;
        prepare(&connection).map_err(opening)?;
        match integrity::at_start(path, &connection) {
            // Pages that were written while it was copied do not fit together.
            Err(StoreError::Damaged { .. }) if lacks_log => return Err(torn()),
            checked => checked?,
        }
        migrations::run(path, &mut connection)?;
        if archive::is_segment(path, &connection)? {
            return Err(StoreError::Segment { path: path.to_owned() });
        }
        let last = journal::last_cycle(&connection)?;
        let known = Epoch::of(&connection)?.is_some_and(|epoch| lock.knows(&epoch, last));
        // Where the note says that nothing is missing, somebody else has closed it, whose tools leave no log.
        if lacks_log && !known {
            return Err(torn());
        }
        let lineage = epoch::lineage(&connection)?;
        let epoch = epoch_of(path, &connection, &lock, &lineage)?;
        // As far as readers let it: a copy of the file alone should show what it is.
        let tables = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        tables.map_err(StoreError::doing("bring the log into the store"))?;
        Ok(Store { path: path.to_owned(), connection, epoch, lineage, archive: None, lock })
    }

    /// Notes beside the store how far it has come: once a cycle is durable.
    pub(crate) fn note(&self, cycle: CycleId) {
        if let Err(error) = self.lock.note(&self.epoch, cycle, &self.lineage) {
            tracing::warn!(%error, "the note beside the store cannot be written");
        }
    }

    /// Keeps what is forgotten of the journal in `folder`, in a file a month.
    pub fn archive_in(&mut self, folder: &Path) {
        self.archive = Some(folder.to_owned());
    }

    /// Returns what of the journal before `before` may be forgotten now; nothing as long as it cannot be
    /// archived, which is logged.
    pub(crate) fn forgettable(
        &self,
        before: Timestamp,
    ) -> Result<Option<journal::Forgettable>, StoreError> {
        let old = journal::forgettable(&self.connection, before)?;
        if let (Some(old), Some(folder)) = (&old, &self.archive)
            && let Err(error) = archive::keep(&self.path, folder, old)
        {
            tracing::error!(%error, folder = %folder.display(), "the journal grows until it can be archived");
            return Ok(None);
        }
        Ok(old)
    }

    /// Returns what tells its commands apart from those of another store, or of an older copy of
    /// it.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// Begins to write; nothing of it is there unless it is committed.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be written.
    pub fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        begun.map_err(StoreError::doing("begin to write"))
    }

    /// Reads with the writer's own connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Opens one more connection that only reads.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened, or has the format of another release.
    pub fn reader(path: &Path) -> Result<Connection, StoreError> {
        let connection = read_only(path)?;
        migrations::check(path, &connection, migrations::ROWS)?;
        Ok(connection)
    }

    /// Opens a connection that only reads the journal, which an older release may have written.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened, or its journal has another format.
    pub fn journal_reader(path: &Path) -> Result<Connection, StoreError> {
        file::readable(path)?;
        let connection = read_only(path)?;
        migrations::check(path, &connection, migrations::JOURNAL)?;
        Ok(connection)
    }

    /// Opens one more connection that writes, for what is not the journal's (tokens).
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened.
    pub fn side_writer(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open(&self.path).map_err(StoreError::opening(&self.path))?;
        prepare(&connection).map_err(StoreError::opening(&self.path))?;
        Ok(connection)
    }
}

/// A store that is closed is one file, whose header says that no log belongs to it. Where somebody reads it
/// meanwhile, the log stays, and the next start takes it in.
impl Drop for Store {
    fn drop(&mut self) {
        let at_once = self.connection.busy_timeout(Duration::ZERO);
        let closed = at_once.and_then(|()| in_one_file(&self.connection));
        if let Err(error) = closed {
            tracing::debug!(%error, "the store's log stays beside it");
        }
    }
}

/// Looks at the file before SQLite does: what is text was never a store, and a log that belongs to another one
/// must not be taken in. Answers whether the log of this one is missing.
fn looked_at(path: &Path, lock: &Lock) -> Result<bool, StoreError> {
    let unreadable = |source| StoreError::Unreadable { path: path.to_owned(), source };
    match file::kind(lock.store()).map_err(unreadable)? {
        Kind::Text => Err(StoreError::NoDatabase { path: path.to_owned(), what: "text" }),
        // SQLite says what is wrong with it.
        Kind::Empty | Kind::Bytes => Ok(false),
        Kind::Database(header) => {
            file::match_log(path, header)?;
            Ok(migrations::lacks_log(path, header))
        }
    }
}

/// Returns the epoch of a store: a new one where it has none, or where what was last used here was
/// another store, or was further: then this is a copy, restored without [`Store::backup`].
fn epoch_of(
    path: &Path,
    connection: &Connection,
    lock: &Lock,
    lineage: &str,
) -> Result<Epoch, StoreError> {
    let last = journal::last_cycle(connection)?;
    let epoch = match Epoch::of(connection)? {
        Some(epoch) if lock.knows(&epoch, last) => return Ok(epoch),
        Some(_) => {
            tracing::warn!(store = %path.display(), "taken for a copy: the jobs to come get other names");
            Epoch::draw(connection)?
        }
        None => Epoch::draw(connection)?,
    };
    if let Err(source) = lock.note(&epoch, last, lineage) {
        return Err(StoreError::Lock { path: path.to_owned(), source });
    }
    Ok(epoch)
}
