//! Runs a scenario with its grid: the scheduler over the simulated clusters, invariants checked in
//! every cycle.

use std::fmt::Write;

use gleaner_core::backend::{CycleBuffers, Stop, cycle};
use gleaner_core::ids::CampaignId;
use gleaner_core::policy::injection;
use gleaner_core::report::Notice;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::time::Timestamp;
use gleaner_scenarios::build::build;
use gleaner_scenarios::build::grid::build_grid;
use gleaner_scenarios::scenario::Scenario;
use gleaner_sim::backend::{GridEnd, SimBackend};
use gleaner_sim::observer::Observer;

/// What became of a grid.
pub(crate) struct GridRun<O> {
    pub(crate) end: GridEnd,
    pub(crate) scheduler: Scheduler,
    pub(crate) observer: O,
    /// All commands, one a line.
    pub(crate) commands: String,
    /// When campaigns finished.
    pub(crate) finished: Vec<(CampaignId, Timestamp)>,
}

/// Runs `scenario` to its end, watched by `observer`.
pub(crate) fn run_grid<O: Observer>(scenario: &Scenario, observer: O) -> GridRun<O> {
    let wrong = |error: gleaner_scenarios::error::ScenarioError| -> ! {
        panic!("{}: {error}", scenario.name)
    };
    let built = build(scenario).unwrap_or_else(|error| wrong(error));
    let grid = build_grid(scenario, &built).unwrap_or_else(|error| wrong(error));
    let setups = built.into_iter().map(|cluster| cluster.setup).collect();
    let mut scheduler =
        Scheduler::new(grid.config, &injection::standard()).expect("policies were checked");
    let mut backend = SimBackend::new(setups, grid.setup, observer);
    let mut buffers = CycleBuffers::default();
    let (mut commands, mut finished) = (String::new(), Vec::new());
    loop {
        match cycle(&mut scheduler, &mut backend, &mut buffers) {
            Ok(()) => {}
            Err(Stop::Finished) => break,
            Err(Stop::Failed(error)) => panic!("{}: {error}", scenario.name),
        }
        scheduler.check_invariants().unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
        let now = buffers.observation.now;
        for command in &buffers.decision.commands {
            let (id, cluster) = (command.id, command.cluster);
            writeln!(commands, "{} {id} {cluster} {:?}", now.seconds(), command.action)
                .expect("a text takes lines");
        }
        for notice in &buffers.decision.report.notices {
            if let Notice::CampaignFinished { campaign } = notice {
                finished.push((*campaign, now));
            }
        }
    }
    scheduler.check_invariants_fully().unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
    let end = backend.end().expect("a grid that stopped has its reason");
    GridRun { end, scheduler, observer: backend.into_observer(), commands, finished }
}
