//! The commands that speak with others. Decides nothing.

pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod emulate;
pub(crate) mod import;
pub(crate) mod journal;
pub(crate) mod token;

use clap::Subcommand;

use crate::args::daemon::config::{CheckArgs, DoctorArgs, ServeArgs};
use crate::args::daemon::demo::DemoArgs;
use crate::args::daemon::emulate::EmulateArgs;
use crate::args::daemon::import::ImportCigriArgs;
use crate::args::daemon::journal::{BackupArgs, ReplayArgs, RestoreArgs};
use crate::args::daemon::token::TokenArgs;

/// Commands of the feature `daemon`.
#[derive(Debug, Subcommand)]
pub(crate) enum DaemonCommand {
    /// Show it all at once: emulated clusters, the daemon, a campaign under way
    Demo(DemoArgs),
    /// Serve the clusters of a scenario as OAR would, in scaled time or by hand
    Emulate(Box<EmulateArgs>),
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
    /// Have tokens made by which the daemon knows its callers, list and revoke them
    Token(TokenArgs),
    /// Take over a CiGri 3 from a dump of its database
    ImportCigri(ImportCigriArgs),
}
