//! Options of `gridevents`. Decides nothing.

use crate::args::form::OutputForm;
use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gridevents 3
  gridevents 3 --all
  gridevents 3 --fix --resubmit
  gridevents -e 23 --fix
  gridevents --global")]
pub(crate) struct GrideventsArgs {
    /// Campaign whose events are shown or fixed
    #[arg(value_name = "CAMPAIGN")]
    pub(crate) id: Option<String>,
    /// Campaign whose events are shown or fixed, as CiGri's option
    #[arg(short, long, value_name = "CAMPAIGN", conflicts_with = "id")]
    pub(crate) campaign: Option<String>,
    /// One event
    #[arg(short, long, value_name = "EVENT", conflicts_with_all = ["id", "campaign"])]
    pub(crate) event: Option<u64>,
    /// Events of the grid, which belong to no campaign
    #[arg(short, long, conflicts_with_all = ["id", "campaign", "event"])]
    pub(crate) global: bool,
    /// Closed events too
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Close the event, or all of the campaign: what it blocks may go on
    #[arg(short, long, conflicts_with = "global")]
    pub(crate) fix: bool,
    /// With --fix: try again what failed
    #[arg(short, long, requires = "fix")]
    pub(crate) resubmit: bool,
    /// Take a cluster out of use, until its event is fixed (administrators)
    #[arg(long, value_name = "CLUSTER", conflicts_with_all = ["id", "campaign", "event", "global", "fix"])]
    pub(crate) blacklist_cluster: Option<String>,
    /// Say what was done
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// How results are printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT", hide_env_values = true)]
    pub(crate) output: OutputForm,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}
