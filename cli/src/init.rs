//! `gleaner init`: a commented scenario, or configuration of the daemon, to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use gleaner_runtime::config;
use gleaner_scenarios::library;

use crate::args::InitArgs;
use crate::failure::{Failure, REFUSED};
use crate::output;

/// Writes the file; an existing one is kept unless told otherwise.
pub(crate) fn run(options: &InitArgs) -> Result<(), Failure> {
    let (name, text, next) = if options.daemon {
        ("gleaner.toml", config::TEMPLATE, "gleaner check --config")
    } else {
        ("scenario.toml", library::TEMPLATE, "gleaner simulate")
    };
    let file = options.file.clone().unwrap_or_else(|| PathBuf::from(name));
    write(&file, text, options.force)?;
    output::line(file.display());
    output::note(format!("next: {next} {}", file.display()));
    Ok(())
}

fn write(file: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let opened =
        OpenOptions::new().write(true).create(true).truncate(true).create_new(!force).open(file);
    let mut opened = opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(
            REFUSED,
            format!("`{}` is there already", file.display()),
            Some("give another name, or --force to replace it".to_owned()),
        ),
        _ => Failure::file("write", file, &error),
    })?;
    opened.write_all(text.as_bytes()).map_err(|error| Failure::file("write", file, &error))
}
