//! Tests that are text files: what goes in, a line `----`, and what must come out. With `UPDATE_EXPECT`
//! set, files are rewritten with what did come out. Tests of other crates include this file, too.

use std::fs;
use std::path::Path;

const CUT: &str = "----\n";

/// Checks every file of a folder below `tests/data`, without the comment lines at its head.
pub(crate) fn check_folder(folder: &str, run: impl Fn(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let entries = fs::read_dir(&path).expect("a folder of texts");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no file in {}", path.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a text");
        let (input, expected) = text.split_once(CUT).unwrap_or((&text, ""));
        let script = input.trim_start_matches('\n');
        let body: String =
            script.split_inclusive('\n').skip_while(|line| line.starts_with('#')).collect();
        let found = run(&body);
        if found == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, format!("{input}{CUT}{found}")).expect("a file to rewrite");
        } else {
            wrong.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
