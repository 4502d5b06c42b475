//! Every scenario of the library that has campaigns is run with them, twice; the scheduler's
//! invariants are checked in each cycle, the guards watch inside the World.

use std::path::Path;

use gleaner_core::ledger::bag::Place;
use gleaner_core::policy::injection;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_sim::backend::GridEnd;
use gleaner_sim::time::SimTime;

use crate::grid_run::{GridRun, run_grid};
use crate::library::files;
use crate::run::Ends;

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

fn watched(scenario: &Scenario) -> GridRun<Ends> {
    run_grid(scenario, Ends { keep_cores: true, ..Ends::default() })
}

#[test]
fn every_scenario_with_campaigns_runs_twice_alike() {
    let scenarios: Vec<Scenario> = files().iter().map(|file| library_scenario(file)).collect();
    let with: Vec<_> = scenarios.iter().filter(|s| !s.grid.campaigns.is_empty()).collect();
    assert!(with.len() >= FILES_MIN, "{} scenarios with campaigns", with.len());
    for scenario in with {
        let (first, second) = (watched(scenario), watched(scenario));
        let expected = if scenario.until.is_some() { GridEnd::Limit } else { GridEnd::Finished };
        assert_eq!(first.end, expected, "{}", scenario.name);
        let done: u32 = first.scheduler.campaigns().map(|c| c.tasks.of(Place::Done)).sum();
        assert!(done > 0, "{}: no task was done", scenario.name);
        assert!(first.commands == second.commands, "{}: commands differ", scenario.name);
        assert!(first.observer.jobs == second.observer.jobs, "{}: jobs differ", scenario.name);
    }
}

/// The makespans that the thesis publishes, in lengths of a task.
#[test]
fn the_tap_oracle_has_the_published_makespans() {
    let run = watched(&named("tap-oracle"));
    let makespans: Vec<_> =
        run.finished.iter().map(|(id, at)| (id.0, at.seconds(), at.seconds() % 600)).collect();
    let expected = [14, 28, 68, 135, 672];
    let expected: Vec<_> = (1..).zip(expected).map(|(id, times)| (id, times * 600, 0)).collect();
    assert_eq!(makespans, expected);
}

#[test]
fn a_failed_prologue_holds_back_its_own_campaign_only() {
    let run = watched(&named("prologue-failure"));
    let done: Vec<_> =
        run.scheduler.campaigns().map(|c| (c.total, c.tasks.of(Place::Done))).collect();
    assert_eq!(done, [(300, 300), (300, 0)]);
    assert_eq!(run.scheduler.open_events().count(), 2);
}

#[test]
fn latency_slows_short_tasks_down() {
    let run = watched(&named("short-tasks-and-latency"));
    let at = |campaign| run.finished.iter().find(|(id, _)| id.0 == campaign).unwrap().1.seconds();
    let (near_s, far_s) = (at(1), at(2));
    assert!(far_s > near_s + 300, "near {near_s} s, far {far_s} s");
}

#[test]
fn a_storm_of_kills_loses_no_task() {
    let run = watched(&named("kill-storm"));
    for campaign in run.scheduler.campaigns() {
        assert!(
            campaign.killed > 1000,
            "campaign {}: {} kills",
            campaign.campaign,
            campaign.killed
        );
        assert_eq!(campaign.tasks.of(Place::Done), campaign.total);
    }
}
