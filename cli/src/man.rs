//! `gleaner man`: man pages of all commands, made from the same words as `--help`.

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::args::{Cli, ManArgs};
use crate::failure::Failure;
use crate::output;

/// Writes a page for each command, and prints the paths.
pub(crate) fn run(options: &ManArgs) -> Result<(), Failure> {
    let folder = &options.folder;
    fs::create_dir_all(folder).map_err(|error| Failure::file("make the folder", folder, &error))?;
    let mut whole = Cli::command();
    whole.build();
    write(folder, "gleaner", &whole)?;
    for command in whole
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
    {
        let name = command.get_name();
        // The users' commands are called by names of their own.
        let page =
            if name.starts_with("grid") { name.to_owned() } else { format!("gleaner-{name}") };
        write(folder, &page, command)?;
    }
    Ok(())
}

fn write(folder: &Path, page: &str, command: &Command) -> Result<(), Failure> {
    let path = folder.join(format!("{page}.1"));
    let mut text = Vec::new();
    let rendered = Man::new(command.clone().display_name(page.to_owned())).render(&mut text);
    rendered.map_err(|error| Failure::file("write", &path, &error))?;
    fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))?;
    output::line(path.display());
    Ok(())
}
