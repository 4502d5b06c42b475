//! The options of commands on the daemon's store. Decides nothing.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::args::daemon::ConfigArg;

#[derive(Debug, clap::Args)]
#[command(after_help = "Nothing is sent and nothing is changed; the daemon may run meanwhile.
Exit code 3: a decision comes out differently, or a part of the journal is missing.

Examples:
  gleaner replay gleaner.db
  gleaner replay gleaner.db --policy tap:factor=2
  gleaner replay gleaner.db --output json")]
pub(crate) struct ReplayArgs {
    /// The daemon's store
    pub(crate) store: PathBuf,
    /// Decide under this policy on every cluster, and show where that begins to differ
    #[arg(long, value_name = "NAME[:KEY=VALUE,...]")]
    pub(crate) policy: Option<String>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: ReplayForm,
}

/// How a replay's result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplayForm {
    /// A line for people
    #[default]
    Text,
    /// One JSON value
    Json,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The daemon may run meanwhile. A daemon on the copy uses names of its own for its jobs.
Tokens in it can be read with the daemon's key file only: keep a copy of that elsewhere.

Examples:
  gleaner backup --config gleaner.toml /backup/gleaner-monday.db"
)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// The copy to write, which must not be there yet
    pub(crate) copy: PathBuf,
}
