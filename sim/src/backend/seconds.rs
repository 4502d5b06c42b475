//! Times of the core, which counts seconds, and of the World, which counts milliseconds.

use gleaner_core::time::Timestamp;

use crate::time::SimTime;

/// The core counts whole seconds; a cycle runs when the second is full.
pub(super) fn whole_second(time: SimTime) -> SimTime {
    if time == SimTime::NEVER {
        return time;
    }
    SimTime::from_s(time.ms().div_euclid(1000) + i64::from(time.ms().rem_euclid(1000) > 0))
}

/// The core's time of an instant of the World.
pub(super) fn timestamp(time: SimTime) -> Timestamp {
    Timestamp::from_seconds(time.whole_s())
}

/// The World's instant of a time of the core.
pub(super) fn sim_time(time: Timestamp) -> SimTime {
    if time.is_never() {
        return SimTime::NEVER;
    }
    SimTime::from_ms(time.seconds().saturating_mul(1000)).min(SimTime::NEVER)
}
