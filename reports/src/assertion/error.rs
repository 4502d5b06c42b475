//! What is wrong with an assertion, and what its writer may have meant.

use std::fmt;

/// What is said of a value that is not defined.
pub(super) const NULL: &str = "null";

/// What is wrong with an assertion. Columns count characters from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AssertionError {
    /// Something else was expected.
    #[error("expected {expected} at column {column} of the assertion, found {found}")]
    Expected {
        /// What may stand there.
        expected: &'static str,
        /// Where.
        column: usize,
        /// What stands there.
        found: Found,
    },
    /// A quoted name has no end.
    #[error("the quote at column {column} of the assertion is never closed")]
    OpenQuote {
        /// Where it begins.
        column: usize,
    },
    /// A path leads nowhere.
    #[error("no figure `{path}` (column {column} of the assertion): nothing is called `{missing}`")]
    UnknownPath {
        /// The path, as written.
        path: String,
        /// Where it begins.
        column: usize,
        /// The part that was not found.
        missing: String,
        /// What there is instead, nearest first.
        nearest: Nearest,
    },
    /// A path leads to something that cannot be compared.
    #[error("`{path}` (column {column} of the assertion) is {kind}, not a number")]
    NotANumber {
        /// The path, as written.
        path: String,
        /// Where it begins.
        column: usize,
        /// What it is.
        kind: &'static str,
        /// For a group of figures, some of its keys.
        nearest: Nearest,
    },
}

impl AssertionError {
    /// Returns a hint: what the reader may do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Expected { .. } => {
                Some("for example 'clusters.kth.mean_wait_s < 600 and grid.jobs == 100'".to_owned())
            }
            Self::OpenQuote { .. } => None,
            Self::UnknownPath { nearest, .. } => {
                (!nearest.0.is_empty()).then(|| format!("there is {nearest}"))
            }
            Self::NotANumber { kind: NULL, .. } => {
                Some("`null` means not defined, as a mean of nothing".to_owned())
            }
            Self::NotANumber { nearest, .. } => {
                (!nearest.0.is_empty()).then(|| format!("it holds {nearest}"))
            }
        }
    }
}

/// Some names that do exist, nearest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest(pub Vec<String>);

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            write!(f, "{}`{name}`", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// What stands in an assertion where something else should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing more.
    End,
    /// This text.
    Text(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => f.write_str("its end"),
            Self::Text(text) => write!(f, "`{text}`"),
        }
    }
}
