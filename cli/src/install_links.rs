//! `gleaner install-links`: links by which the one binary is called as CiGri's commands.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::args::InstallLinksArgs;
use crate::failure::{FAILED, Failure, REFUSED};
use crate::grid::names::NAMES;
use crate::output;

/// Makes the links. All of them, or none where a name is taken by something else.
pub(crate) fn run(options: &InstallLinksArgs) -> Result<(), Failure> {
    let program = match &options.to {
        Some(path) => path.clone(),
        None => std::env::current_exe().map_err(|error| {
            Failure::new(FAILED, format!("cannot find this program: {error}"), None)
        })?,
    };
    fs::create_dir_all(&options.folder)
        .map_err(|error| Failure::file("make the folder", &options.folder, &error))?;
    let paths = NAMES.map(|name| options.folder.join(name));
    for path in &paths {
        if !options.force && taken(path, &program) {
            let message = format!("`{}` is there already, and is something else", path.display());
            let hint = "choose another folder, or replace it by --force".to_owned();
            return Err(Failure::new(REFUSED, message, Some(hint)));
        }
    }
    for path in &paths {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Failure::file("replace", path, &error));
            }
            Ok(()) | Err(_) => {}
        }
        symlink(&program, path).map_err(|error| Failure::file("write", path, &error))?;
        output::line(path.display());
    }
    Ok(())
}

/// Whether there is something at `path` that is no link to `program`.
fn taken(path: &Path, program: &Path) -> bool {
    let target = fs::read_link(path);
    path.symlink_metadata().is_ok() && target.map_or(true, |target| target != program)
}
