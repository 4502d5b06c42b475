//! Runs a scenario and keeps what its jobs went through.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use gleaner_core::decision::Decision;
use gleaner_core::policy::injection;
use gleaner_experiments::built::Built;
use gleaner_experiments::observer::RunObserver;
use gleaner_experiments::result::RunResult;
use gleaner_experiments::run::run;
use gleaner_scenarios::read::parse_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_scenarios::traces::Traces;
use gleaner_sim::job::{Job, JobKind, JobSlot};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::SimTime;

/// Two hours of a small cluster, with a campaign in its holes: no file has a part in it.
pub(crate) const TWO_HOURS: &str = include_str!("../../../benches/scenarios/two-hours.toml");

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) cluster: u16,
    pub(crate) number: u64,
    /// It is a job of the cluster's owners.
    pub(crate) local: bool,
    pub(crate) submit_s: i64,
    pub(crate) start_s: i64,
    pub(crate) end_s: i64,
    pub(crate) processors: u32,
    pub(crate) cores: String,
    pub(crate) reason: String,
    pub(crate) exit_code: i32,
}

/// Everything that ended, in the order in which it did.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    pub(crate) jobs: Vec<Ended>,
    /// Whether to keep the names of cores: long texts on wide machines.
    pub(crate) keep_cores: bool,
    /// All commands of the grid scheduler, one a line.
    pub(crate) commands: String,
}

impl Ends {
    /// Keeps the names of cores.
    pub(crate) fn with_cores() -> Ends {
        Ends { keep_cores: true, ..Ends::default() }
    }
}

impl Observer for Ends {
    fn job_ended(&mut self, _slot: JobSlot, job: &Job) {
        self.jobs.push(Ended {
            cluster: job.cluster.0,
            number: job.spec.number,
            local: job.spec.kind == JobKind::Local,
            submit_s: job.spec.submit.whole_s(),
            start_s: job.start.whole_s(),
            end_s: job.end.whole_s(),
            processors: job.spec.cores,
            cores: if self.keep_cores { job.cores.to_string() } else { String::new() },
            reason: format!("{:?}", job.reason),
            exit_code: job.spec.exit_code,
        });
    }
}

impl RunObserver for Ends {
    fn decided(&mut self, now: SimTime, decision: &Decision) {
        for command in &decision.commands {
            let (id, cluster) = (command.id, command.cluster);
            writeln!(self.commands, "{} {id} {cluster} {:?}", now.whole_s(), command.action)
                .expect("a text takes lines");
        }
    }
}

/// Builds `scenario`, with the policies that come with the core.
pub(crate) fn built(scenario: &Scenario) -> Built {
    let catalogue = Arc::new(injection::standard());
    Built::new(scenario.clone(), &Traces::default(), catalogue)
        .unwrap_or_else(|error| panic!("{}: {error}", scenario.name))
}

/// Runs `scenario`, watched by `observer`.
pub(crate) fn watched<O: RunObserver>(scenario: &Scenario, mut observer: O) -> (RunResult, O) {
    let result = run(&built(scenario), &mut observer);
    (result.unwrap_or_else(|error| panic!("{}: {error}", scenario.name)), observer)
}

/// Returns the jobs of `scenario` that ended by its own time limit, with the names of their cores.
pub(crate) fn jobs(scenario: &Scenario) -> Vec<Ended> {
    watched(scenario, Ends::with_cores()).1.jobs
}

/// Returns the scenario that `text` describes, with paths relative to `folder`.
pub(crate) fn scenario(text: &str, folder: &Path) -> Scenario {
    parse_scenario("test", "test.toml", text, folder, None, &injection::standard())
        .unwrap_or_else(|error| panic!("{error}"))
}
