//! A run that begins with a snapshot of a whole day at noon gives the rows of jobs that the day gave after
//! noon, under every scheduler, from file to file.

use std::path::Path;

use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::run::record;
use gleaner_experiments::snapshot::{Reached, snapshot_at};
use gleaner_reports::recorder::Recorder;
use gleaner_scenarios::scenario::Scenario;
use gleaner_scenarios::snapshot::write_snapshot;
use gleaner_sim::observer::Unobserved;
use gleaner_sim::time::SimTime;
use serde_json::Value;

use crate::run::{built, scenario};

const DAY: &str = r#"
seed = 7

[[cluster]]
name = "lab"
nodes = 4
cores_per_node = 4
scheduler = "SCHEDULER"
SNAPSHOT

[cluster.owners.generate]
model = "poisson"
mean_gap = "4m"
runtime = "exponential:1800"
sizes = "1-16"
jobs = 150
estimates = 1.0
users = 5

[[cluster.outage]]
node = 1
down = "1h"
up = "3h"

[[cluster.resize]]
at = "2h"
nodes = 3

[[cluster.resize]]
at = "5h"
nodes = 4

[[cluster.job]]
name = "listed"
at = "30m"
count = 6
every = "40m"
request = "/core=3,walltime=2:00:00"
run = "90m"
"#;

fn day(scheduler: &str, snapshot: &str, folder: &Path) -> Scenario {
    let text = DAY.replace("SCHEDULER", scheduler).replace("SNAPSHOT", snapshot);
    scenario(&text, folder)
}

/// The rows of `jobs.csv` of jobs that end after `from_s`; of those submitted before, without what they
/// waited for, which a snapshot does not tell.
fn rows(scenario: &Scenario, from_s: f64) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let built = built(scenario);
    let recorder =
        Recorder::create(folder.path(), built.info().clone(), built.recorder_options(false))
            .expect("a folder for the run");
    record(&built, recorder, Value::Null, &mut Unobserved).expect("it runs");
    let text = std::fs::read_to_string(folder.path().join("jobs.csv")).expect("jobs are written");
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    assert_eq!(names[names.len() - 2..], ["wait_cause", "overtook"]);
    let time_s = |line: &str, name: &str| -> f64 {
        let at = names.iter().position(|known| *known == name).expect("a column");
        line.split(',').nth(at).and_then(|time| time.parse().ok()).expect("a time")
    };
    let told = |line: &str| match time_s(line, "submission_time") > from_s {
        true => line.to_owned(),
        false => line.rsplitn(3, ',').last().expect("the columns before").to_owned(),
    };
    lines.filter(|line| time_s(line, "finish_time") > from_s).map(told).collect()
}

#[test]
fn the_afternoon_from_a_file_is_that_of_the_day() {
    for scheduler in ["fcfs", "easy", "easy-sjbf", "conservative", "oar"] {
        for noon_s in [1_234, 7_200, 9_000, 17_000] {
            let folder = tempfile::tempdir().unwrap();
            let whole = day(scheduler, "", folder.path());
            let noon = SimTime::from_s(noon_s);
            let reached = snapshot_at(&built(&whole), noon, &Cancel::default()).unwrap();
            let Reached::Instant(snapshot) = reached else { panic!("{scheduler}: {reached:?}") };
            assert!(!snapshot.jobs.is_empty(), "{scheduler}: nothing to go on with");
            let (text, left_out) = write_snapshot(&snapshot, 0, "lab");
            assert_eq!(left_out, 0);
            std::fs::write(folder.path().join("noon.json"), text).unwrap();
            let half = day(scheduler, "snapshot = \"noon.json\"", folder.path());
            let (whole, half) = (rows(&whole, noon_s as f64), rows(&half, noon_s as f64));
            for (at, (expected, row)) in whole.iter().zip(&half).enumerate() {
                assert_eq!(row, expected, "{scheduler}, row {at} after {noon_s} s");
            }
            assert_eq!(whole.len(), half.len(), "{scheduler}");
        }
    }
}

#[test]
fn a_run_that_is_over_before_has_no_snapshot() {
    let built = built(&day("easy", "", Path::new("")));
    let late = SimTime::from_s(10_000_000);
    let reached = snapshot_at(&built, late, &Cancel::default()).unwrap();
    assert!(matches!(reached, Reached::EndedBefore(end) if end < late), "{reached:?}");
}

