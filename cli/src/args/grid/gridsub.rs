//! Options of `gridsub`. Decides nothing.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::args::form::OutputForm;
use crate::args::grid::server::ServerArgs;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A `param_file` in a JDL is read here, not by the daemon; its path counts from the folder of the JDL.

Examples:
  gridsub sweep.json
  gridsub -f sweep.json -f other.json
  gridsub -j '{\"name\": \"t\", \"nb_jobs\": 3, \"clusters\": {\"lune\": {\"exec_file\": \"./run.sh\"}}}'
  gridsub -c 12 -J '[\"p7 1\", \"p8 2\"]'
  gridsub sweep.json --dry-run
  gridsub --from 12 --state failed
  python3 make_jdl.py | gridsub -"
)]
pub(crate) struct GridsubArgs {
    /// JDLs to submit; `-` is standard input
    #[arg(value_name = "JDL")]
    pub(crate) jdls: Vec<PathBuf>,
    /// JDL to submit (repeatable), as CiGri's option
    #[arg(short, long, value_name = "JDL")]
    pub(crate) file: Vec<PathBuf>,
    /// JDL to submit, as text (repeatable)
    #[arg(short, long, value_name = "JSON")]
    pub(crate) json: Vec<String>,
    /// Add parameters to this campaign
    #[arg(short, long, value_name = "CAMPAIGN")]
    pub(crate) campaign: Option<String>,
    /// File with the parameters to add, a JSON list of texts; `-` is standard input
    #[arg(short = 'F', long, value_name = "FILE", requires = "campaign")]
    pub(crate) jobfile: Vec<PathBuf>,
    /// The parameters to add, as text
    #[arg(short = 'J', long, value_name = "JSON", requires = "campaign")]
    pub(crate) jsonjob: Vec<String>,
    /// Submit a campaign as this one was, with those of its parameters that --state chooses
    #[arg(long, value_name = "CAMPAIGN", conflicts_with_all = ["jdls", "file", "json", "campaign"])]
    pub(crate) from: Option<String>,
    /// With --from: which of its tasks
    #[arg(long, value_enum, default_value_t, requires = "from")]
    pub(crate) state: TaskChoice,
    /// Show what would be sent where, and submit nothing
    #[arg(short = 'n', long, conflicts_with = "campaign")]
    pub(crate) dry_run: bool,
    /// Print the daemon's whole answer
    #[arg(short, long)]
    pub(crate) details: bool,
    /// How results are printed; `quiet` prints the numbers of the campaigns alone
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT", hide_env_values = true)]
    pub(crate) output: OutputForm,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Which tasks of a campaign are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TaskChoice {
    /// Those that were tried, and are not done
    Failed,
    /// Those that are not done
    #[default]
    Unfinished,
    /// Those that are done
    Done,
    /// All
    All,
}
