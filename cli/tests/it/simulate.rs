//! `gleaner simulate`, `init` and `completions`: options, forms of output, exit codes.

use serde_json::Value;

use crate::run::{Workdir, sample};

const LAB: &str = "title = \"Lab\"\n\n[[cluster]]\nname = \"lab\"\nnodes = 8\ncores_per_node = 4\n\n\
                   [cluster.owners.generate]\nmodel = \"lublin\"\njobs = 300\nload = 0.9\n\
                   estimates = 2.0\nusers = 5\n";

fn lab() -> Workdir {
    let workdir = Workdir::new();
    workdir.write("lab.toml", LAB);
    workdir
}

fn metrics(workdir: &Workdir, folder: &str) -> Value {
    serde_json::from_str(&workdir.read(&format!("{folder}/metrics.json"))).expect("figures in JSON")
}

#[test]
fn check_writes_nothing() {
    let workdir = lab();
    let answer = workdir.gleaner(&["simulate", "lab.toml", "--check"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("can be simulated"), "{}", answer.err);
    assert!(answer.out.contains("lab") && !workdir.path("runs").exists());
}

#[test]
fn assertions_decide_the_exit_code() {
    let workdir = lab();
    let call = |assertion: &str| {
        workdir.gleaner(&[
            "simulate",
            "lab.toml",
            "--no-plots",
            "--out",
            "out",
            "--force",
            "--assert",
            assertion,
        ])
    };
    assert_eq!(call("clusters.lab.jobs == 300 and clusters.lab.utilisation > 0.1").code, 0);
    call("clusters.lab.jobs < 300").fails(3, &["clusters.lab.jobs < 300", "300"]);
    call("clusters.lab.jobs ~").fails(2, &["clusters.lab.jobs ~"]);
    call("clusters.lob.jobs == 300").fails(2, &["clusters.lob.jobs"]);
}

#[test]
fn all_assertions_must_hold() {
    let workdir = lab();
    let answer = workdir.gleaner(&[
        "simulate",
        "lab.toml",
        "--no-plots",
        "--out",
        "out",
        "--assert",
        "clusters.lab.jobs == 300",
        "--assert",
        "clusters.lab.max_wait_s < 0",
    ]);
    answer.fails(3, &["clusters.lab.max_wait_s < 0"]);
}

#[test]
fn each_scheduler_and_estimate_is_known() {
    let workdir = lab();
    let mut waits = Vec::new();
    for scheduler in ["fcfs", "easy", "easy-sjbf", "conservative"] {
        for estimates in ["requested", "exact", "x2"] {
            workdir.done(&[
                "simulate",
                "lab.toml",
                "--no-plots",
                "--out",
                "out",
                "--force",
                "--scheduler",
                scheduler,
                "--estimates",
                estimates,
                "--events",
                "instant",
            ]);
            waits
                .push(metrics(&workdir, "out")["clusters"]["lab"]["mean_wait_s"].as_f64().unwrap());
        }
    }
    // FCFS plans nothing, so that estimates do not matter; all others are better.
    assert!(waits[0] == waits[1] && waits[1] == waits[2], "{waits:?}");
    assert!(waits[3..].iter().all(|wait| *wait < waits[0]), "{waits:?}");
}

#[test]
fn the_seed_makes_another_world() {
    let workdir = lab();
    let jobs = |seed: &str| {
        workdir.done(&[
            "simulate",
            "lab.toml",
            "--no-plots",
            "--out",
            "out",
            "--force",
            "--seed",
            seed,
        ]);
        workdir.read("out/jobs.csv")
    };
    let first = jobs("1");
    assert_ne!(first, jobs("2"));
    assert_eq!(first, jobs("1"));
}

#[test]
fn until_clips_the_figures() {
    let workdir = Workdir::new();
    // Two cores; one job holds both from 0 to 100, the next waits and would end at 200.
    workdir.write("log.swf", "1 0 -1 100 2 -1 -1 2 100 -1 1 1 -1 -1 -1 -1 -1 -1\n2 10 -1 100 1 -1 -1 1 100 -1 1 1 -1 -1 -1 -1 -1 -1\n");
    let call = |until: &str| {
        workdir.done(&[
            "simulate",
            "--trace",
            "log.swf",
            "--processors",
            "2",
            "--scheduler",
            "easy",
            "--no-plots",
            "--until",
            until,
            "--out",
            "out",
            "--force",
        ]);
        let figures = metrics(&workdir, "out")["clusters"]["log"].clone();
        let state = |job: &str| {
            let jobs = workdir.read("out/jobs.csv");
            let line = jobs.lines().find(|line| line.starts_with(&format!("{job},")));
            line.map(|line| line.split(',').nth(7).unwrap().to_owned())
        };
        (figures["idle_core_s"].as_f64().unwrap(), state("1").unwrap(), state("2").unwrap())
    };
    let done = "COMPLETED_SUCCESSFULLY".to_owned();
    assert_eq!(call("50"), (0.0, "RUNNING".to_owned(), "SUBMITTED".to_owned()));
    assert_eq!(call("150"), (50.0, done.clone(), "RUNNING".to_owned()));
    assert_eq!(call("1000"), (100.0, done.clone(), done));
}

#[test]
fn a_document_for_programs_stands_alone_and_people_get_the_folder_first() {
    let workdir = lab();
    for form in ["table", "json", "csv", "quiet"] {
        let args = ["simulate", "lab.toml", "--no-plots", "--output", form, "--out", "out"];
        let answer = workdir.gleaner(&args);
        assert_eq!(answer.code, 0, "{}", answer.err);
        let folder_in_err = answer.err.lines().any(|line| line == "out");
        match form {
            "json" => {
                let figures: Value = serde_json::from_str(&answer.out).unwrap();
                assert_eq!(figures, metrics(&workdir, "out"));
                assert!(folder_in_err, "{}", answer.err);
            }
            "csv" => {
                assert!(answer.out.starts_with("cluster,jobs,mean_wait_s,"), "{}", answer.out);
                assert!(folder_in_err, "{}", answer.err);
            }
            "quiet" => assert_eq!(answer.out, "out\n"),
            _ => assert!(
                answer.out.starts_with("out\n") && answer.out.contains("mean wait s"),
                "{}",
                answer.out
            ),
        }
    }
}

#[test]
fn nodes_and_cores_make_the_same_machine_as_processors() {
    let workdir = Workdir::new();
    let trace = sample("quickstart.swf");
    let starts = |size: &[&str]| {
        let mut args = vec!["simulate", "--trace", &trace, "--no-plots", "--out", "out", "--force"];
        // OAR takes nodes by name, whatever their cores.
        args.extend(["--scheduler", "easy"]);
        args.extend(size);
        workdir.done(&args);
        workdir.read("out/jobs.csv")
    };
    let flat = starts(&["--processors", "64"]);
    assert_eq!(flat, starts(&["--nodes", "16", "--cores-per-node", "4"]));
    assert_eq!(flat, starts(&[]), "the size stands in the header");
}

#[test]
fn colours_are_left_out_when_asked_for() {
    let workdir = lab();
    workdir.write("bad.toml", "titel = 1\n");
    let coloured = ("CLICOLOR_FORCE", "1");
    let plain = workdir.gleaner_with(&["simulate", "bad.toml"], &[coloured, ("NO_COLOR", "1")]);
    assert_eq!(plain.code, 2);
    assert!(!plain.err.contains('\u{1b}'), "{:?}", plain.err);
    let piped = workdir.gleaner(&["simulate", "bad.toml"]);
    assert!(!piped.err.contains('\u{1b}'), "{:?}", piped.err);
}

#[test]
fn init_writes_a_scenario_that_runs_and_keeps_an_older_file() {
    let workdir = Workdir::new();
    assert_eq!(workdir.done(&["init", "mine.toml"]), "mine.toml\n");
    workdir.done(&["simulate", "mine.toml", "--check"]);
    workdir.write("mine.toml", LAB);
    workdir.gleaner(&["init", "mine.toml"]).fails(4, &["`mine.toml` is there already", "--force"]);
    assert_eq!(workdir.read("mine.toml"), LAB);
    workdir.done(&["init", "mine.toml", "--force"]);
    assert_ne!(workdir.read("mine.toml"), LAB);
}

#[test]
fn completions_exist_for_each_shell() {
    let workdir = Workdir::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = workdir.done(&["completions", shell]);
        assert!(script.contains("simulate") && script.contains("no-plots"), "{shell}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
