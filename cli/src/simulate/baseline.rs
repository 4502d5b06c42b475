//! `--baseline`: the same scenario without campaigns, to see what harvesting cost the owners.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gleaner_reports::delay::Baseline;
use gleaner_reports::record::FinalState;
use gleaner_scenarios::build::build;
use gleaner_scenarios::scenario::Scenario;
use gleaner_sim::job::{Job, JobSlot};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::SimTime;
use gleaner_sim::world::{RunEnd, World};

use crate::failure::{FAILED, Failure};
use crate::simulate::records::Names;
use crate::simulate::run_info;

/// The start of each owner's job when the grid sends nothing.
pub(crate) fn run(scenario: &Scenario, interrupted: &Arc<AtomicBool>) -> Result<Baseline, Failure> {
    let built = build(scenario)?;
    let names = Names::of(&run_info(scenario, &built, None), &built);
    let setups = built.into_iter().map(|cluster| cluster.setup).collect();
    let starts =
        Starts { names, baseline: Baseline::default(), interrupted: Arc::clone(interrupted) };
    let mut world = World::new(setups, starts);
    match world.run(scenario.until.unwrap_or(SimTime::NEVER)) {
        RunEnd::Finished | RunEnd::Limit | RunEnd::Stuck => Ok(world.into_observer().baseline),
        RunEnd::Stopped => {
            Err(Failure::new(FAILED, "interrupted during the run without campaigns", None))
        }
    }
}

struct Starts {
    names: Names,
    baseline: Baseline,
    interrupted: Arc<AtomicBool>,
}

impl Observer for Starts {
    fn job_started(&mut self, now: SimTime, _slot: JobSlot, job: &Job) {
        self.baseline.job(&self.names.record(job, FinalState::Running, Some(now), None));
    }

    fn go_on(&mut self, _now: SimTime) -> bool {
        !self.interrupted.load(Ordering::Relaxed)
    }
}
