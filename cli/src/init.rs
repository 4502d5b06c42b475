//! `gleaner init`: a commented scenario to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use gleaner_scenarios::library;

use crate::args::InitArgs;
use crate::failure::{Failure, REFUSED};
use crate::output;

/// Writes the scenario; an existing file is kept unless told otherwise.
pub(crate) fn run(options: &InitArgs) -> Result<(), Failure> {
    let InitArgs { file, force } = options;
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
    opened
        .write_all(library::TEMPLATE.as_bytes())
        .map_err(|error| Failure::file("write", file, &error))?;
    output::line(file.display());
    output::note(format!("next: gleaner simulate {}", file.display()));
    Ok(())
}
