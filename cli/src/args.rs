//! The command line: every command and option with its help. Decides nothing.

pub(crate) mod daemon;
pub(crate) mod emulate;
pub(crate) mod form;
pub(crate) mod journal;
mod parse;
pub(crate) mod simulate;
pub(crate) mod trace;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::args::daemon::{CheckArgs, DoctorArgs, ServeArgs};
use crate::args::emulate::EmulateArgs;
use crate::args::form::OutputForm;
use crate::args::journal::{BackupArgs, ReplayArgs, RestoreArgs};
use crate::args::simulate::SimulateArgs;
use crate::args::trace::TraceArgs;

/// Harvest the idle cores of computing clusters, or simulate doing so
#[derive(Debug, Parser)]
#[command(name = "gleaner", version, propagate_version = true)]
#[command(after_help = "Examples:
  gleaner simulate scenarios/library/quickstart.toml
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
    /// Serve the clusters of a scenario as OAR would, in scaled time or by hand
    Emulate(Box<EmulateArgs>),
    /// Look at, convert and generate workload traces
    Trace(TraceArgs),
    /// Run the daemon: feed campaigns to real clusters
    Serve(ServeArgs),
    /// Validate the daemon's configuration without starting anything
    Check(CheckArgs),
    /// Ask every cluster of the daemon's configuration how it is
    Doctor(DoctorArgs),
    /// Decide again what the daemon decided, from its journal, and compare
    Replay(ReplayArgs),
    /// Copy the daemon's store, also while it runs
    Backup(BackupArgs),
    /// Put a backup in the place of the daemon's store, and look up what was sent since
    Restore(RestoreArgs),
    /// List the injection policies that can be asked for, with their keys
    Policies(PoliciesArgs),
    /// Write a commented scenario, or configuration of the daemon, to begin with
    Init(InitArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner init
  gleaner init lab.toml && gleaner simulate lab.toml
  gleaner init --daemon && gleaner check --config gleaner.toml
  gleaner init --systemd /etc/systemd/system/gleaner.service")]
pub(crate) struct InitArgs {
    /// File to write [default: scenario.toml; gleaner.toml with --daemon, gleaner.service with --systemd]
    pub(crate) file: Option<PathBuf>,
    /// Write a configuration of the daemon
    #[arg(long)]
    pub(crate) daemon: bool,
    /// Write a unit for systemd that runs this very program as the daemon
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
