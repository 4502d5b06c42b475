//! Options of `gleaner trace`. Decides nothing.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use gleaner_traces::generate::laws::{SizeLaw, TimeLaw};
use gleaner_traces::generate::lublin::LublinClass;
use gleaner_traces::workload::{Clean, ROWS_MAX};

use crate::args::form::OutputForm;
use crate::args::parse::{duration, law, trace_formats, word};

#[derive(Debug, clap::Args)]
pub(crate) struct TraceArgs {
    #[command(subcommand)]
    pub(crate) command: TraceCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Describe a trace: period, users, sizes, run times, load, hours of the week
    Info(InfoArgs),
    /// Convert a trace to SWF or Batsim JSON
    Convert(ConvertArgs),
    /// Generate a trace from a workload model
    Generate(GenerateArgs),
    /// Generate a list of campaigns as the users of a grid send them
    Campaigns(CampaignsArgs),
}

/// How a trace is read.
#[derive(Debug, clap::Args)]
pub(crate) struct ReadArgs {
    /// Reading rules of SWF logs: archive, sc15 or none
    #[arg(long, value_name = "RULES", default_value = "archive", value_parser = word::<Clean>)]
    pub(crate) clean: Clean,
    /// Size of the machine, for the rule on jobs that are larger [default: as the trace says]
    #[arg(long, value_name = "N")]
    pub(crate) processors: Option<u32>,
    /// Skip and count bad rows instead of refusing them
    #[arg(long)]
    pub(crate) lenient: bool,
    /// Most rows; a trace that has more is refused
    #[arg(long, value_name = "N", default_value_t = ROWS_MAX,
        value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) max_rows: u64,
    /// Speed of a processor in flop/s, for Batsim profiles that give computations
    #[arg(long, value_name = "FLOPS", default_value_t = 1e9)]
    pub(crate) speed: f64,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner trace info sample:quickstart.swf
  gleaner trace info KTH-SP2-1996-2.1-cln.swf.gz --output json")]
pub(crate) struct InfoArgs {
    #[arg(help = format!("The trace ({})", trace_formats()))]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Form of the answer; json has everything
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT")]
    pub(crate) output: OutputForm,
}

/// A format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceForm {
    /// Standard Workload Format
    Swf,
    /// Batsim JSON with the names of version 4
    Batsim,
    /// Batsim JSON with the names of version 5
    Batsim5,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner trace convert log.swf.gz log.json
  gleaner trace convert workload.json workload.swf.gz")]
pub(crate) struct ConvertArgs {
    #[arg(help = format!("The trace to read ({})", trace_formats()))]
    pub(crate) from: PathBuf,
    /// The file to write; a name ending in .gz is compressed
    pub(crate) to: PathBuf,
    /// Format to write [default: by the name, .json or .swf]
    #[arg(long, value_enum)]
    pub(crate) form: Option<TraceForm>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArgs {
    #[command(subcommand)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelArgs {
    /// Model of parallel jobs by Lublin and Feitelson (2003)
    #[command(after_help = "Example:
  gleaner trace generate lublin --jobs 5000 --processors 128 --load 0.8 --request-factor 3 --out t.swf")]
    Lublin {
        /// Class of jobs: batch, interactive or combined
        #[arg(long, default_value = "batch", value_parser = word::<LublinClass>)]
        class: LublinClass,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Poisson arrivals with independent run times and sizes
    #[command(after_help = "Example:
  gleaner trace generate poisson --mean-gap 60 --runtime lognormal:4.1,2.5 --sizes 1-16 \\
      --jobs 10000 --processors 64 --seed 3")]
    Poisson {
        /// Mean time between two arrivals
        #[arg(long, value_name = "TIME", value_parser = duration)]
        mean_gap: gleaner_scenarios::duration::Duration,
        /// Run times in seconds: fixed:S, exponential:MEAN or lognormal:MU,SIGMA
        #[arg(long, value_name = "LAW", value_parser = law::<TimeLaw>)]
        runtime: TimeLaw,
        /// Sizes: 4, 1-16, or pow2:1-64 for powers of two
        #[arg(long, value_name = "LAW", value_parser = law::<SizeLaw>)]
        sizes: SizeLaw,
        /// Let arrivals follow the hours of the day
        #[arg(long)]
        daily_cycle: bool,
        #[command(flatten)]
        common: CommonArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct CommonArgs {
    /// Number of jobs
    #[arg(long, value_name = "N")]
    pub(crate) jobs: u32,
    /// Size of the machine
    #[arg(long, value_name = "N")]
    pub(crate) processors: u32,
    /// Scale the arrivals to this share of the machine (0.8 is 80 %)
    #[arg(long, value_name = "SHARE")]
    pub(crate) load: Option<f64>,
    /// Add requested times: so many times what the jobs need, on average (at least 1)
    #[arg(long, value_name = "FACTOR", conflicts_with = "estimates")]
    pub(crate) request_factor: Option<f64>,
    /// The same as it was written before: by how much they exceed the need (2 is three times it)
    #[arg(long, value_name = "EXCESS")]
    pub(crate) estimates: Option<f64>,
    /// Number of users; 0 leaves them unknown
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) users: u32,
    /// Seed of all chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// File to write, compressed if its name ends in .gz [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner trace campaigns --campaigns 100 --mean-gap 2h --users 8 --seed 5 --out month.csv
  gleaner trace campaigns --campaigns 10 --mean-gap 1d --tasks-max 1000

Numbers of tasks and their mean run times follow the distributions measured on the Gricad grid from 2017
to 2021: many small campaigns of long tasks, a few large ones of short tasks.
A scenario takes the list so (tasks then run as on Gricad, scaled to the mean of their campaign):
  [[campaign_list]]
  file = \"month.csv\"")]
pub(crate) struct CampaignsArgs {
    /// Number of campaigns
    #[arg(long, value_name = "N")]
    pub(crate) campaigns: u32,
    /// Mean time between two submissions (Poisson)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) mean_gap: gleaner_scenarios::duration::Duration,
    /// Number of users, of unequal activity
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) users: u32,
    /// Most tasks of a campaign; larger ones are cut
    #[arg(long, value_name = "N", default_value_t = 500_000)]
    pub(crate) tasks_max: u64,
    /// Seed of all chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// File to write, plain CSV [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}
