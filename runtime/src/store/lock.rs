//! One daemon a store: a lock on the store's file itself, by whatever name it was called, and one on a file
//! beside it, both of which the system gives back when the daemon is gone, however it went. In the file beside
//! it stands how far the store has come, so that an older copy that was put in its place is known for what it is.

use std::fs::{File, TryLockError};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::store::epoch::Epoch;
use crate::store::error::StoreError;
use crate::store::file::{beside, open_private};
use crate::store::journal::CycleId;

/// More than a note has bytes.
const NOTE_MAX: usize = 128;

/// The lock, held as long as it lives: longer than any connection to the store, since SQLite's own locks go
/// with the first of a process's files on it that is closed.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// The number of the file: a copy of it has another one.
    inode: u64,
    /// The store itself.
    store: File,
}

/// What stands beside a store of how far it had come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) epoch: String,
    pub(super) upto: u64,
    inode: u64,
    /// See [`crate::store::epoch::lineage`]; notes of older releases have none.
    pub(super) lineage: Option<String>,
}

impl Lock {
    /// Locks the store at a path without symbolic links; its file is made if it is not there.
    pub(super) fn take(path: &Path) -> Result<Lock, StoreError> {
        let failed = |source| StoreError::Lock { path: path.to_owned(), source };
        let locked = |file: &File| match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(beside(path, ".lock"))
            .map_err(failed)?;
        locked(&file)?;
        // Nobody puts another file in its place from now on: whoever does holds the lock above.
        let store = open_private(path).map_err(failed)?;
        if !is_remote(&store) {
            locked(&store)?;
        }
        let inode = file.metadata().map_err(failed)?.ino();
        Ok(Lock { file, inode, store })
    }

    /// Returns the store's file. It must not be opened a second time.
    pub(super) fn store(&self) -> &File {
        &self.store
    }

    /// Returns whether the store that was last used here is this one, of this epoch and at least as
    /// far.
    pub(super) fn knows(&self, epoch: &Epoch, cycle: CycleId) -> bool {
        let note = self.noted();
        note.is_some_and(|note| {
            note.epoch == epoch.as_str() && note.upto <= cycle.0 && note.inode == self.inode
        })
    }

    /// Returns what is written there; none where that cannot be read.
    pub(super) fn noted(&self) -> Option<Note> {
        let mut bytes = [0; NOTE_MAX];
        let length = self.file.read_at(&mut bytes, 0).unwrap_or(0);
        let words: Vec<&str> =
            std::str::from_utf8(&bytes[..length]).ok()?.split_whitespace().collect();
        let [epoch, upto, inode, lineage @ ..] = &words[..] else { return None };
        let (epoch, lineage) = ((*epoch).to_owned(), lineage.first().map(|&text| text.to_owned()));
        Some(Note { epoch, upto: upto.parse().ok()?, inode: inode.parse().ok()?, lineage })
    }

    /// Notes how far the store has come, always in the same bytes. Not synchronised: a note that the
    /// machine has lost says less than is true, or nothing, and then a copy is taken for one too often.
    pub(super) fn note(&self, epoch: &Epoch, cycle: CycleId, lineage: &str) -> std::io::Result<()> {
        let note = format!("{epoch} {:020} {:020} {lineage}\n", cycle.0, self.inode);
        self.file.write_all_at(note.as_bytes(), 0)
    }
}

/// Returns whether a file is on a server of files, where a lock on it would be one of SQLite's kind, and in
/// its way.
fn is_remote(file: &File) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|found| found.f_type == rustix::fs::NFS_SUPER_MAGIC)
}
