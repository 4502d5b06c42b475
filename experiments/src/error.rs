//! Why a run has no result. What ends a run early is no error: see [`crate::result::Ending`].

use std::error::Error;

use gleaner_core::policy::error::PolicyError;
use gleaner_core::scheduler::invariants::Violation;
use gleaner_reports::error::ReportError;
use gleaner_traces::error::TraceError;

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An injection policy cannot be made.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The grid scheduler contradicts itself: a bug of ours.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The simulated clusters can take no decision.
    #[error("the simulation cannot go on")]
    World(#[source] Box<dyn Error + Send + Sync>),
    /// The report cannot be written, or what happened contradicts itself.
    #[error(transparent)]
    Report(#[from] ReportError),
}

impl RunError {
    /// Returns a hint: what can be done about it, where there is something.
    pub fn hint(&self) -> Option<String> {
        match self {
            RunError::Policy(error) => Some(error.hint()),
            RunError::Report(error) => error.hint().map(str::to_owned),
            // Owners' jobs that are read as the run goes on.
            RunError::World(error) => {
                error.downcast_ref::<TraceError>().and_then(TraceError::hint).map(str::to_owned)
            }
            RunError::Violation(_) => None,
        }
    }
}
