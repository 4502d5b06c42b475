//! Campaigns in `gleaner simulate`: options, files, and that two runs give equal bytes.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::run::{Answer, Workdir, root};

/// Two clusters whose owners leave holes, and a campaign of short tasks for both.
const GRID: &str = r#"title = "Grid"
seed = 5

[[cluster]]
name = "left"
nodes = 8
cores_per_node = 4
scheduler = "easy"

[cluster.owners.generate]
model = "lublin"
jobs = 200
load = 0.8
estimates = 2.0
users = 5

[[cluster]]
name = "right"
nodes = 4
cores_per_node = 4
scheduler = "conservative"

[cluster.owners.generate]
model = "lublin"
jobs = 100
load = 0.6
estimates = 2.0
users = 5

[[campaign]]
name = "sweep"
user = "ada"
tasks = 2000
walltime = "8h"
runtime = "exponential:900"
failure_probability = 0.02
"#;

/// The same with a bad way to the clusters, where killing takes time.
fn with_latencies() -> String {
    let worse = "besteffort = { start_latency = \"3s\", cleanup_latency = \"20s\", kill_latency = \"30s\" }\n\
                 network = { latency = \"1s\", poll_period = \"20s\", stale = 0.1, refused = 0.1, lost = 0.1 }\n";
    GRID.replace("cores_per_node = 4\n", &format!("cores_per_node = 4\n{worse}"))
}

const JDL: &str = r#"{
  "name": "sweep",
  "nb_jobs": 300,
  "exec_file": "simulate.sh",
  "walltime": "01:00:00",
  "clusters": { "lab": {} }
}
"#;

fn grid(text: &str) -> Workdir {
    let workdir = Workdir::new();
    workdir.write("grid.toml", text);
    workdir
}

fn metrics(workdir: &Workdir, folder: &str) -> Value {
    serde_json::from_str(&workdir.read(&format!("{folder}/metrics.json"))).expect("figures in JSON")
}

fn number(value: &Value, path: &str) -> f64 {
    let found = path.split('/').fold(value, |value, key| &value[key]);
    found.as_f64().unwrap_or_else(|| panic!("{path} is {found}"))
}

/// All files of a folder, by their paths in it.
fn files(workdir: &Workdir, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![workdir.path(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(workdir.path("")).expect("a path below").components();
            let name = name.skip(1).collect::<std::path::PathBuf>().display().to_string();
            found.insert(name, fs::read(&path).expect("a readable file"));
        }
    }
    found
}

#[test]
fn a_grid_gives_equal_bytes_twice() {
    let workdir = grid(&with_latencies());
    workdir.done(&["simulate", "grid.toml", "--baseline", "--out", "one"]);
    workdir.done(&["simulate", "grid.toml", "--baseline", "--out", "two"]);
    let (one, two) = (files(&workdir, "one"), files(&workdir, "two"));
    for name in [
        "jobs.csv",
        "metrics.json",
        "series.csv",
        "decisions.jsonl",
        "manifest.json",
        "report.html",
    ] {
        assert!(one.get(name).is_some_and(|bytes| !bytes.is_empty()), "{name} in {:?}", one.keys());
    }
    assert!(one.keys().any(|name| name.ends_with(".svg")), "{:?}", one.keys());
    for (name, bytes) in &one {
        assert!(two.get(name) == Some(bytes), "{name} differs");
    }
    assert_eq!(one.len(), two.len());
}

#[test]
fn another_seed_gives_another_run() {
    let workdir = grid(GRID);
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--out", "one"]);
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--seed", "6", "--out", "two"]);
    assert_ne!(workdir.read("one/jobs.csv"), workdir.read("two/jobs.csv"));
}

#[test]
fn the_baseline_finds_no_delay_where_killing_takes_no_time() {
    let workdir = grid(GRID);
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--baseline", "--out", "out"]);
    let figures = metrics(&workdir, "out");
    for cluster in ["left", "right"] {
        assert!(number(&figures, &format!("clusters/{cluster}/killed_jobs")) > 0.0);
        for key in ["owners_delay_mean_s", "owners_delay_max_s"] {
            assert_eq!(number(&figures, &format!("clusters/{cluster}/{key}")), 0.0);
        }
    }
    assert_eq!(number(&figures, "grid/owners_delay_max_s"), 0.0);
}

#[test]
fn the_baseline_measures_what_killing_costs() {
    let workdir = grid(&with_latencies());
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--baseline", "--out", "out"]);
    let figures = metrics(&workdir, "out");
    assert!(number(&figures, "grid/owners_delay_mean_s") > 0.0);
    assert!(number(&figures, "grid/owners_delay_max_s") >= 50.0, "a kill and a clean-up");
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--out", "plain"]);
    assert!(metrics(&workdir, "plain")["grid"].get("owners_delay_mean_s").is_none());
}

