//! Every command of the README is run, and prints what the README shows.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::{env, fs};

use crate::run::{Workdir, root};

/// The one command that cannot be run by a test that it runs.
const TESTS: &str = "cargo test --workspace --locked";

/// The start of the one command that also builds.
const FIRST: &str = "cargo run --release -- ";

/// A command and the lines shown below it.
struct Shown {
    command: String,
    lines: Vec<String>,
}

fn shown() -> Vec<Shown> {
    let text = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let mut all: Vec<Shown> = Vec::new();
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    for line in blocks.flat_map(str::lines) {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => {
                all.push(Shown { command: command.to_owned(), lines: Vec::new() });
            }
            (None, Some(last)) => last.lines.push(line.to_owned()),
            (None, None) => panic!("output without a command: {line}"),
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

/// Lays what a clean clone has, and the archive's logs where they are, into the folder.
fn furnish(workdir: &Workdir) {
    for name in ["scenarios", "traces"] {
        symlink(root().join(name), workdir.path(name)).expect("a link");
    }
    let logs = fs::read_dir(logs()).into_iter().flatten().flatten();
    for log in logs.filter(|log| log.path().extension().is_some_and(|end| end == "gz")) {
        symlink(
            fs::canonicalize(log.path()).expect("a log"),
            workdir.path(&log.file_name().to_string_lossy()),
        )
        .expect("a link");
    }
}

/// Whether the command reads a log of the archive that is not here; then it says so.
fn lacks_log(workdir: &Workdir, words: &[String]) -> bool {
    use std::io::Write;
    let lacking = |word: &&String| {
        word.ends_with(".swf.gz")
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && !workdir.path(word).exists()
    };
    let Some(log) = words.iter().find(lacking) else {
        return false;
    };
    // Not `eprintln!`: the test harness would keep it to itself.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: no log `{log}`: set GLEANER_TRACES to the folder of logs"
    );
    true
}

#[test]
fn every_command_does_what_is_shown() {
    let workdir = Workdir::new();
    furnish(&workdir);
    let mut run = 0;
    for Shown { command, lines } in shown().iter().filter(|shown| shown.command != TESTS) {
        let call = command.strip_prefix(FIRST).or_else(|| command.strip_prefix("gleaner "));
        let words = words(call.unwrap_or_else(|| panic!("not a call of gleaner: {command}")));
        if lacks_log(&workdir, &words) {
            continue;
        }
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
    assert!(run >= 8, "only {run} commands were found");
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

#[test]
fn the_scenario_shown_is_one() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let scenario =
        text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let workdir = Workdir::new();
    workdir.write("lab.toml", scenario);
    workdir.done(&["simulate", "lab.toml", "--no-plots", "--out", "lab"]);
}
