//! Simulated time: integer milliseconds, so that ties are exact and runs repeat on any host.
//! Must not know any wall clock.

use std::fmt;
use std::ops::{Add, Sub};

/// An instant of the simulation, in milliseconds since the origin of the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(i64);

/// A duration of the simulation, in milliseconds; never negative where a job's length is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimSpan(i64);

impl SimTime {
    /// The origin of the trace.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than anything that can happen: four fifths of the `i64` range, so that adding a span
    /// to it cannot wrap.
    pub const NEVER: SimTime = SimTime(i64::MAX / 5 * 4);

    /// The instant `ms` milliseconds after the origin.
    pub const fn from_ms(ms: i64) -> SimTime {
        SimTime(ms)
    }

    /// The instant `s` whole seconds after the origin.
    pub const fn from_s(s: i64) -> SimTime {
        SimTime(s.saturating_mul(1000))
    }

    /// Milliseconds since the origin.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the origin, rounded down.
    pub const fn whole_s(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl SimSpan {
    /// No time at all.
    pub const ZERO: SimSpan = SimSpan(0);
    /// The longest that anybody may ask for or give, 2^31 - 1 seconds: as
    /// [`gleaner_core::time::Duration::SPAN_MAX`].
    pub const MAX: SimSpan = SimSpan::from_s(gleaner_core::time::Duration::SPAN_MAX.seconds());
    /// Longer than any run: a fifth of the `i64` range, so that sums do not wrap.
    pub const FOREVER: SimSpan = SimSpan(i64::MAX / 5);

    /// A span of `ms` milliseconds.
    pub const fn from_ms(ms: i64) -> SimSpan {
        SimSpan(ms)
    }

    /// A span of `s` whole seconds.
    pub const fn from_s(s: i64) -> SimSpan {
        SimSpan(s.saturating_mul(1000))
    }

    /// Length in milliseconds.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The span `count` times over.
    pub const fn times(self, count: i64) -> SimSpan {
        SimSpan(self.0.saturating_mul(count))
    }
}

impl Add<SimSpan> for SimTime {
    type Output = SimTime;
    fn add(self, span: SimSpan) -> SimTime {
        SimTime(self.0.saturating_add(span.0).min(SimTime::NEVER.0))
    }
}

impl Sub for SimTime {
    type Output = SimSpan;
    fn sub(self, earlier: SimTime) -> SimSpan {
        SimSpan(self.0 - earlier.0)
    }
}

impl Add for SimSpan {
    type Output = SimSpan;
    fn add(self, other: SimSpan) -> SimSpan {
        SimSpan(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_seconds(self.0, f)
    }
}

impl fmt::Display for SimSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_seconds(self.0, f)
    }
}

/// Seconds with as many decimals as needed, at most three.
fn write_seconds(ms: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (sign, ms) = if ms < 0 { ("-", ms.unsigned_abs()) } else { ("", ms.unsigned_abs()) };
    let (s, rest) = (ms / 1000, ms % 1000);
    if rest == 0 {
        return write!(f, "{sign}{s} s");
    }
    let decimals = format!("{rest:03}");
    write!(f, "{sign}{s}.{} s", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_with_the_decimals_they_need() {
        assert_eq!(SimTime::from_s(90).to_string(), "90 s");
        assert_eq!(SimTime::from_ms(1_250).to_string(), "1.25 s");
        assert_eq!(SimSpan::from_ms(-1_005).to_string(), "-1.005 s");
    }

    #[test]
    fn never_stays_never() {
        assert_eq!(SimTime::NEVER + SimSpan::FOREVER, SimTime::NEVER);
    }
}
