//! `gleaner trace`: describe, convert, generate.

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::run::{Workdir, sample};

fn unpacked(path: &std::path::Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("a file");
    if path.extension().is_none_or(|end| end != "gz") {
        return bytes;
    }
    let mut text = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut text).expect("a whole gzip file");
    text
}

#[test]
fn info_describes_the_sample_in_every_form() {
    let workdir = Workdir::new();
    let file = sample("quickstart.swf");
    let json: Value =
        serde_json::from_str(&workdir.done(&["trace", "info", &file, "--output", "json"])).unwrap();
    assert_eq!((&json["jobs"], &json["users"]), (&1500.into(), &20.into()));
    assert_eq!(workdir.done(&["trace", "info", &file, "--output", "quiet"]), "1500\n");
    let csv = workdir.done(&["trace", "info", &file, "--output", "csv"]);
    assert!(csv.starts_with("figure,value,") && csv.contains("\njobs,1500,"), "{csv}");
    assert!(workdir.done(&["trace", "info", &file]).contains("jobs"));
}

#[test]
fn a_trace_survives_the_way_to_batsim_and_back() {
    let workdir = Workdir::new();
    for form in ["batsim", "batsim5"] {
        workdir.done(&[
            "trace",
            "convert",
            &sample("quickstart.swf"),
            "a.json",
            "--form",
            form,
            "--force",
        ]);
        workdir.done(&["trace", "convert", "a.json", "b.swf.gz", "--force"]);
        let folders =
            [("a.json", "json"), ("b.swf.gz", "swf"), (&sample("quickstart.swf"), "sample")];
        let mut starts = Vec::new();
        for (trace, out) in folders {
            workdir.done(&[
                "simulate",
                "--trace",
                trace,
                "--processors",
                "64",
                "--no-plots",
                "--force",
                "--out",
                out,
            ]);
            let jobs = workdir.read(&format!("{out}/jobs.csv"));
            let column = |line: &str, n: usize| line.split(',').nth(n).unwrap().to_owned();
            starts.push(
                jobs.lines().map(|line| (column(line, 3), column(line, 8))).collect::<Vec<_>>(),
            );
        }
        assert_eq!(starts[0], starts[1]);
        assert_eq!(starts[0], starts[2]);
    }
}

#[test]
fn the_commands_in_the_samples_make_the_samples_again() {
    for name in ["quickstart.swf", "month-128.swf.gz"] {
        let workdir = Workdir::new();
        let expected = unpacked(sample(name).as_ref());
        let text = String::from_utf8_lossy(&expected);
        let command =
            text.split("made by `gleaner ").nth(1).and_then(|rest| rest.split('`').next());
        let mut words: Vec<&str> = command.unwrap().split(' ').collect();
        words.extend(["--out", name]);
        assert_eq!(workdir.done(&words), format!("{name}\n"));
        assert!(unpacked(&workdir.path(name)) == expected, "{name}");
    }
}

#[test]
fn a_file_that_is_there_is_kept() {
    let workdir = Workdir::new();
    workdir.write("kept.swf", "mine");
    let generate =
        ["trace", "generate", "lublin", "--jobs", "10", "--processors", "8", "--out", "kept.swf"];
    workdir.gleaner(&generate).fails(4, &["`kept.swf` is there already", "--force"]);
    let file = sample("quickstart.swf");
    workdir.gleaner(&["trace", "convert", &file, "kept.swf"]).fails(4, &["--force"]);
    assert_eq!(workdir.read("kept.swf"), "mine");
}

#[test]
fn impossible_parameters_are_refused_before_a_file_is_made() {
    let workdir = Workdir::new();
    let answer = workdir.gleaner(&[
        "trace",
        "generate",
        "poisson",
        "--mean-gap",
        "60",
        "--runtime",
        "fixed:60",
        "--sizes",
        "1-64",
        "--jobs",
        "10",
        "--processors",
        "8",
        "--out",
        "new.swf",
    ]);
    answer.fails(2, &["jobs of 64 processors do not fit on a machine of 8"]);
    assert!(!workdir.path("new.swf").exists());
}

#[test]
fn a_format_that_no_name_tells_is_asked_for() {
    let workdir = Workdir::new();
    let file = sample("quickstart.swf");
    workdir.gleaner(&["trace", "convert", &file, "new.txt"]).fails(2, &["`new.txt`", "--form"]);
}

#[test]
fn requests_are_asked_for_by_factor_or_by_excess() {
    let workdir = Workdir::new();
    let generate =
        ["trace", "generate", "lublin", "--jobs", "200", "--processors", "64", "--users", "5"];
    let with = |more: &[&str]| workdir.done(&[&generate, more].concat());
    let requested = with(&["--request-factor", "3"]);
    assert_eq!(requested, with(&["--estimates", "2"]));
    assert_ne!(requested, with(&[]));
    let both = [&generate[..], &["--request-factor", "3", "--estimates", "2"]].concat();
    workdir.gleaner(&both).fails(2, &["cannot be used with"]);
    let less = [&generate[..], &["--request-factor", "0.5"]].concat();
    workdir.gleaner(&less).fails(2, &["`request_factor` is 0.5, expected a number from 1 to 1001"]);

    let scenario = |key: &str| {
        format!(
            "[[cluster]]\nname = \"a\"\nnodes = 16\ncores_per_node = 4\n\
             [cluster.owners.generate]\nmodel = \"lublin\"\njobs = 200\n{key}\n"
        )
    };
    let keys = ["request_factor = 2.5", "estimates = 1.5"];
    let runs = keys.map(|key| {
        workdir.write("a.toml", scenario(key));
        workdir.done(&["simulate", "a.toml", "--no-plots", "--force", "--out", "out"]);
        workdir.read("out/jobs.csv")
    });
    assert_eq!(runs[0], runs[1]);
}
