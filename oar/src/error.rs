//! The one error type of this crate: what could not be read, where, why, and a hint.

use thiserror::Error;

/// Why a text in one of OAR's little languages was refused. Columns count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// The text is longer than the parser accepts.
    #[error("text of {length} bytes is longer than the limit of {limit}")]
    TooLong {
        /// Bytes given.
        length: usize,
        /// Bytes accepted.
        limit: usize,
    },
    /// Parentheses or NOTs are nested too deeply.
    #[error("column {column}: nested deeper than {limit} levels")]
    TooDeep {
        /// Where the limit was passed.
        column: usize,
        /// The limit.
        limit: usize,
    },
    /// Something else was expected here.
    #[error("column {column}: expected {expected}, found {found}")]
    Unexpected {
        /// Where.
        column: usize,
        /// What would have been right.
        expected: &'static str,
        /// What stands there, in backticks, or `the end`.
        found: String,
    },
    /// A quoted text, or a `{` filter, is never closed.
    #[error("column {column}: `{open}` is never closed")]
    Unclosed {
        /// Where it was opened.
        column: usize,
        /// The opening character.
        open: char,
    },
    /// A number cannot be represented.
    #[error("column {column}: number `{text}` is out of range")]
    Number {
        /// Where.
        column: usize,
        /// The number as written.
        text: String,
    },
    /// A special amount (`ALL`, `BEST`, `HALF_BEST`) stands in a group of several levels.
    #[error("column {column}: `{amount}` is allowed only in a group of one level")]
    SpecialInHierarchy {
        /// Where.
        column: usize,
        /// The amount.
        amount: &'static str,
    },
    /// A filter names a property no resource has.
    #[error("unknown property `{name}`")]
    UnknownProperty {
        /// The property as written.
        name: String,
    },
    /// A word is none of OAR's for this thing.
    #[error("unknown {what} `{word}`")]
    UnknownWord {
        /// Kind of word, for instance `job state`.
        what: &'static str,
        /// The word given.
        word: String,
    },
}

impl ParseError {
    /// What the user can do about it, if more is to be said than the message does.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TooLong { .. } | Self::TooDeep { .. } | Self::Number { .. } => None,
            Self::Unexpected { expected, .. } => Some(match *expected {
                "a comparison" => {
                    "write `property = value`, `property IN (…)`, `property LIKE '…'` or `property IS NULL`"
                }
                "a walltime" => "write `h`, `h:m` or `h:m:s`, for instance `1:30:00`",
                "a level" => "write `/property=count`, for instance `/nodes=2/core=4`",
                _ => "texts are quoted with `'`, a quote inside is doubled",
            }),
            Self::Unclosed { open: '\'', .. } => Some("a quote inside a text is doubled: `''`"),
            Self::Unclosed { .. } => Some("close what was opened"),
            Self::SpecialInHierarchy { .. } => {
                Some("ask for a number, or put the level into a group of its own with `+`")
            }
            Self::UnknownProperty { .. } => {
                Some("`oarnodes` lists the properties of the resources")
            }
            Self::UnknownWord { .. } => Some("OAR's spelling is case-sensitive"),
        }
    }
}
