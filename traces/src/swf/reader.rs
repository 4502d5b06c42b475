//! A streaming reader of SWF: header first, then record by record.
//! Must not know the reading rules.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::TraceError;
use crate::error::swf::RowProblem;
use crate::inflate::read_error;
use crate::lines::{LINE_BYTES_MAX, LineError, Lines};
use crate::swf::SwfRecord;
use crate::swf::header::{HEADER_BYTES_MAX, SwfHeader};
use crate::swf::row;

/// Reads SWF text. After an error in a row it continues with the next one.
#[derive(Debug)]
pub struct SwfReader<R> {
    lines: Lines<R>,
    path: PathBuf,
    header: SwfHeader,
    first: Option<Result<SwfRecord, RowProblem>>,
}

impl<R: Read> SwfReader<R> {
    /// Reads the header, up to the first row. `path` is what messages call the source; `input`
    /// gives text (see [`crate::inflate::Input`] for compressed files). Fails when the source is
    /// empty, cannot be read or has a header without end.
    pub fn new(input: R, path: &Path) -> Result<Self, TraceError> {
        let mut reader = SwfReader {
            lines: Lines::new(input),
            path: path.to_path_buf(),
            header: SwfHeader::default(),
            first: None,
        };
        reader.read_header()?;
        if reader.lines.nothing_read() {
            return Err(TraceError::Empty { path: reader.path });
        }
        Ok(reader)
    }

    /// The header.
    pub fn header(&self) -> &SwfHeader {
        &self.header
    }

    /// Gives the header away.
    pub fn into_header(self) -> SwfHeader {
        self.header
    }

    /// What messages call the source.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Line of the record last read, counted from 1.
    pub fn line(&self) -> u64 {
        self.lines.number()
    }

    /// The next record, or `None` at the end. A [`TraceError::Row`] concerns that row only: the
    /// next call goes on behind it.
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<SwfRecord>, TraceError> {
        if let Some(first) = self.first.take() {
            return first.map(Some).map_err(|problem| self.row_error(problem));
        }
        loop {
            let parsed = match self.lines.next_line() {
                Ok(None) => return Ok(None),
                Ok(Some(line)) if row::is_comment_or_blank(line) => continue,
                Ok(Some(line)) => row::parse(line),
                Err(error) => return Err(self.line_error(error)),
            };
            return match parsed {
                Ok(record) => Ok(Some(record)),
                Err(problem) => Err(self.row_error(problem)),
            };
        }
    }

    /// The error for a problem in the record last read.
    #[cold]
    pub(crate) fn row_error(&self, problem: RowProblem) -> TraceError {
        TraceError::Row {
            path: self.path.clone(),
            line: self.lines.number(),
            problem: Box::new(problem),
        }
    }

    fn read_header(&mut self) -> Result<(), TraceError> {
        loop {
            let number = self.lines.number() + 1;
            match self.lines.next_line() {
                Ok(None) => return Ok(()),
                Ok(Some(line)) if row::is_comment_or_blank(line) => {
                    if !self.header.take(number, line) {
                        return Err(TraceError::HeaderTooLong {
                            path: self.path.clone(),
                            line: number,
                            limit: HEADER_BYTES_MAX,
                        });
                    }
                }
                Ok(Some(line)) => {
                    self.first = Some(row::parse(line));
                    return Ok(());
                }
                Err(LineError::TooLong) => {
                    self.first = Some(Err(RowProblem::TooLong { limit: LINE_BYTES_MAX }));
                    return Ok(());
                }
                Err(LineError::Io(source)) => return Err(read_error(&self.path, source)),
            }
        }
    }

    #[cold]
    fn line_error(&self, error: LineError) -> TraceError {
        match error {
            LineError::TooLong => self.row_error(RowProblem::TooLong { limit: LINE_BYTES_MAX }),
            LineError::Io(source) => read_error(&self.path, source),
        }
    }
}

impl<R: Read> Iterator for SwfReader<R> {
    type Item = Result<SwfRecord, TraceError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_record().transpose()
    }
}
