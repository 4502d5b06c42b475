//! Reads the text files of a scenario. Must not know what the texts mean.

use std::fs::File;
use std::io;
use std::path::Path;

use gleaner_settings::text::{self, utf8, without_mark};
use gleaner_traces::hash::FileHash;

/// The longest scenario, bytes.
pub(crate) const SCENARIO_BYTES_MAX: u64 = 64 << 20;

/// The longest job description or list of parameters, bytes.
pub(crate) const JDL_BYTES_MAX: u64 = 1 << 30;

/// The bytes of a file, without a byte order mark, and the hash of all of it.
pub(crate) fn read_bytes(path: &Path, limit: u64) -> io::Result<(Vec<u8>, FileHash)> {
    let bytes = text::read(File::open(path)?, limit)?;
    let hash = FileHash::of(&bytes);
    Ok((without_mark(bytes), hash))
}

/// The text of a file; what is not UTF-8 has its place in the error.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<String> {
    utf8(without_mark(text::read(File::open(path)?, limit)?))
}

/// The same, and the hash of all of the file.
pub(crate) fn read_hashed(path: &Path, limit: u64) -> io::Result<(String, FileHash)> {
    let (bytes, hash) = read_bytes(path, limit)?;
    Ok((utf8(bytes)?, hash))
}
