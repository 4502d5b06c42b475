//! Who watches a run: progress bars, tests, whoever may stop it. The run calls them, and does not know what
//! they do.

use gleaner_core::decision::Decision;
use gleaner_sim::observer::{Observer, Unobserved};
use gleaner_sim::time::SimTime;

use crate::cancel::Cancel;

/// Hears of everything that happens in the World, as every [`Observer`], and of the grid's cycles. The run
/// ends early when [`Observer::go_on`] returns `false`.
pub trait RunObserver: Observer {
    /// The grid scheduler has decided, in its cycle at `now`.
    fn decided(&mut self, _now: SimTime, _decision: &Decision) {}
}

impl RunObserver for Unobserved {}

/// Stops when it is asked to, and watches nothing.
impl Observer for Cancel {
    fn go_on(&mut self, _now: SimTime) -> bool {
        !self.is_cancelled()
    }
}

impl RunObserver for Cancel {}
