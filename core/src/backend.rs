//! The only port, and the only loop body, of every world. Knows no world: a simulator, an emulator
//! or real clusters stand behind it.

pub mod memory;

use crate::backend::memory::Memory;
use crate::decision::{Decision, Wake};
use crate::observation::Observation;
use crate::scheduler::Scheduler;

/// A world of clusters, as the core sees it.
pub trait Backend {
    /// Waits until `wake.latest`, or until a fact wakes it earlier (but never before
    /// `wake.earliest`), then fills in `now`, the facts and the snapshots.
    ///
    /// # Errors
    /// [`Stop`] when there will be no further cycle.
    fn observe(&mut self, wake: Wake, into: &mut Observation) -> Result<(), Stop>;

    /// Makes durable what has to be before anything is sent: the decision, and what is to be kept of the
    /// core's memory, as one. A world that ends with its process keeps nothing.
    ///
    /// # Errors
    /// [`Stop`] when it could not be kept; nothing is sent then.
    fn keep(&mut self, decision: &Decision, memory: Memory<'_>) -> Result<(), Stop> {
        let _ = (decision, memory);
        Ok(())
    }

    /// Sends the commands of a decision, which are complete. It does not wait for their outcome: that is a
    /// later fact.
    ///
    /// # Errors
    /// [`Stop`] when there will be no further cycle.
    fn dispatch(&mut self, decision: &Decision) -> Result<(), Stop>;
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

/// Runs one cycle: observe, step, keep, dispatch.
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
    backend.observe(decision.wake, observation)?;
    scheduler.step(observation, decision);
    backend.keep(decision, Memory::of(scheduler))?;
    backend.dispatch(decision)
}
