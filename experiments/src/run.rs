//! The one loop of every simulated run: the clusters of a scenario with their owners, and the grid scheduler
//! harvesting, cycle by cycle. Owners alone are a grid without campaigns: it has one cycle, and no reason
//! for another. Decides nothing.

use std::collections::BTreeMap;

use gleaner_core::backend::{CycleBuffers, Stop, cycle};
use gleaner_core::ids::CampaignId;
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::report::Notice;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::progress::CampaignProgress;
use gleaner_reports::record::{CampaignOutcome, RunEnd};
use gleaner_reports::recorder::Recorder;
use gleaner_sim::backend::{GridEnd, SimBackend};
use gleaner_sim::job::{Job, JobSlot};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::SimTime;
use serde_json::Value;

use crate::built::Built;
use crate::error::RunError;
use crate::observer::RunObserver;
use crate::records::Names;
use crate::result::{Ending, RunResult};
use crate::stuck::Stuck;
use crate::watch::Watch;

/// Runs what was built, in memory: no file is touched.
///
/// # Errors
/// What leaves no result; an early end is none.
pub fn run(built: &Built, observer: &mut impl RunObserver) -> Result<RunResult, RunError> {
    let recorder = Recorder::in_memory(built.info().clone(), built.recorder_options(false))?;
    record(built, recorder, Value::Null, observer)
}

/// Runs what was built, and lets `recorder` write what it writes, `manifest` last. The recorder must have been
/// made with [`Built::info`] and [`Built::recorder_options`].
///
/// # Errors
/// What leaves no result; an early end is none.
pub fn record(
    built: &Built,
    recorder: Recorder,
    manifest: Value,
    observer: &mut impl RunObserver,
) -> Result<RunResult, RunError> {
    let grid = built.grid();
    let mut scheduler = Scheduler::new(grid.config.clone(), built.catalogue())?;
    let watch = Watch::new(recorder, Names::of(built), observer);
    let mut backend = built.backend(SimTime::NEVER, watch);
    let finished_ms = drive(&mut scheduler, &mut backend)?;
    scheduler.check_invariants_fully()?;
    let now = backend.world().now();
    let (stopped_at, ending) = match backend.end().unwrap_or(GridEnd::Finished) {
        GridEnd::Finished => (None, Ending::Finished),
        GridEnd::Limit => (Some(grid.setup.until), Ending::Limit),
        GridEnd::Stopped => (Some(now), Ending::Interrupted),
        GridEnd::Stuck => (Some(now), Ending::Stuck(Stuck::of(backend.world(), &scheduler))),
    };
    let jobs = backend.world().jobs();
    let unfinished: Vec<(JobSlot, Job)> =
        jobs.iter().map(|(slot, job)| (slot, job.clone())).collect();
    let mut watch = backend.into_observer();
    let last = stopped_at.unwrap_or(now);
    unfinished.iter().for_each(|(slot, job)| watch.unfinished(last, *slot, job));
    let outcome = |progress: CampaignProgress| outcome(&progress, &finished_ms);
    let campaigns: Vec<CampaignOutcome> = scheduler.campaigns().map(outcome).collect();
    let end =
        RunEnd { until_ms: stopped_at.map(SimTime::ms), campaigns: campaigns.clone(), manifest };
    let metrics = watch.finish()?.finish(end)?.metrics;
    Ok(RunResult { metrics, ending, end: last, campaigns, scheduler })
}

/// Runs all cycles; returns when which campaigns finished.
fn drive<O: RunObserver>(
    scheduler: &mut Scheduler,
    backend: &mut SimBackend<Watch<'_, '_, O>>,
) -> Result<BTreeMap<CampaignId, i64>, RunError> {
    let mut finished_ms = BTreeMap::new();
    each_cycle(scheduler, backend, |scheduler, backend, buffers| {
        let now = SimTime::from_s(buffers.observation.now.seconds());
        let clusters = &scheduler.config().clusters;
        backend.observer_mut().decided(now, &buffers.decision, clusters);
        for notice in &buffers.decision.report.notices {
            if let Notice::CampaignFinished { campaign } = notice {
                finished_ms.insert(*campaign, now.ms());
            }
        }
    })?;
    Ok(finished_ms)
}

/// Runs cycles until there is no further one: the one loop of simulated runs. `after` hears of each.
pub(crate) fn each_cycle<O: Observer>(
    scheduler: &mut Scheduler,
    backend: &mut SimBackend<O>,
    mut after: impl FnMut(&Scheduler, &mut SimBackend<O>, &CycleBuffers),
) -> Result<(), RunError> {
    let mut buffers = CycleBuffers::default();
    loop {
        match cycle(scheduler, backend, &mut buffers) {
            Ok(()) => {}
            Err(Stop::Finished) => return Ok(()),
            Err(Stop::Failed(error)) => return Err(RunError::World(error)),
        }
        scheduler.check_invariants()?;
        after(scheduler, backend, &buffers);
    }
}

/// Returns what the scheduler knows of a campaign at the end.
fn outcome(
    progress: &CampaignProgress,
    finished_ms: &BTreeMap<CampaignId, i64>,
) -> CampaignOutcome {
    let tasks = |state| u64::from(progress.tasks.of(state));
    CampaignOutcome {
        campaign: progress.campaign.0 - 1,
        finished_ms: finished_ms.get(&progress.campaign).copied(),
        failed: tasks(TaskState::Failed) + tasks(TaskState::Blocked),
        cancelled: tasks(TaskState::Cancelled),
    }
}
