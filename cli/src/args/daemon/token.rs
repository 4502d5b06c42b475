//! Options of `token`. Decides nothing.

use std::path::PathBuf;

use crate::args::form::OutputForm;
use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The daemon decides who may have whose tokens made: `[api.tokens]` of its configuration. A token cannot be used to make \
another: call over the Unix socket, or by way of the proxy.

Examples:
  gleaner token issue --note laptop --file ~/.config/gleaner/token
  gleaner token list
  gleaner token revoke 3"
)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum TokenCommand {
    /// Have a token made, by which the daemon knows you from anywhere
    Issue(IssueArgs),
    /// List the tokens that you have or had made; as an administrator, all
    List(ListArgs),
    /// Revoke a token: it counts no more from now on
    Revoke(RevokeArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct IssueArgs {
    /// Whose token; yours if not given
    #[arg(long, value_name = "LOGIN")]
    pub(crate) user: Option<String>,
    /// How many days it counts; as long as it may if not given
    #[arg(long, value_name = "DAYS")]
    pub(crate) days: Option<u32>,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
    /// New file for the token, readable by you alone; else it is printed
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT", hide_env_values = true)]
    pub(crate) output: OutputForm,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    /// The token, as the list numbers it
    #[arg(value_name = "ID")]
    pub(crate) id: u64,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}
