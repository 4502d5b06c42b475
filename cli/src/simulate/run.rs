//! Lets a world run to its end and closes the report: the owners alone, or with the grid scheduler
//! harvesting. Decides nothing.

use std::collections::BTreeMap;

use gleaner_core::backend::{CycleBuffers, Stop, cycle};
use gleaner_core::ids::{CampaignId, TaskId};
use gleaner_core::ledger::bag::Place;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::report::Notice;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::progress::CampaignProgress;
use gleaner_reports::record::{CampaignOutcome, RunEnd};
use gleaner_reports::recorder::Outcome;
use gleaner_scenarios::build::grid::BuiltGrid;
use gleaner_sim::backend::{GridEnd, SimBackend};
use gleaner_sim::job::Job;
use gleaner_sim::time::SimTime;
use gleaner_sim::world::{ClusterSetup, RunEnd as WorldEnd, World};

use crate::args::OutputForm;
use crate::args::simulate::SimulateArgs;
use crate::failure::{BAD_INPUT, FAILED, Failure, NOT_MET};
use crate::output;
use crate::simulate::watch::Watch;
use crate::simulate::{decisions, stuck};

/// A run whose files are written.
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    /// Whether it came to its own end.
    pub(crate) end: Result<(), Failure>,
}

/// Runs the owners' jobs alone.
pub(crate) fn owners_alone(
    setups: Vec<ClusterSetup>,
    until: Option<SimTime>,
    watch: Watch,
    manifest: serde_json::Value,
) -> Result<Done, Failure> {
    let clusters: Vec<String> = setups.iter().map(|setup| setup.name.clone()).collect();
    let mut world = World::new(setups, watch);
    let end = world.run(until.unwrap_or(SimTime::NEVER));
    let (stopped_at, end) = match end {
        WorldEnd::Finished => (None, Ok(())),
        WorldEnd::Limit => (until, Ok(())),
        WorldEnd::Stopped => (Some(world.now()), Err(interrupted())),
        WorldEnd::Stuck => (Some(world.now()), Err(stuck::failure(&world, &clusters, None))),
    };
    let unfinished: Vec<Job> = world.jobs().iter().map(|(_, job)| job.clone()).collect();
    let end_of_run =
        RunEnd { until_ms: stopped_at.map(SimTime::ms), manifest, ..RunEnd::default() };
    Ok(Done { outcome: close(world.into_observer(), &unfinished, end_of_run)?, end })
}

/// Runs the owners' jobs and the grid scheduler over them, cycle by cycle.
pub(crate) fn with_grid(
    setups: Vec<ClusterSetup>,
    grid: BuiltGrid,
    catalogue: &Catalogue,
    options: &SimulateArgs,
    watch: Watch,
    manifest: serde_json::Value,
) -> Result<Done, Failure> {
    let BuiltGrid { config, setup, campaigns: _ } = grid;
    let until = setup.until;
    let clusters = config.clusters.clone();
    let mut scheduler = Scheduler::new(config, catalogue)
        .map_err(|error| Failure::caused(BAD_INPUT, &error, Some(error.hint().to_string())))?;
    let mut backend = SimBackend::new(setups, setup, watch);
    let mut buffers = CycleBuffers::default();
    let mut finished = BTreeMap::new();
    let stop = loop {
        if let Err(stop) = cycle(&mut scheduler, &mut backend, &mut buffers) {
            break stop;
        }
        scheduler.check_invariants().map_err(|error| Failure::caused(FAILED, &error, None))?;
        let now = SimTime::from_s(buffers.observation.now.seconds());
        decisions::record(now, &buffers.decision, &clusters, backend.observer_mut());
        for notice in &buffers.decision.report.notices {
            if let Notice::CampaignFinished { campaign } = notice {
                finished.insert(*campaign, now.ms());
            }
        }
    };
    if let Stop::Failed(error) = stop {
        return Err(Failure::caused(FAILED, error.as_ref(), None));
    }
    scheduler.check_invariants_fully().map_err(|error| Failure::caused(FAILED, &error, None))?;
    let now = backend.world().now();
    let (stopped_at, end) = match backend.end().unwrap_or(GridEnd::Finished) {
        GridEnd::Finished => (None, Ok(())),
        GridEnd::Limit => (Some(until), Ok(())),
        GridEnd::Stopped => (Some(now), Err(interrupted())),
        GridEnd::Stuck => {
            let names = stuck::names(&clusters);
            (Some(now), Err(stuck::failure(backend.world(), &names, Some(&scheduler))))
        }
    };
    let explained = explain_tasks(&scheduler, &options.explain, options.output);
    let unfinished: Vec<Job> = backend.world().jobs().iter().map(|(_, job)| job.clone()).collect();
    let campaigns = scheduler.campaigns().map(|progress| outcome(&progress, &finished)).collect();
    let end_of_run = RunEnd { until_ms: stopped_at.map(SimTime::ms), campaigns, manifest };
    let outcome = close(backend.into_observer(), &unfinished, end_of_run)?;
    tell_open_events(&scheduler);
    Ok(Done { outcome, end: explained.and(end) })
}

