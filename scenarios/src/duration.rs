//! Durations of scenario files and options, and the simulator's times that they stand for. Must not know
//! keys.

use gleaner_oar::walltime::WALLTIME_MAX_S;
use gleaner_sim::time::{SimSpan, SimTime};
use gleaner_traces::workload::SPAN_MAX_S;

/// A length of time, at most 2^31 - 1 seconds, as everywhere in Gleaner.
pub type Duration = gleaner_settings::duration::Duration<SPAN_MAX_S>;

const _: () = assert!(
    SimSpan::MAX.ms() == SPAN_MAX_S * 1000 && SPAN_MAX_S == WALLTIME_MAX_S,
    "traces, requests, the simulator and the core have one longest time"
);

/// Returns a duration as the simulator counts it.
pub(crate) fn span(duration: Duration) -> SimSpan {
    SimSpan::from_ms(duration.ms())
}

/// Returns the instant so long after the origin of time.
pub(crate) fn instant(duration: Duration) -> SimTime {
    SimTime::from_ms(duration.ms())
}
