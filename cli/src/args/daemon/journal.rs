//! The options of commands on the daemon's store. Decides nothing.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::args::daemon::config::ConfigArg;

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
    after_help = "The daemon may run meanwhile. `gleaner restore` puts the copy in the store's place again.
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

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Stop the daemon first. The backup is checked, and takes the store's place as a whole; what was there is \
kept beside it, under a name with the date. Jobs that were sent since the backup are looked up on the clusters by their \
names: those that are done are counted, those that run are followed, and only what is not found runs again.
Exit codes: 2 the file is no backup, 3 it is not there, 4 a daemon uses the store, 5 a cluster cannot be asked; nothing \
has changed then.

Examples:
  gleaner restore --config gleaner.toml /backup/gleaner-monday.db
  gleaner restore --config gleaner.toml /backup/gleaner-monday.db --without luke"
)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// The backup, which stays as it is
    pub(crate) backup: PathBuf,
    /// Do not ask this cluster what ran there since the backup (repeatable)
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) without: Vec<String>,
    /// Go by the clock of an emulator instead of the machine's
    #[arg(long, value_name = "URL")]
    pub(crate) clock: Option<String>,
}
