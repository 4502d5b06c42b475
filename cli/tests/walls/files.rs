//! The form of our files: short, opened with what they are for, named after their module.

use std::path::{Path, PathBuf};

use crate::none_of;
use crate::sources::{read, sources};
use crate::table::walls;

/// Lines of one file, at most.
const LINES_MAX: usize = 600;

/// All our `.rs` files: sources, tests, benchmarks, examples.
fn all_sources() -> Vec<PathBuf> {
    let parts = ["src", "tests", "benches", "examples"];
    let files: Vec<PathBuf> = walls()
        .iter()
        .flat_map(|wall| parts.map(|part| sources(&wall.folder.join(part))))
        .flatten()
        .collect();
    assert!(files.len() > 100, "the sources are not where they were");
    files
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for file in all_sources() {
        let text = read(&file);
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{}: {lines} lines, at most {LINES_MAX}", file.display()));
        }
        if !text.starts_with("//! ") {
            wrong.push(format!("{}: does not open with `//!`", file.display()));
        }
    }
    none_of(&wrong);
}

#[test]
fn modules_are_named_after_their_file() {
    let in_src = |file: &Path| file.components().any(|part| part.as_os_str() == "src");
    let wrong: Vec<String> = all_sources()
        .iter()
        .filter(|file| file.ends_with("mod.rs") && in_src(file))
        .map(|file| file.display().to_string())
        .collect();
    none_of(&wrong);
}
