//! Runs a scenario and keeps what its owners' jobs went through.

use std::path::Path;

use gleaner_core::policy::injection;
use gleaner_scenarios::build::build;
use gleaner_scenarios::read::parse_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_sim::job::{Job, JobKind, JobSlot};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::SimTime;
use gleaner_sim::world::{RunEnd, World};

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

/// The jobs of `scenario` that ended by its own time limit, and how the run ended.
pub(crate) fn run(scenario: &Scenario, keep_cores: bool) -> (RunEnd, Vec<Ended>) {
    let built = build(scenario).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
    let setups = built.into_iter().map(|cluster| cluster.setup).collect();
    let mut world = World::new(setups, Ends { jobs: Vec::new(), keep_cores });
    let end = world.run(scenario.until.unwrap_or(SimTime::NEVER));
    (end, world.into_observer().jobs)
}

/// The scenario that `text` describes, with paths relative to `folder`.
pub(crate) fn scenario(text: &str, folder: &Path) -> Scenario {
    parse_scenario("test", "test.toml", text, folder, None, &injection::standard())
        .unwrap_or_else(|error| panic!("{error}"))
}
