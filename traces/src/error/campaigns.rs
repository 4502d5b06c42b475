//! What can be wrong with a list of campaigns. Must not know files.

/// A row that is not a campaign, or columns that make no list of them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ListProblem {
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
}

impl ListProblem {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            ListProblem::NoColumn(_)
            | ListProblem::UnknownColumn(_)
            | ListProblem::TwoColumns(_) => {
                "the columns are `name,user,submission_s,tasks,mean_runtime_s`, in any order"
            }
            ListProblem::ValueCount { .. } => "put values that hold a comma in double quotes",
            ListProblem::Value { .. } => "correct the value",
            ListProblem::TwoCampaigns(_) => "rename one of the two",
        }
    }
}
