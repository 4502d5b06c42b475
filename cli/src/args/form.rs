//! How a command's results are printed. Decides nothing.

use clap::ValueEnum;

/// How tables are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// Columns for people
    #[default]
    Table,
    /// One JSON value
    Json,
    /// Comma-separated values with a header
    Csv,
    /// Names only
    Quiet,
}
