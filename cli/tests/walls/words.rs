//! Sources against the tables: what their code must not say.

use std::path::PathBuf;

use crate::none_of;
use crate::sources::{code, read, says, sources, sources_of};
use crate::table::{Folder, Wall, folders, walls};

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
