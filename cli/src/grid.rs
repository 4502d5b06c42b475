//! The users' commands: each asks the daemon, and shows what it answers. Whether something may be done is the daemon's to
//! say.

mod clusters;
pub(crate) mod connection;
mod dates;
mod failed;
mod files;
mod gridclusters;
mod griddel;
mod gridevents;
mod gridnotify;
mod gridstat;
mod gridsub;
mod gridtoken;
mod listing;
pub(crate) mod names;
mod selector;

use crate::args::grid::GridCommand;
use crate::failure::Failure;

/// Runs the command.
pub(crate) fn run(command: &GridCommand) -> Result<(), Failure> {
    match command {
        GridCommand::Gridsub(options) => gridsub::run(options),
        GridCommand::Gridstat(options) => gridstat::run(options),
        GridCommand::Griddel(options) => griddel::run(options),
        GridCommand::Gridclusters(options) => gridclusters::run(options),
        GridCommand::Gridevents(options) => gridevents::run(options),
        GridCommand::Gridnotify(options) => gridnotify::run(options),
        GridCommand::Gridtoken(options) => gridtoken::run(options),
    }
}
