//! Modules against each other: within a crate, uses go one way. A file that uses another is not
//! used by it, not even by way of others; and so with folders.

mod graph;
mod module;
mod said;
mod small;
mod ties;

use std::collections::BTreeSet;
use std::path::Path;

use self::graph::circles;
use self::module::Texts;
use self::ties::{Ties, ties};
use crate::none_of;
use crate::sources::{read, sources};
use crate::table::walls;

/// The sources of a crate.
fn texts(src: &Path) -> Texts {
    let path = |file: &Path| file.strip_prefix(src).expect("below src").display().to_string();
    sources(src).iter().map(|file| (path(file), read(file))).collect()
}

/// Every circle of a crate, and what ties it.
fn wrong(texts: &Texts) -> Vec<String> {
    let ties = ties(texts);
    let mut wrong = told(&ties, "files", Some);
    for parent in parents(texts) {
        wrong.extend(told(&ties, "modules", |file| child(&parent, file)));
    }
    wrong
}

/// The folders of a crate, each with a slash at its end; that of the crate itself is empty.
fn parents(texts: &Texts) -> BTreeSet<String> {
    let above = |file: &String| -> Vec<String> {
        file.match_indices('/').map(|(at, _)| file[..=at].to_owned()).collect()
    };
    texts.keys().flat_map(above).chain([String::new()]).collect()
}

/// The child of a folder that a file is, or is below. The root of a crate is nobody's child: it
/// sees them all.
fn child<'a>(parent: &str, file: &'a str) -> Option<&'a str> {
    let below = file.strip_prefix(parent).filter(|_| !["lib.rs", "main.rs"].contains(&file))?;
    let end = below.find(['/', '.'])?;
    Some(&file[..parent.len() + end])
}

/// Every circle among parts of a crate, and the ties that close it. `part`: the one that a file
/// belongs to.
fn told<'a>(ties: &'a Ties, parts: &str, part: impl Fn(&'a str) -> Option<&'a str>) -> Vec<String> {
    let arrow = |(from, to): &'a (String, String)| {
        let arrow = (part(from)?, part(to)?);
        (arrow.0 != arrow.1).then_some(arrow)
    };
    let arrows = ties.keys().filter_map(arrow).collect();
    let mut told = Vec::new();
    for circle in circles(&arrows) {
        told.push(format!("a circle of {parts}: {}", Vec::from_iter(circle.clone()).join(", ")));
        for (files, names) in ties {
            let Some((from, to)) = arrow(files) else { continue };
            if circle.contains(from) && circle.contains(to) {
                let name = |(name, line): (&String, &usize)| format!("{name} (line {line})");
                let names: Vec<String> = names.iter().map(name).collect();
                told.push(format!("  {} takes from {}: {}", files.0, files.1, names.join(", ")));
            }
        }
    }
    told
}

#[test]
fn modules_form_no_circle() {
    let mut all = Vec::new();
    for wall in walls() {
        let wrong = wrong(&texts(&wall.folder.join("src")));
        all.extend(wrong.iter().map(|line| format!("{}: {line}", wall.name)));
    }
    none_of(&all);
}
