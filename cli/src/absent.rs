//! What a build without the feature `daemon` says to whoever asks for one of its commands. Decides nothing.

use crate::failure::{BAD_INPUT, Failure};

/// Says that the command is not here, and how it is had.
pub(crate) fn run() -> Result<(), Failure> {
    let hint = "build it with the feature `daemon`: leave out `--no-default-features`; what is here, `gleaner help` lists";
    let message =
        "this gleaner was built without the daemon, the emulator, and the commands for them";
    Err(Failure::new(BAD_INPUT, message, Some(hint.to_owned())))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use crate::args::{Cli, Command};

    #[test]
    fn absent_commands_are_answered_whatever_follows_and_not_listed() {
        let help = Cli::command().render_help().to_string();
        for name in [
            "serve",
            "emulate",
            "check",
            "doctor",
            "replay",
            "backup",
            "restore",
            "gridstat",
            "gridsub",
            "gridnotify",
            "install-links",
        ] {
            for words in [&["--help"][..], &["quickstart", "--speed", "60"], &[]] {
                let line = [&["gleaner", name][..], words].concat();
                let cli = Cli::try_parse_from(line).unwrap();
                assert!(matches!(cli.command, Command::Absent(_)), "{name} {words:?}");
            }
            assert!(!help.contains(&format!("  {name}  ")), "{help}");
        }
        assert!(help.contains("simulate") && super::run().is_err());
    }
}
