//! The one binary: reads the command line, runs the command, turns its result into an exit code.
//! Decides nothing about scheduling.

#[cfg(not(feature = "daemon"))]
mod absent;
mod args;
mod completions;
#[cfg(feature = "daemon")]
mod daemon;
mod failure;
#[cfg(feature = "daemon")]
mod grid;
mod init;
mod input;
#[cfg(feature = "daemon")]
mod install_links;
mod man;
mod output;
mod policies;
mod scenarios;
mod shown;
mod simulate;
mod trace;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;

#[cfg(feature = "daemon")]
use crate::args::grid::GridCommand;
use crate::args::{Cli, Command};
use crate::failure::Failure;

/// Simulations make and drop millions of small things.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    output::obey_no_color();
    let cli = match command_line() {
        Ok(cli) => cli,
        Err(asked) => return print_usage(&asked),
    };
    let catalogue = policies::catalogue();
    let done = match cli.command {
        Command::Simulate(options) => simulate::run(&options, catalogue),
        Command::Trace(options) => trace::run(&options),
        #[cfg(feature = "daemon")]
        Command::Daemon(command) => daemon::run(&command, catalogue),
        #[cfg(feature = "daemon")]
        Command::Grid(command) => grid::run(&command),
        #[cfg(not(feature = "daemon"))]
        Command::Absent(_) => absent::run(),
        Command::Scenarios(options) => scenarios::run(&options),
        Command::Policies(options) => policies::run(&options, &catalogue),
        Command::Init(options) => init::run(&options),
        Command::Completions(options) => completions::run(&options),
        Command::Man(options) => man::run(&options),
        #[cfg(feature = "daemon")]
        Command::InstallLinks(options) => install_links::run(&options),
    };
    match done.and_then(|()| output::finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure);
            ExitCode::from(Failure::code(&failure))
        }
    }
}

/// The command line; the users' commands are also called by their own names.
#[cfg(feature = "daemon")]
fn command_line() -> Result<Cli, clap::Error> {
    let words = std::env::args_os();
    match grid::names::called(std::env::args_os().next()) {
        None => Cli::try_parse_from(words),
        Some(name) => {
            let command = GridCommand::called(name, words)?;
            Ok(Cli { command: Command::Grid(command) })
        }
    }
}

#[cfg(not(feature = "daemon"))]
fn command_line() -> Result<Cli, clap::Error> {
    Cli::try_parse()
}

/// Prints help, the version, or what is wrong with the command line.
fn print_usage(asked: &clap::Error) -> ExitCode {
    match asked.print() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(failure::FAILED),
        Ok(()) | Err(_) => {
            ExitCode::from(u8::try_from(asked.exit_code()).unwrap_or(failure::BAD_INPUT))
        }
    }
}
