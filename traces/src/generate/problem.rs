//! What can be wrong with the parameters of a generated workload. Must not know workloads.

/// A parameter that no workload can be made with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpecError {
    /// A number out of its range.
    #[error("`{key}` is {value}, expected {expected}")]
    Range {
        /// Name of the parameter.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// Sizes that the machine does not have.
    #[error("jobs of {size} processors do not fit on a machine of {processors}")]
    Sizes {
        /// Largest size.
        size: u32,
        /// Machine size.
        processors: u32,
    },
    /// Not a law of times.
    #[error("`{text}` is not a law of times")]
    TimeLaw {
        /// What was given.
        text: String,
    },
    /// Not a law of sizes.
    #[error("`{text}` is not a law of sizes")]
    SizeLaw {
        /// What was given.
        text: String,
    },
    /// Times that leave the range of a trace.
    #[error("the times of the workload become too large")]
    Overflow,
}

impl SpecError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            SpecError::Range { .. } => "see `gleaner trace generate --help` for the parameters",
            SpecError::Sizes { .. } => "give smaller sizes or more processors",
            SpecError::TimeLaw { .. } => {
                "expected `fixed:SECONDS`, `exponential:MEAN` or `lognormal:MU,SIGMA`"
            }
            SpecError::SizeLaw { .. } => {
                "expected a size `4`, a range `1-16`, or powers of two `pow2:1-64`"
            }
            SpecError::Overflow => "give smaller run times, or a larger load",
        }
    }
}