#[test]
fn counts_of_the_campaign_add_up() {
    let workdir = grid(&with_latencies());
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--out", "out"]);
    let campaign = &metrics(&workdir, "out")["campaigns"]["sweep"];
    let jobs = workdir.read("out/jobs.csv");
    let header: Vec<&str> = jobs.lines().next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (kind, task, state) = (column("kind"), column("task"), column("final_state"));
    let start = column("starting_time");
    let mut done: BTreeMap<&str, u32> = BTreeMap::new();
    let mut killed = 0.0;
    for line in jobs.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[kind] == "best-effort" {
            *done.entry(cells[task]).or_default() +=
                u32::from(cells[state] == "COMPLETED_SUCCESSFULLY");
            let begun = !cells[start].is_empty();
            killed += f64::from(u8::from(begun && cells[state] == "COMPLETED_KILLED"));
        }
    }
    assert_eq!(done.len(), 2000, "each task was tried");
    assert!(done.values().all(|times| *times <= 1), "no task is done twice");
    let succeeded = done.values().filter(|times| **times == 1).count();
    assert_eq!(number(campaign, "done"), succeeded as f64);
    assert_eq!(number(campaign, "tasks"), 2000.0);
    assert_eq!(number(campaign, "killed"), killed);
    assert!((1900..2000).contains(&succeeded), "{succeeded}: one in fifty fails by itself");
}

#[test]
fn decisions_are_lines_of_json() {
    let workdir = grid(GRID);
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--out", "out"]);
    let text = workdir.read("out/decisions.jsonl");
    let (mut submitted, mut last_s) = (0, f64::MIN);
    for line in text.lines() {
        let cycle: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let time_s = number(&cycle, "time");
        assert!(time_s >= last_s, "{line}");
        last_s = time_s;
        assert!(cycle["reasons"].is_array(), "{line}");
        for command in cycle["commands"].as_array().expect("commands") {
            assert!(["left", "right"].contains(&command["cluster"].as_str().unwrap()), "{line}");
            if command["action"] == "submit best-effort" {
                submitted += command["jobs"].as_u64().unwrap();
            }
        }
    }
    let attempts = number(&metrics(&workdir, "out"), "campaigns/sweep/attempts");
    assert!(submitted as f64 >= attempts && attempts >= 2000.0, "{submitted} and {attempts}");
}

#[test]
fn another_policy_decides_otherwise() {
    let workdir = grid(GRID);
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--out", "tap"]);
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--policy", "greedy", "--out", "greedy"]);
    let first = |folder: &str| {
        let text = workdir.read(&format!("{folder}/decisions.jsonl"));
        let mut cycles = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let jobs = cycles.find_map(|cycle| cycle["commands"][0]["jobs"].as_u64());
        jobs.expect("something is submitted")
    };
    assert_eq!(first("tap"), 3, "the tap opens slowly");
    assert!(first("greedy") > 3, "greedy fills at once: {}", first("greedy"));
    let manifest: Value = serde_json::from_str(&workdir.read("greedy/manifest.json")).unwrap();
    assert_eq!(manifest["policy"], "greedy");
}

/// Two jobs with some hours between them.
const LOG: &str = "1 0 -1 600 2 -1 -1 2 900 -1 1 1 -1 -1 -1 -1 -1 -1\n\
                   2 30000 -1 600 4 -1 -1 4 900 -1 1 1 -1 -1 -1 -1 -1 -1\n";

/// A log with idle cores and a campaign added to it by options.
fn add_campaign(jdl: &str, more: &[&str]) -> (Workdir, Answer) {
    let workdir = Workdir::new();
    workdir.write("lab.swf", LOG);
    workdir.write("sweep.json", jdl);
    let mut args = vec!["simulate", "--trace", "lab.swf", "--processors", "4", "--no-plots"];
    args.extend(["--out", "out", "--campaign", "sweep.json"]);
    args.extend(more);
    let answer = workdir.gleaner(&args);
    (workdir, answer)
}

