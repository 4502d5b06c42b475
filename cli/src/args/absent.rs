//! The commands that a build without the feature `daemon` has not: they are known, so that people are told.

/// Whatever follows the name of such a command.
#[derive(Debug, clap::Args)]
pub(crate) struct AbsentArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _words: Vec<std::ffi::OsString>,
}
