//! Options of `gridnotify`. Decides nothing.

use clap::ValueEnum;

use crate::args::form::OutputForm;
use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gridnotify --list
  gridnotify -m ann@lab.example -s medium
  gridnotify -m ann@lab.example --unsubscribe")]
pub(crate) struct GridnotifyArgs {
    /// List where you are told
    #[arg(short, long, conflicts_with_all = ["mail", "jabber", "webhook"])]
    pub(crate) list: bool,
    /// Mail address to be told at
    #[arg(short, long, value_name = "ADDRESS", conflicts_with_all = ["jabber", "webhook"])]
    pub(crate) mail: Option<String>,
    /// Jabber identity, as CiGri's option: there is no Jabber here
    #[arg(short, long, value_name = "IDENTITY", hide = true)]
    pub(crate) jabber: Option<String>,
    /// Address of a web hook to be told at, one that the administrator allows
    #[arg(short, long, value_name = "URL")]
    pub(crate) webhook: Option<String>,
    /// Tell there no more
    #[arg(short, long)]
    pub(crate) unsubscribe: bool,
    /// From which severity on you are told
    #[arg(short, long, value_enum, value_name = "SEVERITY")]
    pub(crate) severity: Option<SeverityArg>,
    /// Say what was done
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// How the list is printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT", hide_env_values = true)]
    pub(crate) output: OutputForm,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeverityArg {
    /// All messages
    Low,
    /// What may want a look
    Medium,
    /// What waits for you
    High,
}
