//! A wall clock that is wrong on purpose, to prove that setting it loses nothing. Inert unless
//! `GLEANER_CLOCK_SHIFT=FILE` is in the environment: then the date is wrong by the whole number of
//! seconds in that file, which may be written anew at any time.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

/// The environment variable.
pub const VARIABLE: &str = "GLEANER_CLOCK_SHIFT";

/// The file says nothing that a clock could be set by.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{VARIABLE}={}` names no file with a number in it\n  hint: write by how many seconds the date is to be wrong, \
     as in -300", path.display()
)]
pub struct ShiftError {
    path: PathBuf,
}

/// By how much a clock is wrong.
#[derive(Debug)]
pub struct Shift {
    path: PathBuf,
    /// What was read last: a file that is being written anew is not zero.
    last_s: AtomicI64,
}

impl Shift {
    /// By what a file says, from now on.
    ///
    /// # Errors
    /// [`ShiftError`] when it holds no number: a test that relies on it proves nothing.
    pub fn by(path: PathBuf) -> Result<Shift, ShiftError> {
        match read(&path) {
            Some(seconds) => Ok(Shift { path, last_s: AtomicI64::new(seconds) }),
            None => Err(ShiftError { path }),
        }
    }

    /// Returns the seconds that the date is ahead of the truth now.
    pub(super) fn seconds(&self) -> i64 {
        if let Some(seconds) = read(&self.path) {
            self.last_s.store(seconds, Ordering::Relaxed);
        }
        self.last_s.load(Ordering::Relaxed)
    }
}

fn read(path: &PathBuf) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
