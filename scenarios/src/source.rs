//! The files that a scenario was read from. Must not know what is in them.

use std::path::PathBuf;

use gleaner_traces::hash::FileHash;

/// A file that a scenario was read from.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Where it was; the name of a scenario that comes with Gleaner.
    pub path: PathBuf,
    /// The SHA-256 of what was read.
    pub hash: FileHash,
}
