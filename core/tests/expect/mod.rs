//! Tests that are text files: what goes in, a line `----`, and what must come out. With `UPDATE_EXPECT`
//! set, files are rewritten with what did come out.

use std::fs;
use std::path::Path;

const CUT: &str = "----\n";

/// Checks every file of a folder below `tests/data`, without the comment lines at its head.
pub(crate) fn check_folder(folder: &str, run: impl Fn(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut files: Vec<_> =
        fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no file in {}", path.display());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (input, expected) = text.split_once(CUT).unwrap_or((&text, ""));
        let script = input.trim_start_matches('\n');
        let body: String =
            script.split_inclusive('\n').skip_while(|line| line.starts_with('#')).collect();
        let found = run(&body);
        if found == expected {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&file, format!("{input}{CUT}{found}")).unwrap();
        } else {
            wrong.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
