//! Options of `gleaner emulate`. Decides nothing.

use std::net::SocketAddr;
use std::path::PathBuf;

use gleaner_emulator::pacing::Pace;

use crate::args::parse::law;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner emulate quickstart --speed 60 --listen 127.0.0.1:7668
  gleaner emulate lab.toml --speed hand --listen 127.0.0.1:0 --log runs.csv
  curl -s http://127.0.0.1:7668/demo/jobs

When ready, a line of JSON is printed for each cluster: cluster, dialect, api_url, token_file.
GET and POST /_clock read and turn the clock; Ctrl-C stops. Second s of the scenario is the date
1000000000 + s. Exit codes: 0 stopped, 1 failed, 2 bad input, 4 refused to listen there.")]
pub(crate) struct EmulateArgs {
    /// Scenario file, or the name of a scenario that comes with Gleaner
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: PathBuf,
    /// Emulated seconds a second, or `hand`: time stands still until it is turned at /_clock
    #[arg(long, value_name = "N|hand", value_parser = law::<Pace>, default_value = "1")]
    pub(crate) speed: Pace,
    /// Address to listen on; port 0 for one that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Listen also where others than this machine can call
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// File for a line an execution: job_id,name,command,start,end,state,cluster,exit_code
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Folder for tokens and files of local commands [default: a new one under runs/]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// User for whom tokens are written, beside those of the scenario and oar (may be given several
    /// times)
    #[arg(long, value_name = "LOGIN")]
    pub(crate) user: Vec<String>,
    /// Most processes at once where commands really run
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(crate) processes: u16,
    /// Seed of all chance [default: the scenario's, else 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}
