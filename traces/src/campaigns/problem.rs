//! What can be wrong with a list of campaigns or the parameters of a generated one.
//! Must not know files.

use crate::campaigns::laws::JobsLaw;

/// A row that is not a campaign, or a parameter that no campaigns can be made with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CampaignProblem {
    /// A column is missing.
    #[error("there is no column `{0}`")]
    NoColumn(&'static str),
    /// A column that nothing is known about.
    #[error("the column `{0}` is not known")]
    UnknownColumn(String),
    /// A column given twice.
    #[error("the column `{0}` is there twice")]
    TwoColumns(String),
    /// A row with more or fewer values than columns.
    #[error("the row has {found} values, expected {expected}")]
    ValueCount {
        /// Values of the row.
        found: usize,
        /// Columns.
        expected: usize,
    },
    /// A value that is not what the column needs.
    #[error("`{column}` is `{text}`, expected {expected}")]
    Value {
        /// The column.
        column: &'static str,
        /// What stands there.
        text: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Two campaigns of one name.
    #[error("the campaign `{0}` is there twice")]
    TwoCampaigns(String),
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
            CampaignProblem::NoColumn(_)
            | CampaignProblem::UnknownColumn(_)
            | CampaignProblem::TwoColumns(_) => {
                "the columns are `name,user,submission_s,tasks,mean_runtime_s`, in any order"
            }
            CampaignProblem::ValueCount { .. } => "put values that hold a comma in double quotes",
            CampaignProblem::Value { .. } => "correct the value",
            CampaignProblem::TwoCampaigns(_) => "rename one of the two",
            CampaignProblem::Range { .. } | CampaignProblem::JobsLaw(_) => "correct the parameter",
        }
    }
}
