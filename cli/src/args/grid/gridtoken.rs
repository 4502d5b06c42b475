//! Options of `gridtoken`. Decides nothing.

use std::path::PathBuf;

use crate::args::form::OutputForm;
use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A token in an option can be read by others on this machine while the command runs: better give it by --file, or on \
standard input.

Examples:
  gridtoken --list
  oarsub --token | gridtoken -i terre --file -
  gridtoken -i 2 --remove"
)]
pub(crate) struct GridtokenArgs {
    /// List what is known of your tokens
    #[arg(short, long, conflicts_with_all = ["cluster_id", "token", "file", "remove"])]
    pub(crate) list: bool,
    /// The cluster, by its number or its name
    #[arg(short = 'i', long = "cluster-id", visible_alias = "cluster", value_name = "CLUSTER")]
    pub(crate) cluster_id: Option<String>,
    /// The token
    #[arg(short, long, value_name = "TOKEN", requires = "cluster_id", conflicts_with = "remove")]
    pub(crate) token: Option<String>,
    /// File with the token; `-` is standard input
    #[arg(long, value_name = "FILE", requires = "cluster_id", conflicts_with_all = ["remove", "token"])]
    pub(crate) file: Option<PathBuf>,
    /// Remove your token for the cluster
    #[arg(short, long, requires = "cluster_id")]
    pub(crate) remove: bool,
    /// Say what was done
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT", hide_env_values = true)]
    pub(crate) output: OutputForm,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}
