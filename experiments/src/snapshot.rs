//! A run up to an instant, and all clusters as they are then. Decides nothing.

use gleaner_core::scheduler::Scheduler;
use gleaner_sim::backend::GridEnd;
use gleaner_sim::snapshot::Snapshot;
use gleaner_sim::time::SimTime;

use crate::built::Built;
use crate::cancel::Cancel;
use crate::error::RunError;
use crate::run::each_cycle;

/// How a run up to an instant ended.
#[derive(Clone, Debug)]
pub enum Reached {
    /// The instant was reached.
    Instant(Box<Snapshot>),
    /// Nothing was left to do before, at that time.
    EndedBefore(SimTime),
    /// It was to stop.
    Interrupted,
}

/// Runs what was built until `at`, campaigns included; no file is touched.
///
/// # Errors
/// As [`crate::run::run`].
pub fn snapshot_at(built: &Built, at: SimTime, cancel: &Cancel) -> Result<Reached, RunError> {
    let mut scheduler = Scheduler::new(built.grid().config.clone(), built.catalogue())?;
    let mut backend = built.backend(at, cancel.clone());
    each_cycle(&mut scheduler, &mut backend, |_, _, _| ())?;
    let world = backend.world();
    Ok(match backend.end() {
        Some(GridEnd::Limit) if world.now() == at => Reached::Instant(Box::new(world.snapshot())),
        Some(GridEnd::Stopped) => Reached::Interrupted,
        _ => Reached::EndedBefore(world.now()),
    })
}
