//! The scenarios that come with Gleaner: they are listed, printed, and found by name from anywhere.

use std::fs;

use gleaner_scenarios::library::SCENARIOS;
use serde_json::Value;

use crate::run::{Workdir, root};

/// A scenario of a user, by another name than any of the library.
const OWN: &str = "title = \"Mine\"\n\n[[cluster]]\nname = \"mine\"\nnodes = 1\n";

fn listed(workdir: &Workdir) -> Vec<(String, String)> {
    let printed = workdir.done(&["scenarios", "--output", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&printed).expect("a list in JSON");
    let cell = |row: &Value, column: &str| row[column].as_str().expect("a text").to_owned();
    rows.iter().map(|row| (cell(row, "scenario"), cell(row, "shows"))).collect()
}

#[test]
fn the_list_has_every_form() {
    let workdir = Workdir::new();
    let listed = listed(&workdir);
    assert!(listed.len() == SCENARIOS.len() && listed.len() > 20);
    let table = workdir.done(&["scenarios"]);
    let csv = workdir.done(&["scenarios", "--output", "csv"]);
    let names = workdir.done(&["scenarios", "--output", "quiet"]);
    assert!(csv.starts_with("scenario,shows\n"), "{csv}");
    for (number, (name, shows)) in listed.iter().enumerate() {
        assert_eq!(names.lines().nth(number), Some(name.as_str()));
        let line = table.lines().nth(number + 1).unwrap();
        assert!(line.trim_start().starts_with(name) && line.contains(shows), "{line}");
        let line = csv.lines().nth(number + 1).unwrap();
        assert!(line.starts_with(&format!("{name},")) && line.contains(shows), "{line}");
    }
}

#[test]
fn the_readme_lists_the_same_in_the_same_words() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let table = text.split("| scenario | what it shows |\n|---|---|\n").nth(1).unwrap();
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    let listed = listed(&Workdir::new());
    let expected: Vec<String> =
        listed.iter().map(|(name, shows)| format!("| `{name}` | {shows} |")).collect();
    assert_eq!(rows, expected);
}

#[test]
fn each_is_found_by_name_from_anywhere() {
    let workdir = Workdir::new();
    for (name, _) in listed(&workdir) {
        workdir.done(&["simulate", &name, "--check"]);
    }
}

#[test]
fn what_is_found_by_name_runs_as_its_file_does() {
    let workdir = Workdir::new();
    let file = root().join("scenarios/library/easy-against-conservative.toml");
    let file = file.to_str().unwrap();
    for (asked, out) in [("easy-against-conservative", "named"), (file, "read")] {
        workdir.done(&["simulate", asked, "--until", "2d", "--no-plots", "--out", out]);
    }
    for same in ["jobs.csv", "metrics.json", "series.csv", "decisions.jsonl"] {
        let read = |out: &str| workdir.read(&format!("{out}/{same}"));
        assert!(read("named") == read("read"), "{same}");
    }
    let manifest = |out: &str| -> Value {
        serde_json::from_str(&workdir.read(&format!("{out}/manifest.json"))).unwrap()
    };
    let (named, read) = (manifest("named"), manifest("read"));
    assert_eq!(named["scenario"]["sha256"], read["scenario"]["sha256"]);
    assert_eq!(named["scenario"]["name"], "easy-against-conservative");
    assert_eq!(named["clusters"], read["clusters"]);
    let trace = &named["clusters"][0]["owners"]["trace"];
    assert_eq!(trace["name"], "sample:month-128.swf.gz");
    assert_eq!(trace["sha256"].as_str().unwrap().len(), 64);
    // The command that the manifest tells does the same again, from here.
    let command = named["command"].as_str().unwrap();
    let mut words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(words.last(), Some(&"easy-against-conservative"), "{command}");
    words.extend(["--out", "again"]);
    workdir.done(&words);
    assert_eq!(manifest("again"), named);
}

#[test]
fn a_printed_scenario_can_be_saved_changed_and_run() {
    let workdir = Workdir::new();
    for scenario in SCENARIOS {
        let printed = workdir.done(&["scenarios", scenario.name]);
        assert!(printed == scenario.text, "{}", scenario.name);
        workdir.write("mine.toml", printed);
        workdir.done(&["simulate", "mine.toml", "--check"]);
    }
}

#[test]
fn a_file_of_that_name_comes_first_and_a_folder_does_not() {
    let workdir = Workdir::new();
    fs::create_dir(workdir.path("quickstart")).unwrap();
    let checked = workdir.done(&["simulate", "quickstart", "--check"]);
    assert!(checked.contains("quickstart") && !checked.contains("mine"), "{checked}");
    fs::remove_dir(workdir.path("quickstart")).unwrap();
    workdir.write("quickstart", OWN);
    let checked = workdir.done(&["simulate", "quickstart", "--check"]);
    assert!(checked.contains("mine"), "{checked}");
}

#[test]
fn a_wrong_name_is_answered_by_the_nearest() {
    let workdir = Workdir::new();
    let meant = &["did you mean `quickstart`?", "`gleaner scenarios` lists"];
    for wrong in ["quickstrat", "quickstart.toml", "scenarios/library/quickstart.toml"] {
        workdir.gleaner(&["simulate", wrong]).fails(2, meant);
        workdir.gleaner(&["emulate", wrong]).fails(2, meant);
    }
    workdir.gleaner(&["scenarios", "quickstrat"]).fails(2, meant);
    for far in [["simulate", "my-lab"], ["scenarios", "my-lab"]] {
        workdir.gleaner(&far).fails(2, &["`my-lab`", "`gleaner scenarios` lists"]);
    }
    workdir.gleaner(&["scenarios", "quickstart", "--output", "json"]).fails(2, &["--output"]);
}

#[test]
fn samples_need_no_file_and_a_wrong_one_is_answered_by_those_there_are() {
    let workdir = Workdir::new();
    let asked =
        ["simulate", "--trace", "sample:quickstart.swf", "--no-plots", "--scheduler", "easy"];
    let printed = workdir.done(&asked);
    assert!(printed.starts_with("runs/quickstart-1\n"), "{printed}");
    let command = workdir.read("runs/quickstart-1/manifest.json");
    assert!(command.contains("--trace sample:quickstart.swf"), "{command}");
    assert!(workdir.done(&["trace", "info", "sample:month-128.swf.gz"]).contains("3200"));
    let known = &["no sample `quick.swf`", "`sample:quickstart.swf`"];
    workdir.gleaner(&["trace", "info", "sample:quick.swf"]).fails(2, known);
    workdir.write("s.toml", format!("{OWN}owners.trace = \"sample:quick.swf\"\n"));
    workdir.gleaner(&["simulate", "s.toml"]).fails(2, &[&["s.toml:6"], &known[..]].concat());
}

#[test]
fn the_first_scenario_shows_a_harvest_that_costs_the_owners_nothing() {
    let workdir = Workdir::new();
    let holds = "clusters.quickstart.harvest_ratio > 0.89 and clusters.quickstart.killed_jobs > 1000 \
                 and clusters.quickstart.owners_delay_max_s == 0 \
                 and campaigns.sweep.done == 40000";
    let args = ["simulate", "quickstart", "--baseline", "--no-plots", "--assert", holds];
    let printed = workdir.done(&args);
    assert!(printed.contains("owners delay max s"), "{printed}");
    let without = workdir.done(&["simulate", "quickstart", "--no-plots"]);
    assert!(!without.contains("owners delay"), "{without}");
}
