//! Bad input: exit code 2, the file and the line, and a hint. Never a panic, never a repair.

use std::fs;

use crate::run::{Answer, Workdir, root, sample};

const ROW: &str = "1 0 -1 100 2 -1 -1 2 100 -1 1 1 -1 -1 -1 -1 -1 -1\n";

/// Simulates `bytes` as the log `name` on 4 processors.
fn simulate(name: &str, bytes: impl AsRef<[u8]>, more: &[&str]) -> Answer {
    let workdir = Workdir::new();
    workdir.write(name, bytes);
    let mut args = vec!["simulate", "--trace", name, "--processors", "4", "--no-plots"];
    args.extend(more);
    let answer = workdir.gleaner(&args);
    assert!(answer.code == 0 || !workdir.path("runs").exists(), "a failed run leaves no folder");
    answer
}

#[test]
fn a_truncated_gzip_file() {
    let whole = fs::read(sample("month-128.swf.gz")).unwrap();
    let half = &whole[..whole.len() / 2];
    simulate("log.swf.gz", half, &[]).fails(2, &["log.swf.gz"]);
}

#[test]
fn what_is_no_gzip_file_at_all() {
    simulate("log.swf.gz", "1 0 -1 100\n", &[]).fails(2, &["log.swf.gz"]);
}

#[test]
fn a_letter_in_a_number() {
    let text = format!("{ROW}2 10 -1 1x0 2 -1 -1 2 100 -1 1 1 -1 -1 -1 -1 -1 -1\n");
    simulate("log.swf", &text, &[]).fails(2, &["log.swf:2: ", "field 4", "1x0"]);
    let lenient = simulate("log.swf", &text, &["--lenient"]);
    assert_eq!(lenient.code, 0, "{}", lenient.err);
    assert!(
        lenient.err.contains("1 unreadable") && lenient.err.contains("log.swf:2"),
        "{}",
        lenient.err
    );
}

#[test]
fn a_row_that_ends_too_early() {
    simulate("log.swf", format!("{ROW}2 10 -1\n"), &[]).fails(2, &["log.swf:2: "]);
}

#[test]
fn negative_times() {
    let text = format!("{ROW}2 -10 -1 100 2 -1 -1 2 100 -1 1 1 -1 -1 -1 -1 -1 -1\n");
    let strict = simulate("log.swf", &text, &["--clean", "none"]);
    strict.fails(2, &["log.swf:2: ", "field 2 (submit time) is -10", "--clean archive"]);
    let cleaned = simulate("log.swf", &text, &[]);
    assert_eq!(cleaned.code, 0, "{}", cleaned.err);
    assert!(cleaned.err.contains("1 submitted before the start"), "{}", cleaned.err);
}

#[test]
fn a_job_larger_than_the_cluster() {
    let text = "1 0 -1 100 8 -1 -1 8 100 -1 1 1 -1 -1 -1 -1 -1 -1\n";
    simulate("log.swf", text, &["--clean", "none"]).fails(2, &["log.swf:1: ", "8", "4"]);
    let cleaned = simulate("log.swf", text, &[]);
    assert!(cleaned.err.contains("1 larger than the machine"), "{}", cleaned.err);
}

#[test]
fn an_empty_log() {
    simulate("log.swf", "", &[]).fails(2, &["log.swf"]);
}

#[test]
fn a_million_fields_in_a_line() {
    simulate("log.swf", "1 ".repeat(1_000_000), &[]).fails(2, &["log.swf:1: "]);
}

#[test]
fn a_log_that_is_not_text() {
    let bytes = [ROW.as_bytes(), &[0xff, 0xfe, 0x00, b'\n']].concat();
    simulate("log.swf", bytes, &[]).fails(2, &["log.swf:2: "]);
}

#[test]
fn a_batsim_workload_that_is_no_json() {
    simulate("log.json", "{ \"jobs\": [", &[]).fails(2, &["log.json"]);
}

#[test]
fn a_log_that_is_not_there() {
    let answer = Workdir::new().gleaner(&["simulate", "--trace", "gone.swf", "--processors", "4"]);
    answer.fails(2, &["cannot open trace `gone.swf`", "check the path"]);
}

#[test]
fn unknown_keys_and_options() {
    let workdir = Workdir::new();
    workdir.write("bad.toml", "[[cluster]]\nname = \"a\"\nnods = 4\n");
    let answer = workdir.gleaner(&["simulate", "bad.toml"]);
    answer.fails(2, &["bad.toml:3:1: unknown field `nods`", "did you mean `nodes`?"]);
    workdir.gleaner(&["simulate", "bad.toml", "--schedular", "easy"]).fails(2, &["--scheduler"]);
    let answer = workdir.gleaner(&["simulate", "bad.toml", "--scheduler", "esay"]);
    answer.fails(2, &["unknown scheduler `esay`"]);
}

#[test]
fn an_empty_scenario_and_one_that_is_not_text() {
    let workdir = Workdir::new();
    workdir.write("empty.toml", "");
    workdir
        .gleaner(&["simulate", "empty.toml"])
        .fails(2, &["the scenario has no cluster", "gleaner init"]);
    workdir.write("latin.toml", b"title = \"caf\xe9\"\n");
    workdir.gleaner(&["simulate", "latin.toml"]).fails(2, &["latin.toml", "UTF-8"]);
}

#[test]
fn a_machine_of_unknown_size() {
    let workdir = Workdir::new();
    workdir.write("log.swf", ROW);
    workdir
        .gleaner(&["simulate", "--trace", "log.swf"])
        .fails(2, &["is not known", "--processors"]);
    let none = workdir.gleaner(&["simulate", "--trace", "log.swf", "--processors", "0"]);
    none.fails(2, &["0 nodes"]);
    let many = workdir.gleaner(&["simulate", "--trace", "log.swf", "--processors", "99999999999"]);
    many.fails(2, &["99999999999 nodes"]);
}

#[test]
fn options_that_exclude_each_other() {
    let workdir = Workdir::new();
    let both = workdir.gleaner(&["simulate", "a.toml", "--trace", "b.swf"]);
    both.fails(2, &["cannot be used with"]);
    workdir.gleaner(&["simulate"]).fails(2, &["required"]);
    workdir.gleaner(&["simulate", "a.toml", "--until", "soon"]).fails(2, &["soon"]);
}

#[test]
fn a_parameter_of_two_lines_is_refused_with_its_place() {
    let workdir = Workdir::new();
    for name in ["two.toml", "live-nl2.json", "live-nl3.json"] {
        let folder = root().join("cli/tests/data/parameters");
        workdir.write(name, fs::read(folder.join(name)).unwrap());
    }
    for name in ["live-nl2.json", "live-nl3.json"] {
        workdir
            .gleaner(&["simulate", "two.toml", "--campaign", name, "--check"])
            .fails(2, &[name, "`params`", "a parameter is one line of text"]);
    }
}

#[test]
fn what_no_cluster_could_read_is_refused_with_its_place() {
    let workdir = Workdir::new();
    let copy = |folder: &str, name: &str| {
        let folder = root().join("cli/tests/data").join(folder);
        workdir.write(name, fs::read(folder.join(name)).unwrap());
    };
    copy("parameters", "two.toml");
    for (name, key) in [
        ("jdl-bad-properties.json", "`clusters.luke.properties`: column 23"),
        ("jdl-nodes0.json", "`clusters.luke.resources`: column 15: number `0` is out of range"),
    ] {
        copy("cases", name);
        workdir
            .gleaner(&["simulate", "two.toml", "--campaign", name, "--check"])
            .fails(2, &[name, key, "help:"]);
    }
}
