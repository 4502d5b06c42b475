//! Who watches a run: progress bars, witnesses of tests, whoever may stop it. The run tells, and does not
//! know what becomes of it.

use gleaner_core::decision::Decision;
use gleaner_sim::observer::{Observer, Unobserved};
use gleaner_sim::time::SimTime;

use crate::cancel::Cancel;

/// Hears of everything that happens in the World, as every [`Observer`], and of the grid's cycles. The run
/// ends early when [`Observer::go_on`] answers `false`.
pub trait RunObserver: Observer {
    /// The grid scheduler has decided, in its cycle at `now`.
    fn decided(&mut self, _now: SimTime, _decision: &Decision) {}
}

impl RunObserver for Unobserved {}

/// Stops when it is wished, and watches nothing.
impl Observer for Cancel {
    fn go_on(&mut self, _now: SimTime) -> bool {
        !self.is_cancelled()
    }
}

impl RunObserver for Cancel {}
