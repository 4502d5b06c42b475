//! Options of `gleaner simulate`. Decides nothing.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use gleaner_core::ids::TaskId;
use gleaner_scenarios::duration::Duration;
use gleaner_scenarios::scenario::SchedulerKind;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::world::Estimates;
use gleaner_traces::workload::Clean;

use crate::args::form::OutputForm;
use crate::args::parse::{duration, law, trace_formats, word, words};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner simulate quickstart
  gleaner simulate lab.toml --scheduler conservative --seed 7 --out runs/lab-7
  gleaner simulate --trace KTH-SP2-1996-2.1-cln.swf.gz --processors 100 --scheduler easy
  gleaner simulate --trace log.swf --nodes 32 --cores-per-node 16 --until 30d --no-plots
  gleaner simulate --trace log.swf --processors 64 --campaign sweep.json --task-runtime fixed:300 --baseline
  gleaner simulate lab.toml --policy greedy --explain 1.0
  gleaner simulate lab.toml --why 42 --why lab.1501
  gleaner simulate lab.toml --assert 'clusters.demo.utilisation > 0.5 and clusters.demo.jobs == 1500'

The first line printed is the folder with the results; open report.html in it. With --output json or csv
standard output holds that document alone, and the folder goes to standard error.
Exit codes: 0 done, 1 failed, 2 bad input, 3 an assertion does not hold or a task or job to explain is not there,
4 the folder holds something else.")]
pub(crate) struct SimulateArgs {
    /// Scenario file, or the name of a scenario that comes with Gleaner (`gleaner scenarios` lists them)
    #[arg(value_name = "SCENARIO", required_unless_present = "trace", conflicts_with = "trace")]
    pub(crate) scenario: Option<PathBuf>,

    #[arg(long, value_name = "FILE",
        help = format!("Simulate one cluster on this workload trace ({})", trace_formats()))]
    pub(crate) trace: Option<PathBuf>,
    /// Processors of the cluster, one core a node [default: as the trace says]
    #[arg(long, value_name = "N", requires = "trace", conflicts_with = "nodes")]
    pub(crate) processors: Option<u64>,
    /// Nodes of the cluster
    #[arg(long, value_name = "N", requires = "trace", requires = "cores_per_node")]
    pub(crate) nodes: Option<u64>,
    /// Cores of each node
    #[arg(long, value_name = "C", requires = "nodes")]
    pub(crate) cores_per_node: Option<u64>,
    /// Skip and count bad rows of traces instead of refusing them
    #[arg(long)]
    pub(crate) lenient: bool,
    /// Most rows of a trace; one that has more is refused [default: the scenario's, else 8000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) max_rows: Option<u64>,

    #[arg(long, value_name = "NAME", value_parser = word::<SchedulerKind>,
        help = format!("Cluster scheduler: {} [default: the scenario's, else oar]", words::<SchedulerKind>()))]
    pub(crate) scheduler: Option<SchedulerKind>,
    /// One scheduling pass per event, or per instant: event or instant [default: event]
    #[arg(long, value_name = "RHYTHM", value_parser = word::<Rhythm>)]
    pub(crate) events: Option<Rhythm>,
    /// Reading rules of SWF logs: archive, sc15 or none [default: archive]
    #[arg(long, value_name = "RULES", value_parser = word::<Clean>)]
    pub(crate) clean: Option<Clean>,
    /// Run times that the scheduler believes in: requested (as users ask), exact (as jobs run), or xF for F
    /// times the requested
    #[arg(long, value_name = "KIND", value_parser = word::<Estimates>)]
    pub(crate) estimates: Option<Estimates>,
    /// Stop at this simulated time; figures are clipped to it (e.g. 30d, 12:00:00)
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) until: Option<Duration>,
    /// Write every cluster as it is at this simulated time to snapshot-CLUSTER.json; a cluster of a scenario
    /// begins with it by `snapshot = "FILE"`
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) snapshot_at: Option<Duration>,
    /// Seed of all chance [default: the scenario's, else 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Injection policy of all clusters, e.g. tap:init=10, greedy, "min(tap; greedy)"
    #[arg(long, value_name = "NAME[:key=value,...]")]
    pub(crate) policy: Option<String>,
    /// Add a campaign: a job description (JDL) in JSON
    #[arg(long, value_name = "JDL")]
    pub(crate) campaign: Option<PathBuf>,
    /// Run times of its tasks: fixed:60, exponential:300, lognormal:4.1,2.5, gricad:1140 or file:FILE
    #[arg(long, value_name = "DIST", default_value = "fixed:60", requires = "campaign")]
    pub(crate) task_runtime: String,
    /// Run once more without campaigns and report what harvesting cost the owners
    #[arg(long)]
    pub(crate) baseline: bool,
    /// At the end, say where this task is and why (may be given several times)
    #[arg(long, value_name = "CAMPAIGN.TASK", value_parser = law::<TaskId>)]
    pub(crate) explain: Vec<TaskId>,
    /// At the end, tell what this job waited for, an owner's or a campaign's (may be given several times)
    #[arg(long, value_name = "[CLUSTER.]JOB", value_parser = law::<JobName>)]
    pub(crate) why: Vec<JobName>,

    /// Only validate the scenario and its traces
    #[arg(long)]
    pub(crate) check: bool,
    /// Folder for the results [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the results of another run in that folder
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// Leave out the plots, also in the report
    #[arg(long)]
    pub(crate) no_plots: bool,
    /// Leave out jobs.csv, a line a job: with millions of jobs it has gigabytes
    #[arg(long)]
    pub(crate) no_jobs: bool,
    /// Exit with 3 if this does not hold of metrics.json (may be given several times)
    #[arg(long = "assert", value_name = "EXPR")]
    pub(crate) assertions: Vec<String>,
    /// Form of the summary
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT")]
    pub(crate) output: OutputForm,
}

/// A job by its number, on one cluster or on whichever has one of that number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobName {
    /// Name of the cluster.
    pub(crate) cluster: Option<String>,
    /// As in `jobs.csv`.
    pub(crate) number: u64,
}

impl FromStr for JobName {
    type Err = String;

    fn from_str(text: &str) -> Result<JobName, String> {
        // Names of clusters may have points in them, numbers have none.
        let (cluster, number) = match text.rsplit_once('.') {
            Some((cluster, number)) => (Some(cluster.to_owned()), number),
            None => (None, text),
        };
        let number = number.parse().map_err(|_| {
            "expected the number of a job (`job_id` in jobs.csv), such as 42, or lab.42 for that of \
             cluster `lab`"
                .to_owned()
        })?;
        Ok(JobName { cluster, number })
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cluster {
            Some(cluster) => write!(f, "{cluster}.{}", self.number),
            None => write!(f, "{}", self.number),
        }
    }
}
