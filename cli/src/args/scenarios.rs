//! Options of `gleaner scenarios`. Decides nothing.

use crate::args::form::OutputForm;

#[derive(Debug, clap::Args)]
#[command(after_help = "A scenario of the list is asked for by its name wherever a scenario is:
  gleaner simulate quickstart

Examples:
  gleaner scenarios
  gleaner scenarios --output json
  gleaner scenarios quickstart > mine.toml && gleaner simulate mine.toml")]
pub(crate) struct ScenariosArgs {
    /// Print the file of this scenario, to be read, or saved and changed
    pub(crate) name: Option<String>,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t, conflicts_with = "name")]
    pub(crate) output: OutputForm,
}
