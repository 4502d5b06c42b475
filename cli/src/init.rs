//! `gleaner init`: a commented scenario, configuration of the daemon or unit for systemd, to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use gleaner_scenarios::library;

use crate::args::InitArgs;
use crate::failure::{Failure, REFUSED};
use crate::output;

/// What is written: the usual name of the file, its text, and what to do with it next.
type Template = (&'static str, String, &'static str);

/// Writes the file; an existing one is kept unless told otherwise.
pub(crate) fn run(options: &InitArgs) -> Result<(), Failure> {
    let (name, text, next) = template(options)?;
    let file = options.file.clone().unwrap_or_else(|| PathBuf::from(name));
    write(&file, &text, options.force)?;
    output::line(file.display());
    output::note(format!("next: {next} {}", file.display()));
    Ok(())
}

#[cfg(feature = "daemon")]
fn template(options: &InitArgs) -> Result<Template, Failure> {
    use gleaner_runtime::config_file;
    Ok(if options.daemon {
        ("gleaner.toml", config_file::TEMPLATE.to_owned(), "gleaner check --config")
    } else if options.systemd {
        ("gleaner.service", unit()?, "the steps at the top of")
    } else {
        scenario()
    })
}

#[cfg(not(feature = "daemon"))]
fn template(_: &InitArgs) -> Result<Template, Failure> {
    Ok(scenario())
}

fn scenario() -> Template {
    ("scenario.toml", library::TEMPLATE.to_owned(), "gleaner simulate")
}

/// The unit, with this program in it.
#[cfg(feature = "daemon")]
fn unit() -> Result<String, Failure> {
    use crate::failure::FAILED;
    let failed = |why: &dyn std::fmt::Display| {
        let hint = "call it by its whole path, such as /usr/local/bin/gleaner".to_owned();
        Failure::new(FAILED, format!("it is not known where this program is: {why}"), Some(hint))
    };
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let path = program.to_str().ok_or_else(|| failed(&"its path is not UTF-8"))?;
    // Quoted in the unit: what systemd would still read as something else.
    let path = path.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    Ok(include_str!("init/gleaner.service").replace("@GLEANER@", &path))
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
