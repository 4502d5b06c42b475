//! `gleaner completions`: a script that completes commands and options in a shell.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::Failure;
use crate::output;

/// Prints the script.
pub(crate) fn run(options: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "gleaner", &mut script);
    output::raw(&script);
    Ok(())
}
