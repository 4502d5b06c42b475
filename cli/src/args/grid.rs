//! The users' commands, by CiGri's names and with its options, and long ones beside them. Decides nothing.

pub(crate) mod gridclusters;
pub(crate) mod griddel;
pub(crate) mod gridevents;
pub(crate) mod gridnotify;
pub(crate) mod gridstat;
pub(crate) mod gridsub;
pub(crate) mod gridtoken;
pub(crate) mod server;

use std::ffi::OsString;

use clap::{FromArgMatches, Subcommand};

use crate::args::grid::gridclusters::GridclustersArgs;
use crate::args::grid::griddel::GriddelArgs;
use crate::args::grid::gridevents::GrideventsArgs;
use crate::args::grid::gridnotify::GridnotifyArgs;
use crate::args::grid::gridstat::GridstatArgs;
use crate::args::grid::gridsub::GridsubArgs;
use crate::args::grid::gridtoken::GridtokenArgs;

/// The users' commands.
#[derive(Debug, Subcommand)]
pub(crate) enum GridCommand {
    /// Submit campaigns, or add parameters to one
    Gridsub(Box<GridsubArgs>),
    /// Show campaigns and jobs, follow them, and tell what they wait for
    Gridstat(Box<GridstatArgs>),
    /// Cancel, pause, resume or purge campaigns, or kill a job
    Griddel(GriddelArgs),
    /// Show the clusters, and how much of them is used
    Gridclusters(GridclustersArgs),
    /// Show what went wrong, and fix it
    Gridevents(GrideventsArgs),
    /// Choose where you are told what happens
    Gridnotify(GridnotifyArgs),
    /// Hand in your tokens of clusters, list or remove them
    Gridtoken(GridtokenArgs),
}

impl GridCommand {
    /// Reads the words of a command that was called by its own name.
    pub(crate) fn called(
        name: &'static str,
        words: impl IntoIterator<Item = OsString>,
    ) -> Result<GridCommand, clap::Error> {
        let all = GridCommand::augment_subcommands(clap::Command::new("gleaner"));
        let known = all.get_subcommands().find(|command| command.get_name() == name).cloned();
        let unknown = || clap::Error::new(clap::error::ErrorKind::InvalidSubcommand);
        let command = known.ok_or_else(unknown)?.version(env!("CARGO_PKG_VERSION"));
        let matches = command.bin_name(name).try_get_matches_from(words)?;
        Ok(match name {
            "gridsub" => GridCommand::Gridsub(FromArgMatches::from_arg_matches(&matches)?),
            "gridstat" => GridCommand::Gridstat(FromArgMatches::from_arg_matches(&matches)?),
            "griddel" => GridCommand::Griddel(FromArgMatches::from_arg_matches(&matches)?),
            "gridclusters" => {
                GridCommand::Gridclusters(FromArgMatches::from_arg_matches(&matches)?)
            }
            "gridevents" => GridCommand::Gridevents(FromArgMatches::from_arg_matches(&matches)?),
            "gridnotify" => GridCommand::Gridnotify(FromArgMatches::from_arg_matches(&matches)?),
            "gridtoken" => GridCommand::Gridtoken(FromArgMatches::from_arg_matches(&matches)?),
            _ => return Err(unknown()),
        })
    }
}
