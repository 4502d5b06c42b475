//! The folder that takes the results. Must not overwrite what is not a report.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::{Failure, REFUSED};
use crate::simulate::manifest;

/// Most runs of one scenario under `runs/`.
const RUNS_MAX: u32 = 1_000_000;

/// The folder asked for, or a new one under `runs/`.
pub(crate) fn prepare(
    asked: Option<&Path>,
    scenario: &str,
    manifest: &Value,
    force: bool,
) -> Result<PathBuf, Failure> {
    match asked {
        Some(folder) => {
            refuse_foreign(folder)?;
            if !force {
                refuse_other_run(folder, manifest)?;
            }
            Ok(folder.to_owned())
        }
        None => new_run(scenario),
    }
}

/// The results of another run are not replaced by mistake; those of the same one come out alike.
fn refuse_other_run(folder: &Path, manifest: &Value) -> Result<(), Failure> {
    let there = folder.join("manifest.json");
    let text = match std::fs::read_to_string(&there) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if folder.join("jobs.csv").exists() {
                return Err(other_run(folder, "a run that did not come to its end"));
            }
            return Ok(());
        }
        Err(error) => return Err(Failure::file("read", &there, &error)),
    };
    let known: Value = serde_json::from_str(&text).unwrap_or_default();
    match manifest::difference(&known, manifest) {
        None => Ok(()),
        Some(key) => Err(other_run(folder, &format!("another run (another `{key}`)"))),
    }
}

fn other_run(folder: &Path, what: &str) -> Failure {
    Failure::new(
        REFUSED,
        format!("`{}` holds the results of {what}", folder.display()),
        Some("name another folder with --out, or replace them with --force".to_owned()),
    )
}

/// A folder with other people's files in it is left alone.
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
pub(crate) fn new_run(scenario: &str) -> Result<PathBuf, Failure> {
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
