//! The tables of walls in `ARCHITECTURE.md`, read. Knows the form of the tables, none of their content.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::sources::{read, root};

/// A row of the table.
pub(crate) struct Wall {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// Our crates that it may import; `None`: all.
    pub(crate) arrows: Option<BTreeSet<String>>,
    pub(crate) never_depends: Vec<String>,
    pub(crate) never_says: Vec<String>,
}

/// A row about a folder within a crate.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// A part of it that may say the words.
    pub(crate) but: Option<PathBuf>,
    pub(crate) never_says: Vec<String>,
}

/// The rows of the tables of walls.
fn rows() -> Vec<String> {
    let text = read(&root().join("ARCHITECTURE.md"));
    let section = text.split("\n## ").find(|section| section.starts_with("Walls\n"));
    let section = section.expect("ARCHITECTURE.md has a section `Walls`");
    section.lines().filter(|line| line.starts_with("| ")).map(str::to_owned).collect()
}

pub(crate) fn walls() -> Vec<Wall> {
    let rows = rows();
    let walls: Vec<Wall> =
        rows.iter().filter(|row| row.starts_with("| gleaner")).map(|row| wall(row)).collect();
    assert!(walls.len() >= 7, "the table of walls is not where it was");
    walls
}

fn wall(row: &str) -> Wall {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [name, folder, arrows, depends, says] = cells[..] else {
        panic!("not a row of five cells: {row}");
    };
    let arrows = match arrows {
        "all" => None,
        "nothing" => Some(BTreeSet::new()),
        names => Some(names.split_whitespace().map(str::to_owned).collect()),
    };
    Wall {
        name: name.to_owned(),
        folder: root().join(folder),
        arrows,
        never_depends: quoted(depends),
        never_says: quoted(says),
    }
}

/// The words of a cell.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows whose first cell is a path below a crate's `src`.
pub(crate) fn folders() -> Vec<Folder> {
    let rows = rows();
    let folders: Vec<Folder> = rows
        .iter()
        .filter(|row| row.contains("/src") && !row.starts_with("| gleaner"))
        .map(|row| folder(row))
        .collect();
    assert!(!folders.is_empty(), "the table of folders is not where it was");
    folders
}

fn folder(row: &str) -> Folder {
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    let [path, but, says] = cells[..] else { panic!("not a row of three cells: {row}") };
    let but = (but != "none").then(|| root().join(but));
    Folder { path: root().join(path), but, never_says: quoted(says) }
}
