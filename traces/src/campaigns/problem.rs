//! What can be wrong with the parameters of generated campaigns. Must not know files.

use crate::campaigns::laws::JobsLaw;

/// A parameter that no campaigns can be made with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CampaignProblem {
    /// A law of jobs with numbers that none can be drawn with.
    #[error("the law of jobs is `{0:?}`, whose numbers are out of range")]
    JobsLaw(JobsLaw),
    /// A parameter out of its range.
    #[error("`{key}` is {value}, expected {expected}")]
    Range {
        /// Name of the parameter.
        key: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
}

impl CampaignProblem {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            CampaignProblem::Range { .. } | CampaignProblem::JobsLaw(_) => "correct the parameter",
        }
    }
}