/// What the scheduler knows of a campaign at the end.
fn outcome(
    progress: &CampaignProgress,
    finished_ms: &BTreeMap<CampaignId, i64>,
) -> CampaignOutcome {
    let tasks = |place| u64::from(progress.tasks.of(place));
    CampaignOutcome {
        campaign: progress.campaign.0 - 1,
        finished_ms: finished_ms.get(&progress.campaign).copied(),
        failed: tasks(Place::Failed) + tasks(Place::Blocked),
        cancelled: tasks(Place::Cancelled),
    }
}

fn close(mut watch: Watch, unfinished: &[Job], end: RunEnd) -> Result<Outcome, Failure> {
    for job in unfinished {
        watch.unfinished(job);
    }
    Ok(watch.finish()?.finish(end)?)
}

/// Prints where each task asked for is, and why.
fn explain_tasks(scheduler: &Scheduler, tasks: &[TaskId], form: OutputForm) -> Result<(), Failure> {
    for task in tasks {
        let explanation = scheduler
            .explain(*task)
            .map_err(|error| Failure::caused(NOT_MET, &error, Some(error.hint().to_owned())))?;
        match form {
            OutputForm::Table | OutputForm::Quiet => output::line(explanation),
            OutputForm::Json | OutputForm::Csv => output::note(explanation),
        }
    }
    Ok(())
}

/// Refuses to run for an explanation of tasks that no campaign has.
pub(crate) fn refuse_unknown_tasks(
    tasks: &[TaskId],
    grid: Option<&BuiltGrid>,
) -> Result<(), Failure> {
    let campaigns = grid.map_or(&[][..], |grid| &grid.campaigns);
    for task in tasks {
        let campaign = (task.campaign.0 as usize).checked_sub(1).and_then(|at| campaigns.get(at));
        let (message, hint) = match campaign {
            Some(campaign) if task.index < campaign.tasks => continue,
            Some(campaign) => (
                format!("campaign {} has {} tasks", task.campaign, campaign.tasks),
                "tasks are numbered from 0",
            ),
            None => (
                format!("the scenario has {} campaigns", campaigns.len()),
                "campaigns are numbered from 1, in the order of their submission",
            ),
        };
        let message = format!("there is no task {task} to explain: {message}");
        return Err(Failure::new(NOT_MET, message, Some(hint.to_owned())));
    }
    Ok(())
}

/// Events that nobody has fixed keep campaigns from going on.
fn tell_open_events(scheduler: &Scheduler) {
    let open = scheduler.open_events().count();
    if open > 0 {
        output::note(format!(
            "note: {open} events that nobody fixed blocked campaigns to the end (see \
             decisions.jsonl); `on_failure = \"ignore\"` in `[grid]` goes on without them"
        ));
    }
}

fn interrupted() -> Failure {
    Failure::new(
        FAILED,
        "interrupted: the files are complete up to the moment of the interrupt",
        Some("run the same command again for the whole".to_owned()),
    )
}
