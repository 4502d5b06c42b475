//! The command line: every command and option with its help. Decides nothing.

#[cfg(not(feature = "daemon"))]
pub(crate) mod absent;
#[cfg(feature = "daemon")]
pub(crate) mod daemon;
pub(crate) mod form;
#[cfg(feature = "daemon")]
pub(crate) mod grid;
mod parse;
pub(crate) mod scenarios;
pub(crate) mod simulate;
pub(crate) mod trace;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[cfg(not(feature = "daemon"))]
use crate::args::absent::AbsentArgs;
#[cfg(feature = "daemon")]
use crate::args::daemon::DaemonCommand;
use crate::args::form::OutputForm;
#[cfg(feature = "daemon")]
use crate::args::grid::GridCommand;
use crate::args::scenarios::ScenariosArgs;
use crate::args::simulate::SimulateArgs;
use crate::args::trace::TraceArgs;

/// Harvest the idle cores of computing clusters, or simulate doing so
#[derive(Debug, Parser)]
#[command(name = "gleaner", version, propagate_version = true)]
#[command(after_help = "Examples:
  gleaner scenarios
  gleaner simulate quickstart
  gleaner simulate --trace KTH-SP2-1996-2.1-cln.swf.gz --processors 100 --scheduler easy
  gleaner init my-scenario.toml")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Simulate clusters on workload traces and write metrics, tables, plots and a report
    Simulate(Box<SimulateArgs>),
    /// Look at, convert and generate workload traces
    Trace(TraceArgs),
    #[cfg(feature = "daemon")]
    #[command(flatten)]
    Daemon(DaemonCommand),
    #[cfg(feature = "daemon")]
    #[command(flatten)]
    Grid(GridCommand),
    #[cfg(not(feature = "daemon"))]
    #[command(name = "serve", hide = true, disable_help_flag = true)]
    #[command(aliases = ["emulate", "check", "doctor", "replay", "backup", "restore", "import-cigri", "token"])]
    #[command(aliases = ["gridclean", "gridclusters", "griddel", "gridevents", "gridnotify", "gridstat", "gridsub", "gridtoken"])]
    #[command(alias = "install-links")]
    Absent(AbsentArgs),
    /// List the scenarios that come with Gleaner, or print one
    Scenarios(ScenariosArgs),
    /// List the injection policies that can be asked for, with their keys
    Policies(PoliciesArgs),
    /// Write a commented scenario, or configuration of the daemon, to begin with
    Init(InitArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Write man pages of all commands
    Man(ManArgs),
    /// Make links by which this program is gridsub, gridstat and so on
    #[cfg(feature = "daemon")]
    InstallLinks(InstallLinksArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner init
  gleaner init lab.toml && gleaner simulate lab.toml")]
#[cfg_attr(
    feature = "daemon",
    command(after_help = "Examples:
  gleaner init
  gleaner init lab.toml && gleaner simulate lab.toml
  gleaner init --daemon && gleaner check --config gleaner.toml
  gleaner init --systemd /etc/systemd/system/gleaner.service")
)]
pub(crate) struct InitArgs {
    /// File to write [default: scenario.toml]
    #[cfg(not(feature = "daemon"))]
    pub(crate) file: Option<PathBuf>,
    /// File to write [default: scenario.toml; gleaner.toml with --daemon, gleaner.service with --systemd]
    #[cfg(feature = "daemon")]
    pub(crate) file: Option<PathBuf>,
    /// Write a configuration of the daemon
    #[cfg(feature = "daemon")]
    #[arg(long)]
    pub(crate) daemon: bool,
    /// Write a unit for systemd that runs this very program as the daemon
    #[cfg(feature = "daemon")]
    #[arg(long, conflicts_with = "daemon")]
    pub(crate) systemd: bool,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "A policy is asked for as NAME, NAME:KEY=VALUE,... or NAME(POLICY; POLICY).

Examples:
  gleaner policies
  gleaner policies --output json
  gleaner simulate lab.toml --policy 'min(tap:init=5; greedy)'")]
pub(crate) struct PoliciesArgs {
    /// How the list is printed
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: OutputForm,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner completions bash > ~/.local/share/bash-completion/completions/gleaner
  gleaner completions zsh > ~/.zfunc/_gleaner")]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner man ~/.local/share/man/man1
  gleaner man pages && man ./pages/gleaner-serve.1")]
pub(crate) struct ManArgs {
    /// The folder for the pages; those that are there are replaced
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

#[cfg(feature = "daemon")]
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner install-links ~/.local/bin
  gleaner install-links debian/usr/bin --to gleaner")]
pub(crate) struct InstallLinksArgs {
    /// The folder for the links
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// What they lead to, as it is to stand in them [default: this program]
    #[arg(long, value_name = "PATH")]
    pub(crate) to: Option<PathBuf>,
    /// Replace what is there under their names
    #[arg(long)]
    pub(crate) force: bool,
}
