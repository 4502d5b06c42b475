//! What can go wrong with a trace, said so that the reader of the message knows what to do.
//! Must not know how files are parsed.

pub mod batsim;
pub mod campaigns;
pub mod row;
pub mod swf;

use std::io;
use std::path::PathBuf;

use crate::error::batsim::BatsimProblem;
use crate::error::campaigns::ListProblem;
use crate::error::row::RowError;
use crate::gzip::GzipProblem;

/// Every failure of this crate. The text says what and where; [`TraceError::hint`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file cannot be opened.
    #[error("cannot open trace `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A sample is asked for that does not come with Gleaner.
    #[error("there is no sample `{name}`")]
    NoSample {
        /// The name asked for.
        name: String,
    },
    /// Reading stopped with an error of the system.
    #[error("cannot read trace `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The compressed data are not whole.
    #[error("`{}`: {problem}", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: GzipProblem,
    },
    /// The file has no byte.
    #[error("`{}`: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file has no job: comments only.
    #[error("`{}`: the file has no job", path.display())]
    NoJobs {
        /// The file.
        path: PathBuf,
    },
    /// A row is not a job.
    #[error("{}:{line}: {problem}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// What is wrong with the row.
        problem: Box<dyn RowError>,
    },
    /// A header field that is needed cannot be read.
    #[error("{}:{line}: header field `{key}` is `{value}`, expected a positive number", path.display())]
    HeaderField {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// Name of the field.
        key: &'static str,
        /// What stands there.
        value: String,
    },
    /// The text is not JSON, or not a Batsim workload.
    #[error("{}:{}:{}: {source}", path.display(), source.line(), source.column())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser says, with its position.
        source: serde_json::Error,
    },
    /// A job of a Batsim workload is not one.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    Batsim {
        /// The file.
        path: PathBuf,
        /// Line of the mistake, counted from 1; else where the job begins.
        line: u64,
        /// Column in that line, counted from 1 and in bytes.
        column: u64,
        /// What is wrong with it.
        problem: BatsimProblem,
    },
    /// Something that concerns all jobs of a Batsim workload.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    BatsimFile {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// Column in that line, counted from 1 and in bytes.
        column: u64,
        /// What is wrong.
        problem: BatsimProblem,
    },
    /// A text format with bytes that are not text.
    #[error("{}:{line}:{column}: the text is not UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// Column of the first wrong byte, counted from 1 and in bytes.
        column: u64,
    },
    /// A text of 16-bit characters.
    #[error("`{}`: the file begins with the byte order mark of UTF-16", path.display())]
    Utf16 {
        /// The file.
        path: PathBuf,
    },
    /// More text than is read, or a line without end.
    #[error("`{}`: {what} is longer than {limit} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// What is too long.
        what: &'static str,
        /// The limit in bytes.
        limit: u64,
    },
    /// More rows than are read.
    #[error("`{}`: the file has more than {limit} rows", path.display())]
    TooManyRows {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// The file is read again while a simulation goes on, and is another now.
    #[error("`{}`: the file has changed since the simulation began", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A row of a list of campaigns is not one.
    #[error("{}:{line}: {problem}", path.display())]
    Campaign {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: ListProblem,
    },
    /// The text is not CSV.
    #[error("`{}`: the file cannot be read as CSV", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What the parser says, with its line.
        source: csv::Error,
    },
    /// The comments before the first job are too long to be kept.
    #[error("{}:{line}: the header is longer than {limit} bytes", path.display())]
    HeaderTooLong {
        /// The file.
        path: PathBuf,
        /// Line at which the limit was passed, counted from 1.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
}

impl TraceError {
    /// What the user can do about it, if anything is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            TraceError::Open { .. } => Some("check the path and the permissions"),
            TraceError::NoSample { .. } => {
                Some("there are `sample:quickstart.swf` and `sample:month-128.swf.gz`")
            }
            TraceError::Read { .. } => None,
            TraceError::Gzip { problem, .. } => Some(match problem {
                GzipProblem::Truncated => "the download may be incomplete: fetch the file again",
                GzipProblem::Damaged => "test it with `gzip -t`, and fetch the file again",
                GzipProblem::TrailingGarbage => "decompress it with `gzip -dc` and read the result",
            }),
            TraceError::Empty { .. } | TraceError::NoJobs { .. } => {
                Some("a trace needs at least one row of 18 fields (SWF) or one job (Batsim JSON)")
            }
            TraceError::Row { problem, .. } => Some(problem.hint()),
            TraceError::Batsim { problem, .. } | TraceError::BatsimFile { problem, .. } => {
                Some(problem.hint())
            }
            TraceError::Campaign { problem, .. } => Some(problem.hint()),
            TraceError::Csv { .. } => Some("the file must be UTF-8 text with commas"),
            TraceError::Json { .. } => {
                Some("a Batsim workload is an object with `jobs` and `profiles`")
            }
            TraceError::NotUtf8 { .. } => Some("the file may be damaged, or not a trace"),
            TraceError::Utf16 { .. } => {
                Some("convert it to UTF-8, for example by `iconv -f utf-16 -t utf-8 FILE`")
            }
            TraceError::TooLong { what: "a line", .. } => {
                Some("the file does not look like an SWF log: it has no lines")
            }
            TraceError::TooLong { .. } | TraceError::TooManyRows { .. } => Some(
                "if it is meant, take more with `--max-rows N` (`max_rows` in a scenario's `owners`)",
            ),
            TraceError::Changed { .. } => Some(
                "simulate again, and leave the file as it is meanwhile: so long a trace is not kept in memory",
            ),
            TraceError::HeaderField { .. } => {
                Some("write the number without signs between its digits, or give `--processors`")
            }
            TraceError::HeaderTooLong { .. } => {
                Some("the file does not look like an SWF log: lines starting with `;` are comments")
            }
        }
    }

    /// Whether a lenient reading may skip over this error: it concerns one row only.
    #[must_use]
    pub fn concerns_one_row(&self) -> bool {
        matches!(self, TraceError::Row { .. } | TraceError::Batsim { .. })
    }
}
