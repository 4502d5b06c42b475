//! What can be wrong with the store, told with what to do about it. Knows no table.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another daemon has it.
    #[error("another daemon uses the store `{path}`")]
    Locked {
        /// The store.
        path: PathBuf,
    },
    /// Its lock cannot be made.
    #[error("cannot lock the store `{path}`")]
    Lock {
        /// The store.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It cannot be opened.
    #[error("cannot open the store `{path}`")]
    Open {
        /// The store.
        path: PathBuf,
        /// Why.
        #[source]
        source: rusqlite::Error,
    },
    /// It was written by a newer release.
    #[error("the store `{path}` was written by a newer release")]
    Newer {
        /// The store.
        path: PathBuf,
    },
    /// It is a database of something else.
    #[error("`{path}` is a database of another program")]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// It is a part of a journal, kept for replay.
    #[error("`{path}` is an archived part of a journal")]
    Segment {
        /// The file.
        path: PathBuf,
    },
    /// It was written by an older release, or is no store at all.
    #[error("`{path}` is no store of this release's format")]
    Older {
        /// The store.
        path: PathBuf,
    },
    /// There is none.
    #[error("there is no file `{path}`")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is to be restored, and is in its place already.
    #[error("`{path}` is the store itself")]
    Same {
        /// The store.
        path: PathBuf,
    },
    /// It is a folder.
    #[error("`{path}` is a folder")]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// It is a pipe, a device or the like.
    #[error("`{path}` is no regular file")]
    Special {
        /// Its path.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is a file of another kind.
    #[error("`{path}` is no database, but {what}")]
    NoDatabase {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        what: &'static str,
    },
    /// It was copied while it was in use, and what was written last was left behind.
    #[error("`{path}` is a copy of a store in use, without the file `{log}` that belongs to it")]
    WithoutLog {
        /// The copy.
        path: PathBuf,
        /// What is missing.
        log: PathBuf,
    },
    /// A log lies beside it that is another store's.
    #[error("`{log}` does not belong to `{path}`: it was left by what was there before")]
    ForeignLog {
        /// The store.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// It is broken.
    #[error("the store `{path}` is damaged: {what}")]
    Damaged {
        /// The store.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A copy cannot be put in its place.
    #[error("cannot write `{path}`")]
    Write {
        /// The copy.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is in the way.
    #[error("`{path}` is there already")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The disk has no room.
    #[error("the disk of the store is full: cannot {doing}")]
    Full {
        /// What was tried.
        doing: &'static str,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// It can only be read.
    #[error("the store cannot be written: cannot {doing}")]
    ReadOnly {
        /// What was tried.
        doing: &'static str,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// It turns out to be broken as it is used.
    #[error("the store is damaged: cannot {doing}")]
    Corrupt {
        /// What was tried.
        doing: &'static str,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// SQLite refuses.
    #[error("cannot {doing}")]
    Sql {
        /// What was tried.
        doing: &'static str,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// A value in it cannot be understood.
    #[error("the store is damaged: {what} of {of} cannot be understood")]
    Value {
        /// Which value.
        what: &'static str,
        /// Of which row.
        of: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A part of the journal is not there.
    #[error("the journal is damaged: {what}")]
    Gap {
        /// What is missing.
        what: String,
    },
    /// No randomness for an epoch.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl StoreError {
    /// Makes an error of opening `path` from what SQLite says.
    pub fn opening(path: &Path) -> impl Fn(rusqlite::Error) -> StoreError + use<> {
        let path = path.to_owned();
        move |source| match code(&source) {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged { path: path.clone(), what: source.to_string() }
            }
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { doing: "open it", source },
            Some(ErrorCode::DiskFull) => StoreError::Full { doing: "open it", source },
            _ => StoreError::Open { path: path.clone(), source },
        }
    }

    /// Makes an error of `doing` something from what SQLite says.
    pub fn doing(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
        move |source| match code(&source) {
            Some(ErrorCode::DiskFull) => StoreError::Full { doing, source },
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { doing, source },
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                StoreError::Corrupt { doing, source }
            }
            _ => StoreError::Sql { doing, source },
        }
    }

    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            StoreError::Locked { .. } => "stop the other daemon, or give this one another store",
            StoreError::Lock { .. }
            | StoreError::Open { .. }
            | StoreError::Write { .. }
            | StoreError::ReadOnly { .. } => {
                "check that the folder exists and that the daemon's user may write there"
            }
            StoreError::Newer { .. } => "start the release that wrote it, or a newer one",
            StoreError::Foreign { .. } => "name another file; this one was left alone",
            StoreError::Segment { .. } => {
                "`gleaner replay` reads it; name another file as the store"
            }
            StoreError::Older { .. } => {
                "name a store; the daemon brings one of an older release up to date as it starts"
            }
            StoreError::Missing { .. } => {
                "name the store of a daemon (`path` in `[store]`), a backup, or an archived part"
            }
            StoreError::Same { .. } => {
                "name a backup; a daemon takes up its store by itself, however the last one went"
            }
            StoreError::Folder { .. } => "name a file in it, such as `gleaner.db`",
            StoreError::Special { .. } => "name a file on a disk",
            StoreError::Unreadable { .. } => "see who may read it",
            StoreError::NoDatabase { .. } => {
                "name the store of a daemon, a backup, or an archived part; where it was one once, `gleaner \
                 restore` puts the last backup in its place"
            }
            StoreError::WithoutLog { .. } => {
                "put that file beside it if it is still there; else bring the last backup back with `gleaner \
                 restore FILE`. `gleaner backup` copies a store whole while it is in use"
            }
            StoreError::ForeignLog { .. } => {
                "`gleaner restore FILE` puts a backup in a store's place with all that belongs to it; to go on \
                 with this file, move the other away"
            }
            StoreError::Damaged { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Value { .. }
            | StoreError::Gap { .. } => {
                "keep the file, and bring the last backup back with `gleaner restore FILE`"
            }
            StoreError::Exists { .. } => "name a file that is not there yet",
            StoreError::Full { .. } => {
                "nothing was sent and nothing is lost: make room and start the daemon again"
            }
            StoreError::Sql { .. } => "see what SQLite says above",
            StoreError::NoRandomness => "check that `/dev/urandom` can be read",
        }
    }
}

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}
