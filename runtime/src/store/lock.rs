//! One daemon a store: a lock on a file beside it, which the system gives back when the daemon is
//! gone, however it went.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::store::error::StoreError;

/// The lock, held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
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
            .write(true)
            .open(PathBuf::from(name))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
