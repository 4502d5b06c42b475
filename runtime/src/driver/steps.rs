//! Notices that somebody set the clock. Grid time goes on all the same, and the date is what the clock
//! shows; operators hear of it.

use crate::clock::Moment;
use crate::driver::backend::GridBackend;

/// A date that is set by less is no news: the clocks of machines are brought to the second all the time.
const STEP_MIN_S: i64 = 10;

impl GridBackend {
    /// By how many seconds the date was set since that was asked last: forward if positive; none where it
    /// goes as it did.
    pub(super) fn step_of(&mut self, at: Moment) -> Option<i64> {
        let step_s = self.lead_told_s.saturating_sub(at.lead_s());
        if step_s.saturating_abs() < STEP_MIN_S {
            return None;
        }
        self.lead_told_s = at.lead_s();
        tracing::warn!(
            step_s,
            "the clock was set: waiting and leases go on as if it had not been; only dates that are shown change"
        );
        Some(step_s)
    }
}
