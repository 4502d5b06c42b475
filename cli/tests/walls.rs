//! The walls of the house: manifests, dependency trees and sources against the table in
//! `ARCHITECTURE.md`. Knows the form of the table, none of its content.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of one file, at most.
const LINES_MAX: usize = 600;

/// A row of the table.
struct Wall {
    name: String,
    folder: PathBuf,
    /// Our crates that it may import; `None`: all.
    arrows: Option<BTreeSet<String>>,
    never_depends: Vec<String>,
    never_says: Vec<String>,
}

/// A row about a folder within a crate.
struct Folder {
    path: PathBuf,
    /// A part of it that may say the words.
    but: Option<PathBuf>,
    never_says: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the tables of walls.
fn rows() -> Vec<String> {
    let text = read(&root().join("ARCHITECTURE.md"));
    let section = text.split("\n## ").find(|section| section.starts_with("Walls\n"));
    let section = section.expect("ARCHITECTURE.md has a section `Walls`");
    section.lines().filter(|line| line.starts_with("| ")).map(str::to_owned).collect()
}

fn walls() -> Vec<Wall> {
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
fn folders() -> Vec<Folder> {
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

fn manifest(path: &Path) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Tables of a manifest that name dependencies.
const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Names in such tables of a manifest, those for certain targets included.
fn dependencies(manifest: &toml::Table, kinds: &[&str]) -> BTreeSet<String> {
    let mut tables: Vec<&toml::Table> = vec![manifest];
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(targets.iter().flat_map(|t| t.values()).filter_map(toml::Value::as_table));
    tables
        .iter()
        .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()))
        .flat_map(|dependencies| dependencies.keys().cloned())
        .collect()
}

/// All `.rs` files below a folder, sorted.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The sources of a module: its own file, if it has one, and those in its folder.
fn sources_of(module: &Path) -> Vec<PathBuf> {
    let own = module.with_extension("rs");
    let own = own.exists().then_some(own);
    own.into_iter().chain(sources(module)).collect()
}

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

/// The code lines of a file with their numbers: no comments, no unit tests at its end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or(line)))
}

/// Whether `word` stands in `text` by itself: `async` is not in `asynchronous`.
fn says(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let joined = |edge: Option<char>, inner: Option<char>| {
            edge.is_some_and(part) && inner.is_some_and(part)
        };
        !joined(before, word.chars().next()) && !joined(after, word.chars().next_back())
    })
}

fn none_of(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_crate_has_its_row_and_every_row_its_crate() {
    let workspace = manifest(&root().join("Cargo.toml"));
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let members: BTreeSet<String> = members
        .iter()
        .map(|member| manifest(&root().join(member.as_str().unwrap()).join("Cargo.toml")))
        .map(|manifest| manifest["package"]["name"].as_str().unwrap().to_owned())
        .collect();
    let rows: BTreeSet<String> = walls().iter().map(|wall| wall.name.clone()).collect();
    assert_eq!(members, rows, "crates of the workspace, and rows of the table");
}

#[test]
fn every_dependency_is_used() {
    let mut wrong = Vec::new();
    for Wall { name, folder, .. } in walls() {
        let manifest = manifest(&folder.join("Cargo.toml"));
        let everywhere = ["src", "tests", "benches", "examples"];
        for (kind, parts) in [("dependencies", &everywhere[..1]), ("dev-dependencies", &everywhere)]
        {
            let files = parts.iter().flat_map(|part| sources(&folder.join(part)));
            let texts: Vec<String> = files.map(|file| read(&file)).collect();
            for dependency in dependencies(&manifest, &[kind]) {
                let word = dependency.replace('-', "_");
                if !texts.iter().any(|text| says(text, &word)) {
                    wrong.push(format!("{name}: nothing of {kind} uses `{dependency}`"));
                }
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn crates_import_only_what_their_row_allows() {
    let mut wrong = Vec::new();
    for Wall { name, folder, arrows, .. } in walls() {
        let Some(arrows) = arrows else { continue };
        for import in dependencies(&manifest(&folder.join("Cargo.toml")), &KINDS) {
            if import.starts_with("gleaner") && !arrows.contains(&import) {
                wrong.push(format!("`{name}` must not import `{import}`"));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn crates_do_not_depend_on_what_their_row_forbids() {
    let mut wrong = Vec::new();
    for Wall { name, never_depends, .. } in walls() {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--locked", "--edges", "normal,build"])
            .args(["--prefix", "none", "--format", "{p}", "--package", &name])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
        let tree = String::from_utf8(tree.stdout).unwrap();
        let found: BTreeSet<&str> =
            tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(found.contains(name.as_str()), "the tree of `{name}` lacks its root");
        let bad = never_depends.iter().filter(|other| found.contains(other.as_str()));
        wrong.extend(bad.map(|other| format!("`{name}` depends on `{other}`")));
    }
    none_of(&wrong);
}

#[test]
fn sources_do_not_say_what_their_row_forbids() {
    let mut wrong = Vec::new();
    for Wall { name, folder, never_says, .. } in walls() {
        let files = sources(&folder.join("src"));
        assert!(!files.is_empty(), "`{name}` has no sources");
        for file in files {
            let text = read(&file);
            for (line, code) in code(&text) {
                let bad = never_says.iter().filter(|word| says(code, word));
                wrong.extend(bad.map(|word| format!("{}:{line}: `{word}`", file.display())));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn folders_do_not_say_what_their_row_forbids() {
    let mut wrong = Vec::new();
    for Folder { path, but, never_says } in folders() {
        let files: Vec<PathBuf> = sources_of(&path);
        assert!(!files.is_empty(), "`{}` has no sources", path.display());
        let free: Vec<PathBuf> = but.iter().flat_map(|path| sources_of(path)).collect();
        assert!(but.is_none() || !free.is_empty(), "what is exempt of it has no sources");
        for file in files.iter().filter(|file| !free.contains(file)) {
            let text = read(file);
            for (line, code) in code(&text) {
                let bad = never_says.iter().filter(|word| says(code, word));
                wrong.extend(bad.map(|word| format!("{}:{line}: `{word}`", file.display())));
            }
        }
    }
    none_of(&wrong);
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

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let mut wrong = Vec::new();
    for Wall { name, folder, .. } in walls() {
        let manifest = manifest(&folder.join("Cargo.toml"));
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            wrong.push(format!("`{name}` does not say `lints.workspace = true`"));
        }
    }
    none_of(&wrong);
}

#[test]
fn only_the_output_module_may_print() {
    let words = ["println!", "eprintln!", "print!", "eprint!", "print_stdout", "print_stderr"];
    let mut wrong = Vec::new();
    for Wall { folder, .. } in walls() {
        let files = sources(&folder.join("src"));
        for file in files.iter().filter(|file| !file.ends_with("cli/src/output.rs")) {
            let text = read(file);
            let lines = code(&text).filter(|(_, code)| words.iter().any(|word| says(code, word)));
            wrong.extend(lines.map(|(line, _)| format!("{}:{line}", file.display())));
        }
    }
    none_of(&wrong);
}

#[test]
fn words_are_found_only_where_they_stand_alone() {
    assert!(says("async fn a()", "async") && says("x.exp()", ".exp()"));
    assert!(!says("asynchronous", "async") && !says("MyHashMap", "HashMap"));
    let text = "let a = 1; // HashMap\n#[cfg(test)]\nmod tests { use HashMap; }\n";
    assert!(code(text).all(|(_, code)| !says(code, "HashMap")));
}
