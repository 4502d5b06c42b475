//! Owners' jobs that are made while they are needed, against the same jobs in memory.

use std::path::Path;
use std::sync::Arc;

use gleaner_core::policy::injection;
use gleaner_experiments::built::Built;
use gleaner_experiments::manifest::manifest;
use gleaner_experiments::observer::RunObserver;
use gleaner_experiments::run::{record, run};
use gleaner_reports::recorder::Recorder;
use gleaner_scenarios::scenario::Scenario;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::job::{Job, JobSlot};
use gleaner_sim::observer::{Observer, Unobserved};
use gleaner_sim::time::SimTime;

use crate::run::scenario;

/// Models and listed jobs, failures, schedulers of both kinds, nodes that fail, and a campaign in the holes.
const MIXED: &str = r#"
title = "Many kinds of owners"
seed = 7
until = "3d"

[[cluster]]
name = "flat"
count = 3
nodes = 24
scheduler = "easy"
[cluster.failures]
probability = 0.2
[cluster.node_failures]
mean_time_to_failure = "20d"
mean_time_to_repair = "2h"
[cluster.owners.generate]
model = "poisson"
jobs = 400
mean_gap = "9m"
runtime = "lognormal:7,1.5"
sizes = "pow2:1-16"
daily_cycle = true
request_factor = 3.0
users = 12

[[cluster]]
name = "oar"
nodes = 8
cores_per_node = 4
[cluster.owners.generate]
model = "lublin"
jobs = 150
load = 0.8
request_factor = 2.0
users = 5
[[cluster.job]]
at = "7h"
count = 5
every = "1h"
request = "/nodes=2,walltime=1:00:00"
run = "20m"

[[cluster]]
name = "traced"
nodes = 128
scheduler = "conservative"
[cluster.owners]
trace = "sample:month-128.swf.gz"

[[campaign]]
name = "sweep"
tasks = 500
walltime = "30m"
runtime = "exponential:600"
"#;

fn built(scenario: &Scenario, jobs_kept_max: u64) -> Built {
    let catalogue = Arc::new(injection::standard());
    Built::new(scenario.clone(), &Traces::keeping(jobs_kept_max), catalogue)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn written(built: &Built, folder: &Path) {
    let recorder = Recorder::create(folder, built.info().clone(), built.recorder_options(true));
    let recorder = recorder.expect("the folder takes files");
    let observer = &mut Unobserved;
    record(built, recorder, manifest(built, "none"), observer).expect("the run has a result");
}

#[test]
fn streamed_jobs_leave_the_same_files_byte_for_byte() {
    let scenario = scenario(MIXED, "".as_ref());
    let folders = [0, 600, u64::MAX].map(|jobs_kept_max| {
        let folder = tempfile::tempdir().unwrap();
        written(&built(&scenario, jobs_kept_max), folder.path());
        folder
    });
    let names = ["jobs.csv", "metrics.json", "series.csv", "decisions.jsonl", "report.html"];
    for name in names.into_iter().chain(["manifest.json"]) {
        let read = |at: usize| std::fs::read(folders[at].path().join(name)).unwrap();
        let kept = read(2);
        assert!(kept.len() > 100, "{name}");
        assert!(read(0) == kept && read(1) == kept, "{name} tells of other jobs");
    }
}

/// How many jobs were alive at once, and how many slots they were in.
#[derive(Default)]
struct Alive {
    now: usize,
    most: usize,
    slots: usize,
    seen: usize,
}

impl Alive {
    fn leaves(&mut self) {
        self.now -= 1;
    }
}

impl Observer for Alive {
    fn job_submitted(&mut self, _now: SimTime, slot: JobSlot, _job: &Job) {
        self.now += 1;
        self.seen += 1;
        self.most = self.most.max(self.now);
        self.slots = self.slots.max(slot.index() + 1);
    }

    fn job_ended(&mut self, _slot: JobSlot, _job: &Job) {
        self.leaves();
    }

    fn job_withdrawn(&mut self, _now: SimTime, _slot: JobSlot, _job: &Job) {
        self.leaves();
    }
}

impl RunObserver for Alive {}

#[test]
fn the_world_holds_what_is_alive() {
    const BUSY: &str = r#"
[[cluster]]
name = "site"
count = 12
nodes = 8
scheduler = "easy"
[cluster.owners.generate]
model = "poisson"
jobs = 3000
mean_gap = "10m"
runtime = "exponential:900"
sizes = "1-4"
"#;
    let mut alive = Alive::default();
    run(&built(&scenario(BUSY, "".as_ref()), 0), &mut alive).unwrap();
    assert_eq!((alive.seen, alive.now), (36_000, 0));
    // A job that ends keeps its slot for the instant of its end; then another takes it.
    assert!(alive.slots <= alive.most + 1, "{} of {} slots", alive.most, alive.slots);
    assert!(alive.slots < 400, "{} slots for {} jobs", alive.slots, alive.seen);
}

#[test]
fn a_trace_that_changes_meanwhile_ends_the_run_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.swf");
    let row = |number: u32| format!("{number} {number} 0 10 1 -1 -1 1 20 -1 1 1 1 1 1 1 -1 -1\n");
    let log = |rows: u32| (1..=rows).map(row).collect::<String>();
    std::fs::write(&file, log(100)).unwrap();
    let text = "[[cluster]]\nname = \"site\"\nnodes = 4\nscheduler = \"easy\"\n\
                [cluster.owners]\ntrace = \"log.swf\"\n";
    let built = built(&scenario(text, folder.path()), 0);
    assert_eq!(run(&built, &mut Unobserved).unwrap().metrics.grid.jobs, 100);
    std::fs::write(&file, log(60)).unwrap();
    let error = run(&built, &mut Unobserved).unwrap_err();
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.ends_with("the file has changed since the simulation began"), "{cause}");
    assert!(error.hint().is_some_and(|hint| hint.contains("leave the file as it is")));
}
