//! The only port, and the only loop body, of every world. Knows no world: a simulator, an emulator
//! or real clusters stand behind it.

use crate::decision::Decision;
use crate::observation::Observation;
use crate::scheduler::Scheduler;

/// A world of clusters, as the core sees it.
pub trait Backend {
    /// Waits until `into.wake`, or until a fact wakes it earlier (but never before
    /// `into.not_before`), then fills in `now`, the facts and the snapshots.
    ///
    /// # Errors
    /// [`Stop`] when there will be no further cycle.
    fn observe(&mut self, into: &mut Observation) -> Result<(), Stop>;

    /// Takes a decision whose commands are to be carried out, and the scheduler that has just made
    /// it, so that what is kept of both can become durable as one. It does not wait for the
    /// commands' outcome: that is a later fact.
    ///
    /// # Errors
    /// [`Stop`] when the commands could not even be noted down; none of them was sent then.
    fn dispatch(&mut self, decision: &Decision, scheduler: &Scheduler) -> Result<(), Stop>;
}

/// Why there is no further cycle.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The world has come to its end: the simulation is over, or the daemon was asked to stop.
    #[error("nothing more to do")]
    Finished,
    /// Something without which no decision may be sent is broken (a full disk).
    #[error("cannot go on")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a loop of cycles keeps between them, so that a quiet cycle allocates nothing.
#[derive(Debug, Default)]
pub struct CycleBuffers {
    /// The input of the last cycle.
    pub observation: Observation,
    /// The output of the last cycle.
    pub decision: Decision,
}

/// Runs one cycle: observe, step, dispatch.
///
/// # Errors
/// [`Stop`] as the backend gives it.
pub fn cycle<B: Backend + ?Sized>(
    scheduler: &mut Scheduler,
    backend: &mut B,
    buffers: &mut CycleBuffers,
) -> Result<(), Stop> {
    let CycleBuffers { observation, decision } = buffers;
    observation.facts.clear();
    observation.clusters.clear();
    observation.wake = decision.next_wake;
    observation.not_before = decision.not_before;
    backend.observe(observation)?;
    scheduler.step(observation, decision);
    backend.dispatch(decision, scheduler)
}
