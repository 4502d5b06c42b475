//! Points in time and spans of time, in whole seconds. Knows no clock and no calendar: where second
//! zero lies is the world's affair (the start of a trace, or 1970 in production).

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// A point in time, in whole seconds since the world's second zero.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The world's second zero.
    pub const ZERO: Timestamp = Timestamp(0);
    /// Later than every other point: "wake me for facts only".
    pub const NEVER: Timestamp = Timestamp(i64::MAX);

    /// Makes a point in time from seconds since second zero.
    pub const fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds)
    }

    /// Returns the seconds since second zero.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Returns whether this is [`Timestamp::NEVER`].
    pub const fn is_never(self) -> bool {
        self.0 == i64::MAX
    }

    /// Returns the time since `earlier`, or zero when `earlier` is later (clocks of clusters drift).
    pub const fn since(self, earlier: Timestamp) -> Duration {
        let seconds = self.0.saturating_sub(earlier.0);
        Duration(if seconds < 0 { 0 } else { seconds })
    }
}

/// Saturates at [`Timestamp::NEVER`], and `NEVER` stays `NEVER`.
impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

/// Saturates at the earliest point; `NEVER` stays `NEVER`.
impl Sub<Duration> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Duration) -> Timestamp {
        if self.is_never() { self } else { Timestamp(self.0.saturating_sub(span.0)) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_never() { f.write_str("never") } else { write!(f, "{}", self.0) }
    }
}

/// A span of time in whole seconds, never negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Duration(i64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);
    /// Longer than any run: a limit of this length never strikes.
    pub const FOREVER: Duration = Duration(i64::MAX);

    /// The longest span, and the latest point in time, that anybody may ask for: 2^31 - 1 seconds, 68
    /// years, as much as resource managers keep in signed 32 bits. Four million of them, in milliseconds, still fit
    /// into 64 bits, so sums need no care.
    pub const SPAN_MAX: Duration = Duration((1 << 31) - 1);

    /// Makes a span from seconds; anything above `i64::MAX` is [`Duration::FOREVER`].
    pub const fn from_seconds(seconds: u64) -> Duration {
        Duration(if seconds > i64::MAX as u64 { i64::MAX } else { seconds as i64 })
    }

    /// Returns the number of seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

/// Saturates at [`Duration::FOREVER`].
impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Timestamp};

    #[test]
    fn never_survives_arithmetic() {
        let hour = Duration::from_seconds(3600);
        assert!((Timestamp::NEVER + hour).is_never());
        assert!((Timestamp::NEVER - hour).is_never());
        assert!((Timestamp::ZERO + Duration::FOREVER).is_never());
        assert_eq!(Duration::from_seconds(u64::MAX), Duration::FOREVER);
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_negative_span() {
        let (early, late) = (Timestamp::from_seconds(10), Timestamp::from_seconds(25));
        assert_eq!(late.since(early), Duration::from_seconds(15));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!((early - Duration::from_seconds(15)).seconds(), -5);
    }
}
