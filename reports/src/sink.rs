//! A file written in large pieces, whose errors name it. Must not know what it holds.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::ReportError;

/// Bytes gathered before the system is asked to write: few enough to stay in a core's cache.
const CHUNK_BYTES: usize = 64 * 1024;
/// Room beyond a chunk, so that an ordinary line never makes the buffer grow.
const LINE_BYTES: usize = 4 * 1024;

/// A growing file. Append to [`Sink::buffer`], then say [`Sink::line_done`].
pub(crate) struct Sink {
    path: PathBuf,
    file: File,
    pub(crate) buffer: Vec<u8>,
}

impl Sink {
    pub(crate) fn create(path: PathBuf) -> Result<Self, ReportError> {
        match File::create(&path) {
            Ok(file) => {
                let buffer = Vec::with_capacity(CHUNK_BYTES + LINE_BYTES);
                Ok(Self { path, file, buffer })
            }
            Err(source) => Err(ReportError::CreateFile { path, source }),
        }
    }

    #[inline]
    pub(crate) fn line_done(&mut self) -> Result<(), ReportError> {
        if self.buffer.len() >= CHUNK_BYTES { self.flush() } else { Ok(()) }
    }

    #[cold]
    fn flush(&mut self) -> Result<(), ReportError> {
        let written = self.file.write_all(&self.buffer);
        self.buffer.clear();
        written.map_err(|source| ReportError::WriteFile { path: self.path.clone(), source })
    }

    /// Writes what is left and tells where it went.
    pub(crate) fn finish(mut self) -> Result<PathBuf, ReportError> {
        self.flush()?;
        Ok(self.path)
    }
}

/// Writes a whole file at once.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let mut file = File::create(path)
        .map_err(|source| ReportError::CreateFile { path: path.to_path_buf(), source })?;
    file.write_all(bytes)
        .map_err(|source| ReportError::WriteFile { path: path.to_path_buf(), source })
}
