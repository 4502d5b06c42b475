//! Claims about figures: `--assert 'clusters.kth.avebsld ~1e-9 86.2559 and grid.jobs == 27992'`.
//! Must not know what the figures mean.
//!
//! ```text
//! EXPR    = AND { "or" AND }           "and" binds tighter than "or"
//! AND     = CLAIM { "and" CLAIM }
//! CLAIM   = PATH OP NUMBER
//! OP      = "<" | "<=" | ">" | ">=" | "==" | "!=" | "~" TOL
//! PATH    = PART { "." PART }          PART = plain text, or "in double quotes"
//! ```
//!
//! `PATH ~TOL NUMBER` holds if `|value - NUMBER| <= TOL * |NUMBER|`: the tolerance is relative to the
//! number written; only where that is 0 it is absolute.
//!
//! Names may hold dots: of several ways to read a path, the one with the longest name first is
//! taken. A name with spaces or signs of operators goes in double quotes.

mod error;
mod parse;
mod resolve;

use std::fmt;

use serde_json::Value;

use crate::assertion::error::NULL;
pub use crate::assertion::error::{AssertionError, Found, Nearest};
use crate::assertion::resolve::Path;

/// How a figure is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`, to the last bit
    Equal,
    /// `!=`
    NotEqual,
    /// `~TOL`, with the tolerance, at least 0
    Near(f64),
}

impl Operator {
    fn holds(self, value: f64, number: f64) -> bool {
        match self {
            Self::Less => value < number,
            Self::LessOrEqual => value <= number,
            Self::Greater => value > number,
            Self::GreaterOrEqual => value >= number,
            Self::Equal => value == number,
            Self::NotEqual => value != number,
            Self::Near(tolerance) => {
                let scale = if number == 0.0 { 1.0 } else { number.abs() };
                (value - number).abs() <= tolerance * scale
            }
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Near(tolerance) => return write!(f, "~{tolerance:e}"),
        };
        f.write_str(sign)
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Claim {
    path: Path,
    operator: Operator,
    number: f64,
}

/// A claim about figures, or several joined by `and` and `or`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// Holds if all claims of any group hold; neither level is empty.
    any_of: Vec<Vec<Claim>>,
}

/// A figure that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its path, as written.
    pub path: String,
    /// Its value.
    pub value: f64,
    /// How it was compared.
    pub operator: Operator,
    /// What it was compared with.
    pub number: f64,
    /// Whether the comparison holds.
    pub holds: bool,
}

impl fmt::Display for Checked {
    /// `` `grid.jobs` is 5, not == 6``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, value, operator, number, holds } = self;
        let not = if *holds { "" } else { "not " };
        write!(f, "`{path}` is {value}, {not}{operator} {number}")
    }
}

/// Whether an assertion holds, and what it saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether the whole holds.
    pub holds: bool,
    /// Every figure it names, in the order written.
    pub checked: Vec<Checked>,
}

impl Assertion {
    /// Looks for all figures that the assertion names in a set that is not there yet, only its names:
    /// `null` stands for a figure that may be defined.
    ///
    /// # Errors
    /// If a path leads nowhere, or to something that is never a number.
    pub fn check_names(&self, names: &Value) -> Result<(), AssertionError> {
        for Claim { path, .. } in self.any_of.iter().flatten() {
            match resolve::number(names, path) {
                Ok(_) | Err(AssertionError::NotANumber { kind: NULL, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Holds the assertion against figures, as in `metrics.json`. All claims are looked at, so that a
    /// misspelt name never goes unnoticed.
    ///
    /// # Errors
    /// If a path leads nowhere, or to something that is not a number.
    pub fn check(&self, figures: &Value) -> Result<Verdict, AssertionError> {
        let mut checked = Vec::new();
        let mut holds = false;
        for group in &self.any_of {
            let mut all = true;
            for Claim { path, operator, number } in group {
                let value = resolve::number(figures, path)?;
                let fits = operator.holds(value, *number);
                all &= fits;
                checked.push(Checked {
                    path: path.text.clone(),
                    value,
                    operator: *operator,
                    number: *number,
                    holds: fits,
                });
            }
            holds |= all;
        }
        Ok(Verdict { holds, checked })
    }
}
