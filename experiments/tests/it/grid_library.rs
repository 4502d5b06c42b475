//! Every scenario of the library that has campaigns is run with them, twice; the scheduler's
//! invariants are checked in each cycle, the guards watch inside the World.

use std::path::Path;

use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::policy::injection;
use gleaner_experiments::result::{Ending, RunResult};
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_sim::time::SimTime;

use crate::library::files;
use crate::run::{Ends, watched};

/// Least number of scenarios with campaigns.
const FILES_MIN: usize = 8;

/// Scenarios too long for an unoptimised build, and the days of them that are run here.
const CUT: [(&str, i64); 2] = [("a-million-tasks", 1), ("gricad-like-month", 2)];

fn library_scenario(file: &Path) -> Scenario {
    let mut scenario =
        read_scenario(file, None, &injection::standard()).unwrap_or_else(|error| panic!("{error}"));
    if let Some((_, days)) = CUT.iter().find(|(name, _)| *name == scenario.name) {
        let cut = SimTime::from_s(days * 86_400);
        scenario.until = Some(scenario.until.map_or(cut, |until| until.min(cut)));
    }
    scenario
}

fn named(name: &str) -> Scenario {
    let file = files().into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
    library_scenario(&file.expect("a scenario of the library"))
}

fn result(name: &str) -> RunResult {
    watched(&named(name), Ends::default()).0
}

/// Returns when a campaign was over, in seconds.
fn finished_s(result: &RunResult, campaign: usize) -> i64 {
    result.campaigns[campaign].finished_ms.expect("it finished") / 1000
}

#[test]
fn every_scenario_with_campaigns_runs_twice_alike() {
    let scenarios: Vec<Scenario> = files().iter().map(|file| library_scenario(file)).collect();
    let with: Vec<_> = scenarios.iter().filter(|s| !s.grid.campaigns.is_empty()).collect();
    assert!(with.len() >= FILES_MIN, "{} scenarios with campaigns", with.len());
    for scenario in with {
        let (result, first) = watched(scenario, Ends::with_cores());
        let (_, second) = watched(scenario, Ends::with_cores());
        let expected = if scenario.until.is_some() { Ending::Limit } else { Ending::Finished };
        assert_eq!(result.ending, expected, "{}", scenario.name);
        let done: u32 = result.scheduler.campaigns().map(|c| c.tasks.of(TaskState::Done)).sum();
        assert!(done > 0, "{}: no task was done", scenario.name);
        assert!(first.commands == second.commands, "{}: commands differ", scenario.name);
        assert!(first.jobs == second.jobs, "{}: jobs differ", scenario.name);
    }
}

/// The makespans that the thesis publishes, in lengths of a task.
#[test]
fn the_tap_oracle_has_the_published_makespans() {
    let run = result("tap-oracle");
    let makespans: Vec<i64> =
        (0..run.campaigns.len()).map(|campaign| finished_s(&run, campaign)).collect();
    assert_eq!(makespans, [14, 28, 68, 135, 672].map(|times| times * 600));
}

#[test]
fn a_failed_prologue_holds_back_its_own_campaign_only() {
    let run = result("prologue-failure");
    let done: Vec<_> =
        run.scheduler.campaigns().map(|c| (c.total, c.tasks.of(TaskState::Done))).collect();
    assert_eq!(done, [(300, 300), (300, 0)]);
    assert_eq!(run.open_events(), 2);
}

#[test]
fn latency_slows_short_tasks_down() {
    let run = result("short-tasks-and-latency");
    let (near_s, far_s) = (finished_s(&run, 0), finished_s(&run, 1));
    assert!(far_s > near_s + 300, "near {near_s} s, far {far_s} s");
}

#[test]
fn a_storm_of_kills_loses_no_task() {
    let run = result("kill-storm");
    for campaign in run.scheduler.campaigns() {
        assert!(
            campaign.killed > 1000,
            "campaign {}: {} kills",
            campaign.campaign,
            campaign.killed
        );
        assert_eq!(campaign.tasks.of(TaskState::Done), campaign.total);
    }
}
