//! The output folder: what is in it, that two runs write equal bytes, and that it is not written
//! over other people's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::run::{Workdir, root, sample};

/// All files below a folder by their relative path.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder of results") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below the folder").display().to_string();
            files.insert(name, fs::read(&path).expect("a file of results"));
        }
    }
    files
}

fn scenario(name: &str) -> String {
    root().join("scenarios/library").join(name).display().to_string()
}

#[test]
fn two_runs_of_each_scenario_write_equal_bytes() {
    let workdir = Workdir::new();
    let library = fs::read_dir(root().join("scenarios/library")).unwrap();
    let names = library.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in names.filter(|name| name.ends_with(".toml")) {
        // A part of each will do: whole runs are compared, without files, by the tests of the library.
        let call = |out| {
            let file = scenario(&name);
            workdir.done(&["simulate", &file, "--until", "2d", "--out", out, "--output", "quiet"]);
            contents(&workdir.path(out))
        };
        let (first, second) = (call("first"), call("second"));
        for file in ["jobs.csv", "metrics.json", "series.csv", "manifest.json", "report.html"] {
            assert!(first.contains_key(file), "{name}: no `{file}`");
        }
        assert!(first.keys().any(|file| file.starts_with("plots/")), "{name}: no plots");
        assert!(first.keys().eq(second.keys()), "{name}");
        for (file, bytes) in &first {
            assert!(second[file] == *bytes, "{name}: `{file}` differs between two runs");
        }
        fs::remove_dir_all(workdir.path("first")).unwrap();
        fs::remove_dir_all(workdir.path("second")).unwrap();
    }
}

#[test]
fn a_run_without_jobs_csv_has_the_same_figures() {
    let workdir = Workdir::new();
    let run = ["simulate", &scenario("quickstart.toml"), "--until", "3d", "--out", "out"];
    workdir.done(&run);
    let with = contents(&workdir.path("out"));
    workdir.done(&[&run[..], &["--no-jobs"]].concat());
    let without = contents(&workdir.path("out"));
    let left_out: Vec<_> = with.keys().filter(|file| !without.contains_key(*file)).collect();
    assert_eq!(left_out, ["jobs.csv"]);
    let manifest = String::from_utf8_lossy(&without["manifest.json"]);
    assert!(manifest.contains(" --no-jobs "), "the command leaves it out again: {manifest}");
    let page = |files: &BTreeMap<String, Vec<u8>>| {
        String::from_utf8_lossy(&files["report.html"]).contains("every job in <code>jobs.csv")
    };
    assert!(page(&with) && !page(&without));
    let told = |file: &&String| !["manifest.json", "report.html"].contains(&file.as_str());
    for file in without.keys().filter(told) {
        assert!(with[file] == without[file], "`{file}` tells another run");
    }
}

#[test]
fn jobs_have_the_columns_that_scripts_rely_on() {
    let workdir = Workdir::new();
    workdir.done(&["simulate", &scenario("quickstart.toml"), "--no-plots", "--out", "out"]);
    let jobs = workdir.read("out/jobs.csv");
    assert_eq!(
        jobs.lines().next().unwrap(),
        "job_id,workload_name,profile,submission_time,requested_number_of_resources,requested_time,\
         success,final_state,starting_time,execution_time,finish_time,waiting_time,turnaround_time,\
         stretch,allocated_resources,consumed_energy,metadata,cluster,user,queue,kind,campaign,task,\
         attempt,exit_code,wait_cause,overtook"
    );
    let owners = jobs.lines().filter(|row| row.contains(",local,")).count();
    assert_eq!(owners, 1500);
    let series = workdir.read("out/series.csv");
    assert_eq!(
        series.lines().next().unwrap(),
        "time,cluster,local_used,besteffort_used,free,unavailable,local_waiting,besteffort_waiting,\
         submitted,load"
    );
    // Nobody measures a file server here: that is told, and no load of 0.
    assert!(series.lines().skip(1).all(|row| row.ends_with(',') && !row.ends_with(",,")));
}

#[test]
fn without_plots_the_page_is_short() {
    let workdir = Workdir::new();
    workdir.done(&["simulate", &scenario("quickstart.toml"), "--no-plots", "--out", "out"]);
    let files = contents(&workdir.path("out"));
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        "decisions.jsonl",
        "jobs.csv",
        "manifest.json",
        "metrics.json",
        "report.html",
        "series.csv",
    ];
    assert_eq!(names, expected);
    let page = workdir.read("out/report.html");
    assert!(page.contains("Quickstart") && !page.contains("<svg"));
}

#[test]
fn the_page_needs_nothing_else() {
    let workdir = Workdir::new();
    workdir.done(&["simulate", &scenario("quickstart.toml"), "--out", "out"]);
    let page = workdir.read("out/report.html");
    for outside in ["src=\"http", "href=\"http", "url(http", "<link", "@import"] {
        assert!(!page.contains(outside), "the page loads `{outside}`");
    }
    assert!(page.contains("Quickstart: a busy week on 64 cores") && page.contains("<svg"));
}

#[test]
fn new_runs_get_new_folders() {
    let workdir = Workdir::new();
    let call = || workdir.done(&["simulate", &scenario("quickstart.toml"), "--no-plots"]);
    assert_eq!(call().lines().next(), Some("runs/quickstart-1"));
    assert_eq!(call().lines().next(), Some("runs/quickstart-2"));
}

#[test]
fn an_earlier_report_is_replaced_but_nothing_else() {
    let workdir = Workdir::new();
    let file = scenario("quickstart.toml");
    let args = ["simulate", &file, "--no-plots", "--out", "out"];
    workdir.done(&args);
    workdir.done(&args);
    fs::create_dir(workdir.path("photos")).unwrap();
    workdir.write("photos/holiday.jpg", "not a report");
    let answer = workdir.gleaner(&["simulate", &file, "--out", "photos"]);
    answer.fails(4, &["`photos` has files in it that are not a report", "--out"]);
    assert_eq!(contents(&workdir.path("photos")).len(), 1);
}

#[test]
fn the_manifest_tells_how_to_repeat_the_run() {
    let workdir = Workdir::new();
    fs::copy(sample("quickstart.swf"), workdir.path("log.swf")).unwrap();
    workdir.done(&[
        "simulate",
        "--trace",
        "log.swf",
        "--processors",
        "64",
        "--scheduler",
        "fcfs",
        "--seed",
        "5",
        "--no-plots",
        "--out",
        "first",
    ]);
    let manifest: serde_json::Value =
        serde_json::from_str(&workdir.read("first/manifest.json")).unwrap();
    let command = manifest["command"].as_str().unwrap();
    assert!(!command.contains("first"), "{command}");
    let mut words: Vec<&str> = command.split(' ').skip(1).collect();
    words.extend(["--out", "second"]);
    workdir.done(&words);
    assert!(contents(&workdir.path("first")) == contents(&workdir.path("second")));
}