/// By hand: two jobs run, one waits, and nobody knows the scheduler's mind or true run times.
const BY_HAND: &str = r#"{
  "format": "gleaner-snapshot-1", "cluster": "lab", "at_s": 36000, "nodes": 4, "cores_per_node": 4,
  "jobs": [
    {"number": 901, "state": "running", "submit_s": 30000, "cores": 8, "walltime_s": 9000, "start_s": 32000,
     "on": "0-7"},
    {"number": 902, "state": "running", "submit_s": 30500, "cores": 2, "walltime_s": 7200, "start_s": 33000,
     "on": "8 12"},
    {"number": 903, "state": "waiting", "submit_s": 31000, "cores": 16, "walltime_s": 600}
  ]
}"#;

#[test]
fn a_snapshot_by_hand_runs_as_long_as_was_asked() {
    let text = "[[cluster]]\nname = \"lab\"\nnodes = 4\ncores_per_node = 4\n\
                scheduler = \"easy\"\nsnapshot = \"hand.json\"\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hand.json"), BY_HAND).unwrap();
    let scenario = scenario(text, folder.path());
    let begins = built(&scenario).clusters()[0].snapshot.clone().unwrap();
    assert_eq!(begins.read.unknown_runs, 3);
    let (result, ends) = crate::run::watched(&scenario, crate::run::Ends::with_cores());
    let times = ends.jobs.iter().map(|job| (job.number, job.start_s, job.end_s));
    let times: Vec<_> = times.collect();
    assert_eq!(times, [(902, 33_000, 40_200), (901, 32_000, 41_000), (903, 41_000, 41_600)]);
    // The figures begin with the snapshot: 5,000 s of 8 cores, 4,200 s of 2, 600 s of 16, of 5,600 s of 16.
    let used = f64::from(5_000 * 8 + 4_200 * 2 + 600 * 16);
    assert_eq!(result.metrics.grid.horizon_start_s, Some(36_000.0));
    assert_eq!(result.metrics.clusters["lab"].utilisation, Some(used / f64::from(5_600 * 16)));
}

#[test]
fn what_a_snapshot_cannot_be_is_told_with_place_and_hint() {
    let cases = [
        (
            "\"gleaner-snapshot-1\"",
            "\"gleaner-snapshot-9\"",
            "its `format` is `gleaner-snapshot-9`",
        ),
        ("\"nodes\": 4", "\"nodes\": 5", "a cluster of 5 nodes with 4 cores each, not of 4"),
        ("\"cores\": 16", "\"cores\": 17", "job 903 has 17 cores of 16"),
        ("\"8 12\"", "\"7 12\"", "job 902 is on core 7, which another job holds"),
        ("\"8 12\"", "\"8 16\"", "job 902 is on cores `8 16`, which are not 2"),
        ("\"walltime_s\": 7200", "\"walltime_s\": 2000", "job 902 would have ended at 35000 s"),
        ("\"number\": 903", "\"number\": 902", "job 902 is there twice"),
        (", \"walltime_s\": 600", "", "nobody knows how long job 903 runs"),
        (
            "\"submit_s\": 31000",
            "\"submit_s\": 37000",
            "job 903 is submitted at 37000 s, and it is 36000 s",
        ),
        ("\"state\": \"waiting\"", "\"state\": \"held\"", "unknown variant `held`"),
        ("\"jobs\": [", "\"jobs\": [[", "expected `,` or `]`"),
        ("\"at_s\": 36000,", "", "missing field `at_s`"),
        ("  ]\n}", "  ]", "EOF while parsing"),
    ];
    let toml = "[[cluster]]\nname = \"lab\"\nnodes = 4\ncores_per_node = 4\nscheduler = \"easy\"\n\
                snapshot = \"bad.json\"\n";
    for (good, bad, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        assert!(BY_HAND.contains(good), "{good}");
        std::fs::write(folder.path().join("bad.json"), BY_HAND.replacen(good, bad, 1)).unwrap();
        let catalogue = std::sync::Arc::new(gleaner_core::policy::injection::standard());
        let traces = gleaner_scenarios::traces::Traces::default();
        let scenario = scenario(toml, folder.path());
        let error = gleaner_experiments::built::Built::new(scenario, &traces, catalogue)
            .err()
            .unwrap_or_else(|| panic!("{bad} is taken"));
        let told = error.to_string();
        assert!(told.starts_with("test.toml:6:12: cannot use snapshot"), "{told}");
        assert!(told.contains(expected), "{told}");
        assert!(error.hint().is_some(), "{told}");
    }
}
