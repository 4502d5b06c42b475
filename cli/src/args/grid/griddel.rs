//! Options of `griddel`. Decides nothing.

use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "CAMPAIGNS are numbers and more, with commas or blanks between: 3, 1-10, 1-10:2, last, all, or a state. What is \
not a number is listed and has to be confirmed, or wants --yes.

Examples:
  griddel 3
  griddel -p 3-5
  griddel -r paused --yes
  griddel -j 17"
)]
pub(crate) struct GriddelArgs {
    /// Campaigns to act on
    #[arg(value_name = "CAMPAIGNS")]
    pub(crate) campaigns: Vec<String>,
    /// Campaigns to act on, as CiGri's option
    #[arg(short, long = "campaign_ids", visible_alias = "campaign", value_name = "CAMPAIGNS")]
    pub(crate) campaign_ids: Option<String>,
    /// Pause them: what runs goes on, nothing more is sent
    #[arg(short, long, conflicts_with_all = ["resume", "purge"])]
    pub(crate) pause: bool,
    /// Go on with paused ones
    #[arg(short, long, conflicts_with = "purge")]
    pub(crate) resume: bool,
    /// Forget the tasks of campaigns that are over
    #[arg(long)]
    pub(crate) purge: bool,
    /// Kill one job instead
    #[arg(short, long, value_name = "JOB", conflicts_with_all = ["campaigns", "campaign_ids", "pause", "resume", "purge"])]
    pub(crate) job: Option<u64>,
    /// With --job: follow it no more, where its cluster is gone for good
    #[arg(long, requires = "job")]
    pub(crate) drop: bool,
    /// Do not ask whether all that was selected is meant
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Say what was done
    #[arg(short, long)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}
