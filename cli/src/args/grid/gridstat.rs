//! Options of `gridstat`. Decides nothing.

use crate::args::form::OutputForm;
use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "CAMPAIGNS are numbers and more, with commas or blanks between: 3, 1-10, 1-10:2 (every second), last (yours), \
all (yours), or a state: running, paused, terminated, cancelled, events.
Exit codes of --wait: 0 all are done, 1 one was cancelled or lacks tasks, 3 there is no such campaign, 5 the daemon is away.

Examples:
  gridstat
  gridstat 3
  gridstat last --full
  gridstat 3 --wait && gridstat -j 17 --stdout
  gridstat running --output csv"
)]
pub(crate) struct GridstatArgs {
    /// Campaigns to show [default: all that are not over]
    #[arg(value_name = "CAMPAIGNS")]
    pub(crate) campaigns: Vec<String>,
    /// Campaigns to show, as CiGri's option
    #[arg(short, long = "campaign", value_name = "CAMPAIGNS")]
    pub(crate) campaign: Option<String>,
    /// Print what the daemon answers, as JSON
    #[arg(short, long)]
    pub(crate) dump: bool,
    /// Indent what `--dump` prints
    #[arg(short, long)]
    pub(crate) pretty: bool,
    /// Show the tasks of a campaign too, each with its tries
    #[arg(short, long)]
    pub(crate) full: bool,
    /// Show tasks behind so many only, with --full
    #[arg(short, long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u64,
    /// Show the open events of a campaign
    #[arg(short, long)]
    pub(crate) events: bool,
    /// Show a job
    #[arg(short, long, value_name = "JOB")]
    pub(crate) job: Option<u64>,
    /// Show what its cluster says of the job
    #[arg(short = 'C', long, requires = "job")]
    pub(crate) cinfos: bool,
    /// Print what the job has written to standard output
    #[arg(short = 'O', long, requires = "job", conflicts_with = "cinfos")]
    pub(crate) stdout: bool,
    /// Print what the job has written to standard error
    #[arg(short = 'E', long, requires = "job", conflicts_with_all = ["cinfos", "stdout"])]
    pub(crate) stderr: bool,
    /// Of what the job has written, print so many lines from the end
    #[arg(long, value_name = "LINES")]
    pub(crate) tail: Option<u64>,
    /// Print the JDL of a campaign, with every default filled in
    #[arg(short = 'J', long)]
    pub(crate) jdl: bool,
    /// Leave out the names of the columns
    #[arg(short = 'H', long)]
    pub(crate) headerless: bool,
    /// Show campaigns of this user only
    #[arg(short, long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// Wait until the campaigns are over
    #[arg(long, conflicts_with = "watch")]
    pub(crate) wait: bool,
    /// Show the campaigns again whenever they change, until they are over
    #[arg(long)]
    pub(crate) watch: bool,
    /// How results are printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT", hide_env_values = true)]
    pub(crate) output: OutputForm,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}
