//! What can be wrong with a row of an SWF file. Must not know files or lines.

use crate::error::row::RowError;

/// A row that is not a job, or not one that can be simulated. Fields are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// Not 18 fields.
    #[error("the row has {found} fields, expected 18")]
    FieldCount {
        /// Fields found.
        found: usize,
    },
    /// Not an integer.
    #[error("field {field} ({}) is `{text}`, expected an integer", name(*field))]
    NotInteger {
        /// Number of the field.
        field: u8,
        /// What stands there, shortened.
        text: String,
    },
    /// Not a number, in one of the fields that may have decimals.
    #[error("field {field} ({}) is `{text}`, expected a number", name(*field))]
    NotNumber {
        /// Number of the field.
        field: u8,
        /// What stands there, shortened.
        text: String,
    },
    /// A number that is too large for its field.
    #[error("field {field} ({}) is `{text}`, expected {}", name(*field), range(*field))]
    OutOfRange {
        /// Number of the field.
        field: u8,
        /// What stands there, shortened.
        text: String,
    },
    /// Bytes that are not text.
    #[error("the row is not UTF-8 text at byte {column}")]
    NotUtf8 {
        /// First such byte of the line, counted from 1.
        column: usize,
    },
    /// A line that no row can be.
    #[error("the line is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The job cannot be simulated, and the reading rules drop nothing (`none`).
    #[error("{0}, so the job cannot be simulated")]
    Unsimulatable(Unsimulatable),
}

/// Why a job cannot be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsimulatable {
    /// Neither field 8 nor field 5 is positive.
    #[error("fields 8 and 5 (requested and allocated processors) are not positive")]
    NoProcessors,
    /// Submitted before the trace starts.
    #[error("field 2 (submit time) is {0}, which is negative")]
    Submit(i64),
    /// Negative run time.
    #[error("field 4 (run time) is {0}, which is negative")]
    Runtime(i64),
    /// More processors than the machine has.
    #[error("the job needs {procs} processors and the machine has {machine}")]
    TooLarge {
        /// Processors needed.
        procs: i64,
        /// Processors of the machine.
        machine: u32,
    },
}

impl RowError for RowProblem {
    fn hint(&self) -> &'static str {
        match self {
            RowProblem::FieldCount { .. } => {
                "a row has 18 fields with blanks between them; unknown ones are -1"
            }
            RowProblem::NotInteger { .. } => {
                "only fields 6, 7 and 10 may have decimals; `--lenient` skips bad rows"
            }
            RowProblem::OutOfRange { field: 2, .. } => {
                "submissions are in seconds since the start of the log; `--lenient` skips bad rows"
            }
            RowProblem::NotNumber { .. } | RowProblem::OutOfRange { .. } => {
                "correct the row, or skip bad rows with `--lenient`"
            }
            RowProblem::NotUtf8 { .. } | RowProblem::TooLong { .. } => {
                "the file may be damaged, or not an SWF log; `--lenient` skips bad rows"
            }
            RowProblem::Unsimulatable(_) => "drop such jobs with `--clean archive`",
        }
    }
}

/// What a field may hold, counted from 1; -1 is "unknown" in all of them.
fn range(field: u8) -> &'static str {
    match field {
        1 => "a job number from 0",
        2 | 4 => "at most 2147483647 seconds (68 years)",
        5 | 8 => "at most 4294967295 processors",
        11 => "a status from -128 to 127",
        12..=16 => "a number from -2147483648 to 2147483647",
        _ => "at most 18 digits",
    }
}

/// Names of the fields, in the order of a row.
const FIELD_NAMES: [&str; 18] = [
    "job number",
    "submit time",
    "wait time",
    "run time",
    "allocated processors",
    "average cpu time",
    "used memory",
    "requested processors",
    "requested time",
    "requested memory",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "preceding job",
    "think time",
];

fn name(field: u8) -> &'static str {
    usize::from(field)
        .checked_sub(1)
        .and_then(|index| FIELD_NAMES.get(index))
        .copied()
        .unwrap_or("unknown")
}
