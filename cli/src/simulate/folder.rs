//! The folder that takes the results. Must not overwrite what is not a report.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, REFUSED};

/// Most runs of one scenario under `runs/`.
const RUNS_MAX: u32 = 1_000_000;

/// The folder asked for, or a new one under `runs/`.
pub(crate) fn prepare(asked: Option<&Path>, scenario: &str) -> Result<PathBuf, Failure> {
    match asked {
        Some(folder) => {
            refuse_foreign(folder)?;
            Ok(folder.to_owned())
        }
        None => new_run(scenario),
    }
}

/// A folder with other people's files in it is left alone; an earlier report is replaced.
fn refuse_foreign(folder: &Path) -> Result<(), Failure> {
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::file("write into", folder, &error)),
    };
    let is_report = ["manifest.json", "jobs.csv"].iter().any(|name| folder.join(name).exists());
    if entries.next().is_none() || is_report {
        return Ok(());
    }
    Err(Failure::new(
        REFUSED,
        format!("`{}` has files in it that are not a report", folder.display()),
        Some("name a new or empty folder with --out".to_owned()),
    ))
}

/// `runs/NAME-1`, `runs/NAME-2` and so on: the first that is not there yet.
fn new_run(scenario: &str) -> Result<PathBuf, Failure> {
    let runs = Path::new("runs");
    std::fs::create_dir_all(runs).map_err(|error| Failure::file("create", runs, &error))?;
    for number in 1..=RUNS_MAX {
        let folder = runs.join(format!("{scenario}-{number}"));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::file("create", &folder, &error)),
        }
    }
    let message = format!("`runs/` holds a million runs of `{scenario}` already");
    Err(Failure::new(REFUSED, message, Some("remove some, or name a folder with --out".to_owned())))
}
