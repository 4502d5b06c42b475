//! Manifests and dependency trees against the table: which crates there are, and what each imports.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::none_of;
use crate::sources::{read, root, says, sources};
use crate::table::{Wall, walls};

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
