//! Calls the built command in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// An empty folder in which the command is called.
pub(crate) struct Workdir {
    folder: TempDir,
}

/// A PATH on which the built command comes first.
pub(crate) fn search_path() -> String {
    let built = Path::new(env!("CARGO_BIN_EXE_gleaner")).parent().expect("it is in a folder");
    format!("{}:{}", built.display(), std::env::var("PATH").expect("there is a PATH"))
}

/// What a call gave.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the workspace is here")
}

/// A trace of the samples.
pub(crate) fn sample(name: &str) -> String {
    let path = root().join("traces/samples").join(name);
    path.to_str().expect("a readable path").to_owned()
}

impl Workdir {
    pub(crate) fn new() -> Workdir {
        Workdir { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("the file is written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Calls `gleaner` with `args`.
    pub(crate) fn gleaner(&self, args: &[&str]) -> Answer {
        self.gleaner_with(args, &[])
    }

    /// Calls `gleaner` with `args` and environment variables.
    pub(crate) fn gleaner_with(&self, args: &[&str], vars: &[(&str, &str)]) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_gleaner"))
            .args(args)
            .envs(vars.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .expect("the command can be called");
        let text = |bytes| String::from_utf8(bytes).expect("the command speaks UTF-8");
        Answer {
            code: output.status.code().expect("the command ends by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Calls `gleaner` with `args`, which must succeed. Returns what it printed.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let Answer { code, out, err } = self.gleaner(args);
        assert_eq!(code, 0, "{args:?}\n{out}\n{err}");
        out
    }
}

impl Answer {
    /// The code, and that each of `parts` stands in what was said on standard error. The picture of
    /// an error breaks lines: blanks and frames count as one blank.
    pub(crate) fn fails(&self, code: i32, parts: &[&str]) {
        let plain = |c: char| if "│╰╭─×├▶".contains(c) { ' ' } else { c };
        let said: String = self.err.chars().map(plain).collect();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(self.code, code, "{}\n{said}", self.out);
        for part in parts {
            assert!(said.contains(part), "`{part}` is not in:\n{}", self.err);
        }
        assert!(!said.contains("panicked"), "{}", self.err);
    }
}