#[test]
fn a_campaign_is_added_to_a_trace() {
    let (workdir, answer) = add_campaign(JDL, &["--task-runtime", "fixed:30"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let campaign = &metrics(&workdir, "out")["campaigns"]["sweep"];
    assert_eq!((number(campaign, "tasks"), number(campaign, "done")), (300.0, 300.0));
    assert_eq!(number(campaign, "useful_core_s"), 9000.0, "300 tasks of 30 s");
    let (workdir, _) = add_campaign(JDL, &[]);
    let campaign = &metrics(&workdir, "out")["campaigns"]["sweep"];
    assert_eq!(number(campaign, "useful_core_s"), 18_000.0, "a minute each if nothing is said");
}

#[test]
fn run_times_may_come_from_a_file() {
    let workdir = Workdir::new();
    workdir.write("times.txt", "10\n20s\n1m\n");
    workdir.write("lab.swf", LOG);
    workdir.write("sweep.json", JDL);
    workdir.done(&[
        "simulate",
        "--trace",
        "lab.swf",
        "--processors",
        "4",
        "--no-plots",
        "--out",
        "out",
        "--campaign",
        "sweep.json",
        "--task-runtime",
        "file:times.txt",
    ]);
    let useful = number(&metrics(&workdir, "out"), "campaigns/sweep/useful_core_s");
    assert_eq!(useful, 9000.0, "a hundred times 10, 20 and 60 s");
}

#[test]
fn a_task_is_explained() {
    let (_, answer) = add_campaign(JDL, &["--explain", "1.0", "--explain", "1.299"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("task 1.0 (`0`): done"), "{}", answer.out);
    assert!(answer.out.contains("task 1.299 (`299`): done"), "{}", answer.out);
    let (_, answer) = add_campaign(JDL, &["--until", "10m", "--explain", "1.299"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("task 1.299 (`299`): "), "{}", answer.out);
}

#[test]
fn a_task_that_is_not_there_is_not_explained() {
    let (workdir, answer) = add_campaign(JDL, &["--explain", "1.300"]);
    answer.fails(3, &["no task 1.300 to explain: campaign 1 has 300 tasks", "numbered from 0"]);
    assert!(!workdir.path("out").exists(), "it is known before the run");
    let (_, answer) = add_campaign(JDL, &["--explain", "7.0"]);
    answer.fails(3, &["no task 7.0 to explain: the scenario has 1 campaigns"]);
    let (_, answer) = add_campaign(JDL, &["--explain", "first"]);
    answer.fails(2, &["--explain", "first"]);
}

#[test]
fn a_job_description_that_cannot_be_used_is_refused() {
    for (jdl, parts) in [
        (JDL.replace("300,", "300"), ["line 4, column 3", "sweep.json"]),
        (JDL.replace("\"lab\"", "\"lob\""), ["lob", "lab"]),
        (JDL.replace("\"01:00:00\"", "\"soon\""), ["walltime", "soon"]),
        (JDL.replace("  \"nb_jobs\": 300,\n", ""), ["nb_jobs", "sweep.json"]),
        (JDL.replace("300", "-3"), ["nb_jobs", "-3"]),
    ] {
        let (workdir, answer) = add_campaign(&jdl, &[]);
        answer.fails(2, &parts);
        assert!(!workdir.path("out").exists(), "a refused run leaves no folder");
    }
    let workdir = grid(GRID);
    let missing = workdir.gleaner(&["simulate", "grid.toml", "--campaign", "missing.json"]);
    missing.fails(2, &["--campaign", "cannot read `missing.json`", "No such file"]);
}

#[test]
fn policies_and_laws_that_do_not_exist_are_refused() {
    let workdir = grid(GRID);
    let call = |more: &[&str]| {
        let mut args = vec!["simulate", "grid.toml", "--out", "out"];
        args.extend(more);
        workdir.gleaner(&args)
    };
    call(&["--policy", "tpa"]).fails(2, &["--policy: unknown policy `tpa`", "did you mean `tap`"]);
    call(&["--policy", "tap:factor=fast"])
        .fails(2, &["`factor=fast` in policy `tap`: expected a number from 1 to 100", "default"]);
    call(&["--policy", "tap:factor=nan"]).fails(2, &["`factor=nan` in policy `tap`"]);
    call(&["--policy", "tap:gain=2"]).fails(2, &["policy `tap` has no parameter `gain`"]);
    call(&["--policy", "tap:init=200"]).fails(2, &["`init` is larger than `max`"]);
    workdir.write("sweep.json", JDL);
    call(&["--campaign", "sweep.json", "--task-runtime", "fixed:soon"])
        .fails(2, &["`fixed:soon` is not a law of run times", "fixed:60"]);
    call(&["--campaign", "sweep.json", "--task-runtime", "file:none.txt"])
        .fails(2, &["cannot read run times from `none.txt`"]);
    call(&["--task-runtime", "fixed:60"]).fails(2, &["--campaign"]);
    assert!(!workdir.path("out").exists());
}

#[test]
fn check_reads_job_descriptions_too() {
    let bad = GRID
        .replace("tasks = 2000\nwalltime = \"8h\"\n", "jdl = \"missing.json\"\n")
        .replace("name = \"sweep\"\n", "");
    let workdir = grid(&bad);
    workdir
        .gleaner(&["simulate", "grid.toml", "--check"])
        .fails(2, &["grid.toml:32:7", "missing.json"]);
}

#[test]
fn the_tap_meets_its_published_makespans() {
    let scenario = root().join("scenarios/library/tap-oracle.toml");
    let claims = "campaigns.jobs-724.makespan_s == 8400 and campaigns.jobs-2124.makespan_s == 16800 \
                  and campaigns.jobs-6124.makespan_s == 40800 and campaigns.jobs-12824.makespan_s == 81000 \
                  and campaigns.jobs-66524.makespan_s == 403200";
    let workdir = Workdir::new();
    let scenario = scenario.to_str().unwrap();
    workdir.done(&["simulate", scenario, "--no-plots", "--out", "out", "--assert", claims]);
}
