//! Options of `gridclusters`. Decides nothing.

use crate::args::form::OutputForm;
use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gridclusters
  gridclusters -i
  gridclusters --output json")]
pub(crate) struct GridclustersArgs {
    /// Show the state of each cluster
    #[arg(short, long)]
    pub(crate) infos: bool,
    /// Show all that is known of each cluster
    #[arg(short = 'I', long = "more_infos", visible_alias = "more-infos")]
    pub(crate) more_infos: bool,
    /// How results are printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT", hide_env_values = true)]
    pub(crate) output: OutputForm,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}
