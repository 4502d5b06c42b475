//! One daemon a store: a lock on a file beside it, which the system gives back when the daemon is
//! gone, however it went. In that file stands how far the store has come, so that an older copy that
//! was put in its place is known for what it is.

use std::fs::{File, TryLockError};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::store::epoch::Epoch;
use crate::store::error::StoreError;
use crate::store::journal::CycleId;

/// More than a note has bytes.
const NOTE_MAX: usize = 128;

/// The lock, held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    /// The number of the file: a copy of it has another one.
    inode: u64,
}

impl Lock {
    pub(super) fn take(store: &Path) -> Result<Lock, StoreError> {
        let path = store.to_owned();
        let mut name = store.as_os_str().to_owned();
        name.push(".lock");
        let failed = |source| StoreError::Lock { path: path.clone(), source };
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(PathBuf::from(name))
            .map_err(failed)?;
        let inode = file.metadata().map_err(failed)?.ino();
        match file.try_lock() {
            Ok(()) => Ok(Lock { file, inode }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Whether the store that was last used here is this one, of this epoch and at least as far.
    pub(super) fn knows(&self, epoch: &Epoch, cycle: CycleId) -> bool {
        let mut bytes = [0; NOTE_MAX];
        // What cannot be read is not known.
        let length = self.file.read_at(&mut bytes, 0).unwrap_or(0);
        let note = std::str::from_utf8(&bytes[..length]).unwrap_or("");
        let words: Vec<&str> = note.split_whitespace().collect();
        let [of, upto, inode] = words[..] else { return false };
        of == epoch.to_string()
            && upto.parse().is_ok_and(|upto: u64| upto <= cycle.0)
            && inode.parse() == Ok(self.inode)
    }

    /// Notes how far the store has come, always in the same bytes. Not synchronised: a note that the
    /// machine has lost says less than is true, or nothing, and then a copy is taken for one too often.
    pub(super) fn note(&self, epoch: &Epoch, cycle: CycleId) -> std::io::Result<()> {
        let note = format!("{epoch} {:020} {:020}\n", cycle.0, self.inode);
        self.file.write_all_at(note.as_bytes(), 0)
    }
}
