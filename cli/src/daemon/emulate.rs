//! `gleaner emulate`: builds the clusters of a scenario, serves them as OAR would, and says where.
//! Decides nothing.

mod emulated;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_emulator::engine::Engine;
use gleaner_emulator::error::EmulatorError;
use gleaner_emulator::serve::{ServeOptions, Server, Stop};
use gleaner_scenarios::build::build;
use gleaner_scenarios::build::grid::build_grid;
use gleaner_scenarios::error::{Problem, ScenarioError};
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_scenarios::streams::Seed;
use gleaner_scenarios::traces::Traces;

use crate::args::daemon::emulate::EmulateArgs;
use crate::failure::{FAILED, Failure, REFUSED};
use crate::output;
use crate::simulate::folder;

/// Runs the command.
pub(crate) fn run(options: &EmulateArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let scenario = read_scenario(&options.scenario, options.seed.map(Seed), catalogue)?;
    let folder = match &options.dir {
        Some(folder) => folder.clone(),
        None => folder::new_run(&scenario.name)?,
    };
    let folder =
        std::path::absolute(&folder).map_err(|error| Failure::file("find", &folder, &error))?;
    let serve = ServeOptions {
        listen: options.listen,
        allow_remote: options.allow_remote,
        pace: options.speed,
        log: options.log.clone(),
        folder,
        users: users(&scenario, &options.user),
        processes_max: usize::from(options.processes.max(1)),
    };
    let server = server(&scenario, serve)?;
    for ready in server.ready() {
        output::json_line(ready);
    }
    server.run(Stop::Signal).map_err(failed)
}

/// Makes a server of a scenario's clusters that listens, but does not answer yet.
pub(super) fn server(scenario: &Scenario, serve: ServeOptions) -> Result<Server, Failure> {
    refuse_snapshots(scenario)?;
    // All of them in memory: an emulation is not stopped by a trace that changes meanwhile.
    let built = build(scenario, &Traces::keeping(u64::MAX))?;
    let grid = build_grid(scenario, &built)?;
    let (clusters, secrets) = emulated::clusters(scenario, built).map_err(failed)?;
    let engine = Engine::new(clusters, emulated::behaviours(grid));
    Server::bind(engine, &secrets, serve).map_err(failed)
}

/// An emulated cluster knows jobs by what was submitted to it, so it begins with none.
fn refuse_snapshots(scenario: &Scenario) -> Result<(), ScenarioError> {
    let mut snapshots = scenario.clusters.iter().filter_map(|plan| plan.snapshot.as_ref());
    snapshots.next().map_or(Ok(()), |snapshot| {
        let message = "an emulated cluster cannot begin with a snapshot".to_owned();
        let hint = "leave out `snapshot`, or simulate the scenario".to_owned();
        Err(snapshot.location.invalid(Problem::Part { message, hint }).into())
    })
}

/// Everybody who may want a token: users of campaigns, those asked for, and the administrator.
pub(super) fn users(scenario: &Scenario, asked: &[String]) -> Vec<String> {
    let campaigns = scenario.grid.campaigns.iter().map(|campaign| campaign.user.clone());
    let mut users: Vec<String> = campaigns.chain(asked.iter().cloned()).collect();
    users.push("oar".to_owned());
    users.sort();
    users.dedup();
    users
}

pub(super) fn failed(error: EmulatorError) -> Failure {
    let code = match &error {
        EmulatorError::NotLoopback(_) | EmulatorError::LocalForStrangers { .. } => REFUSED,
        EmulatorError::Listen { .. }
        | EmulatorError::Write { .. }
        | EmulatorError::System { .. }
        | EmulatorError::Token(_) => FAILED,
    };
    Failure::caused(code, &error, error.hint().map(str::to_owned))
}
