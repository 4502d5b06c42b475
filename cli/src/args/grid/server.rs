//! The options that say which daemon is asked, and who asks. Decides nothing.

use std::path::PathBuf;

/// Which daemon is asked, and who asks.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Daemon")]
pub(crate) struct ServerArgs {
    /// Where the daemon is: unix:/PATH, http://HOST:PORT or https://HOST [default: of client.toml, else its usual socket]
    #[arg(long, env = "GLEANER_API", value_name = "ADDRESS", hide_env_values = true)]
    pub(crate) api: Option<String>,
    /// File with the token that says who you are, where the socket does not
    #[arg(long, env = "GLEANER_TOKEN_FILE", value_name = "FILE", hide_env_values = true)]
    pub(crate) token_file: Option<PathBuf>,
}
