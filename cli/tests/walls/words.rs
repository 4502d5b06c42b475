//! Sources against the tables: what their code must not say.

use std::path::PathBuf;

use crate::none_of;
use crate::sources::{code, read, says, sources, sources_of};
use crate::table::{Folder, Wall, folders, walls};

/// Where the code of these files says one of the words.
fn said<'a>(
    files: impl IntoIterator<Item = &'a PathBuf>,
    words: &[impl AsRef<str>],
) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let text = read(file);
        for (line, code) in code(&text) {
            let bad = words.iter().map(AsRef::as_ref).filter(|word| says(code, word));
            found.extend(bad.map(|word| format!("{}:{line}: `{word}`", file.display())));
        }
    }
    found
}

#[test]
fn sources_do_not_say_what_their_row_forbids() {
    let mut wrong = Vec::new();
    for Wall { name, folder, never_says, .. } in walls() {
        let files = sources(&folder.join("src"));
        assert!(!files.is_empty(), "`{name}` has no sources");
        wrong.extend(said(&files, &never_says));
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
        wrong.extend(said(files.iter().filter(|file| !free.contains(file)), &never_says));
    }
    none_of(&wrong);
}

#[test]
fn only_the_output_module_may_print() {
    let words = ["println!", "eprintln!", "print!", "eprint!", "print_stdout", "print_stderr"];
    let mut wrong = Vec::new();
    for Wall { folder, .. } in walls() {
        let files = sources(&folder.join("src"));
        let silent = files.iter().filter(|file| !file.ends_with("cli/src/output.rs"));
        wrong.extend(said(silent, &words));
    }
    none_of(&wrong);
}
