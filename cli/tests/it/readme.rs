//! Every command of the README is run, and prints what the README shows. What is to be pasted for the daemon is
//! pasted by another test, `production/quickstart.rs`.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use crate::run::{Workdir, root, search_path};

/// The one command that cannot be run by a test that it runs.
const TESTS: &str = "cargo test --workspace --locked";

/// The start of the one command that also builds.
const FIRST: &str = "cargo run --release -- ";

/// The line that puts what was built on the PATH.
const PATH: &str = "export PATH=\"$PWD/target/release:$PATH\"";

/// A command and the lines shown below it.
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// The README in two: how to start, in a clone, and what follows up to what is for the daemon, anywhere.
fn parts() -> (String, String) {
    let text = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let (_, text) = text.split_once("\n## Start\n").expect("a heading");
    let (start, rest) = text.split_once("\n## Simulate\n").expect("a heading");
    let (rest, _) = rest.split_once("\n## Emulate\n").expect("a heading");
    (start.to_owned(), rest.to_owned())
}

/// The commands to start with, a line each.
fn shown() -> Vec<Shown> {
    let (start, _) = parts();
    let mut all: Vec<Shown> = Vec::new();
    for block in start.split("```").skip(1).step_by(2) {
        if let Some(commands) = block.strip_prefix("sh\n") {
            let lone = |line: &str| Shown { command: line.to_owned(), lines: Vec::new() };
            all.extend(commands.lines().map(lone));
        } else if let Some(lines) = block.strip_prefix("text\n") {
            let last = all.last_mut().expect("what is shown was printed by a command");
            last.lines.extend(lines.lines().map(str::to_owned));
        } else {
            panic!("a block that is neither to be pasted nor printed: {block}");
        }
    }
    all
}

/// Words as a shell makes them; the README quotes with `'` only.
fn words(command: &str) -> Vec<String> {
    let quoted = command.split('\'').enumerate();
    let mut words = Vec::new();
    for (number, part) in quoted {
        match number % 2 {
            1 => words.push(part.to_owned()),
            _ => words.extend(part.split_whitespace().map(str::to_owned)),
        }
    }
    words
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn logs() -> PathBuf {
    let usual = || root().join("../shared/traces");
    env::var_os("GLEANER_TRACES").map_or_else(usual, PathBuf::from)
}

/// Lays the archive's logs, where they are, into the folder.
fn furnish(workdir: &Workdir) {
    let logs = fs::read_dir(logs()).into_iter().flatten().flatten();
    for log in logs.filter(|log| log.path().extension().is_some_and(|end| end == "gz")) {
        symlink(
            fs::canonicalize(log.path()).expect("a log"),
            workdir.path(&log.file_name().to_string_lossy()),
        )
        .expect("a link");
    }
}

/// The blocks of `text` that are to be pasted, one after the other. One that begins with the download of a log is
/// pasted without the download where the log is, and left out elsewhere.
fn pasted(workdir: &Workdir, text: &str) -> String {
    use std::io::Write;
    let mut script = String::new();
    for block in text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        match block.strip_prefix("curl -LO ").and_then(|rest| rest.split_once('\n')) {
            None => script += block,
            Some((address, rest)) => {
                let log = address.rsplit('/').next().expect("a name");
                if workdir.path(log).exists() {
                    script += rest;
                } else {
                    // Not `eprintln!`: the test harness would keep it to itself.
                    let _ = writeln!(
                        std::io::stderr(),
                        "SKIPPED: no log `{log}`: set GLEANER_TRACES to the folder of logs"
                    );
                }
            }
        }
    }
    script
}

/// Pastes the blocks of `text` in a folder that has nothing but logs of the archive. There must be so many lines at
/// least.
fn paste(text: &str, lines_min: usize) -> Workdir {
    let workdir = Workdir::new();
    furnish(&workdir);
    let script = pasted(&workdir, text);
    assert!(script.lines().count() >= lines_min, "what is there to paste?\n{script}");
    let done = Command::new("sh")
        .args(["-exuc", &script])
        .current_dir(workdir.path("."))
        .env("HOME", workdir.path("."))
        .env("PATH", search_path())
        .output()
        .expect("there is a shell");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    workdir
}

#[test]
fn what_is_to_be_pasted_works() {
    let (_, text) = parts();
    let workdir = paste(&text, 30);
    for shown in ["runs/lab-1", "lab-7", "runs/lab-2", "runs/month-1"] {
        assert!(workdir.path(shown).join("report.html").exists(), "no {shown}");
    }
    for (page, lines_min) in [("docs/snapshots.md", 4), ("docs/workloads.md", 3)] {
        paste(&fs::read_to_string(root().join(page)).unwrap(), lines_min);
    }
}

#[test]
fn every_command_does_what_is_shown() {
    let workdir = Workdir::new();
    let mut run = 0;
    let others = [TESTS, PATH];
    for Shown { command, lines } in
        shown().iter().filter(|shown| !others.contains(&shown.command.as_str()))
    {
        let call = command.strip_prefix(FIRST).or_else(|| command.strip_prefix("gleaner "));
        let words = words(call.unwrap_or_else(|| panic!("not a call of gleaner: {command}")));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let answer = workdir.gleaner(&words);
        assert_eq!(answer.code, 0, "{command}\n{}", answer.err);
        let printed: Vec<String> = answer.out.lines().map(squeezed).collect();
        for line in lines {
            let line = squeezed(line);
            let found = printed.iter().any(|printed| printed.starts_with(&line));
            assert!(found, "{command}\nshown: {line}\nprinted:\n{}", answer.out);
        }
        run += 1;
    }
    assert!(run >= 2, "only {run} commands were found");
    assert!(workdir.path("runs/quickstart-1/report.html").exists());
}

#[test]
fn the_first_two_commands_simulate_and_test() {
    let shown = shown();
    assert!(shown[0].command.starts_with(FIRST), "{}", shown[0].command);
    assert_eq!(shown[1].command, TESTS);
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.contains(TESTS), "`.ci/run` runs the README's tests");
}

#[test]
fn the_library_is_listed() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    for entry in fs::read_dir(root().join("scenarios/library")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".toml").filter(|name| *name != "template") else {
            continue;
        };
        assert!(text.contains(&format!("| `{name}` |")), "README does not list `{name}`");
    }
}
