//! The commands that speak with others: those on the daemon, its store and its configuration, and the emulator.
//! A build without the feature `daemon` has none of them, and none of the crates behind them.

mod backup;
mod check;
mod clusters;
mod demo;
mod doctor;
mod emulate;
mod import_cigri;
mod replay;
mod restore;
mod serve;
mod token;

use gleaner_core::policy::catalogue::Catalogue;

use crate::args::daemon::DaemonCommand;
use crate::failure::Failure;

/// Runs the command.
pub(crate) fn run(command: &DaemonCommand, catalogue: Catalogue) -> Result<(), Failure> {
    match command {
        DaemonCommand::Demo(options) => demo::run(options, catalogue),
        DaemonCommand::Emulate(options) => emulate::run(options, &catalogue),
        DaemonCommand::Serve(options) => serve::run(options, catalogue),
        DaemonCommand::Check(options) => check::run(options, &catalogue),
        DaemonCommand::Doctor(options) => doctor::run(options, &catalogue),
        DaemonCommand::Replay(options) => replay::run(options, &catalogue),
        DaemonCommand::Backup(options) => backup::run(options, &catalogue),
        DaemonCommand::Restore(options) => restore::run(options, &catalogue),
        DaemonCommand::Token(options) => token::run(options),
        DaemonCommand::ImportCigri(options) => import_cigri::run(options, &catalogue),
    }
}
