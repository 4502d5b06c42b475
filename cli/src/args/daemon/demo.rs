//! Options of `gleaner demo`. Decides nothing.

use std::path::PathBuf;

use gleaner_emulator::pacing::Pace;

use crate::args::parse::law;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gleaner demo
  gleaner demo --speed 600
  gleaner demo --dir my-grid

Needs no rights and no port that is known before. It prints where the daemon listens and what to try, and
runs until Ctrl-C, which leaves nothing behind but a folder that was asked for.")]
pub(crate) struct DemoArgs {
    /// Emulated seconds a second
    #[arg(long, value_name = "N", value_parser = law::<Pace>, default_value = "60")]
    pub(crate) speed: Pace,
    /// Folder for configuration, store, log and tokens, which stays [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Print one line of JSON in place of the text
    #[arg(long)]
    pub(crate) json: bool,
}
