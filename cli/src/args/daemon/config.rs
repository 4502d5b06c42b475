//! The options of commands around the daemon and its configuration. Decides nothing.

use std::path::PathBuf;

use crate::args::form::OutputForm;

/// Where the daemon's settings are.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArg {
    /// The daemon's configuration
    #[arg(long, env = "GLEANER_CONFIG", default_value = "gleaner.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner check --config gleaner.toml
  gleaner check --config gleaner.toml --output json")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT")]
    pub(crate) output: OutputForm,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code 5: a cluster could not be reached; 1: something else is wrong.

Examples:
  gleaner doctor --config gleaner.toml
  gleaner doctor --config gleaner.toml --output json")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT")]
    pub(crate) output: OutputForm,
    /// Go by the clock of an emulator instead of the machine's
    #[arg(long, value_name = "URL")]
    pub(crate) clock: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "When it is ready, a line of JSON on standard output tells where it listens. TERM and INT \
stop it in order, HUP makes it read the configuration again. Exit codes: 0 stopped, 1 failed, 2 bad \
configuration, 4 another daemon uses the store, 5 the clock could not be reached.

Examples:
  gleaner serve --config gleaner.toml
  gleaner serve --config gleaner.toml --clock http://127.0.0.1:7000/_clock"
)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Go by the clock of an emulator instead of the machine's
    #[arg(long, value_name = "URL")]
    pub(crate) clock: Option<String>,
}
