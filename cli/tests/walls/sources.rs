//! Our sources: which files there are, and which words their code says.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All `.rs` files below a folder, sorted.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
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
pub(crate) fn sources_of(module: &Path) -> Vec<PathBuf> {
    let own = module.with_extension("rs");
    let own = own.exists().then_some(own);
    own.into_iter().chain(sources(module)).collect()
}

/// The code lines of a file with their numbers: no comments, no unit tests at its end.
pub(crate) fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or(line)))
}

/// Whether `word` stands in `text` by itself: `async` is not in `asynchronous`.
pub(crate) fn says(text: &str, word: &str) -> bool {
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

#[test]
fn words_are_found_only_where_they_stand_alone() {
    assert!(says("async fn a()", "async") && says("x.exp()", ".exp()"));
    assert!(!says("asynchronous", "async") && !says("MyHashMap", "HashMap"));
    let text = "let a = 1; // HashMap\n#[cfg(test)]\nmod tests { use HashMap; }\n";
    assert!(code(text).all(|(_, code)| !says(code, "HashMap")));
}
