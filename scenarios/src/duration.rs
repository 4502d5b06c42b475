//! Durations as people write them: `90`, `1.5s`, `2h30m`, `30d`, `01:30:00`. Must not know
//! scenarios.

use std::fmt;
use std::str::FromStr;

use gleaner_oar::walltime::WALLTIME_MAX_S;
use gleaner_sim::time::SimSpan;
use gleaner_traces::workload::SPAN_MAX_S;
use serde::de::{self, Deserializer, Visitor};

/// A length of time that is not negative, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    ms: i64,
}

/// The longest duration taken: 2^31 - 1 seconds, as everywhere in Gleaner.
const MAX_MS: i64 = SimSpan::MAX.ms();

const _: () = assert!(
    MAX_MS == SPAN_MAX_S * 1000 && MAX_MS == WALLTIME_MAX_S * 1000,
    "traces, requests, the simulator and the core have one longest time"
);

/// What is wrong with a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not of any of the forms.
    #[error(
        "`{0}` is not a duration, expected for example `90`, `1.5s`, `2h30m`, `7d` or `01:30:00`"
    )]
    Form(String),
    /// Less than zero.
    #[error("`{0}` is negative, a duration is not")]
    Negative(String),
    /// More than can be simulated.
    #[error("`{0}` is too long, expected at most 2147483647 seconds (68 years)")]
    TooLong(String),
}

impl Duration {
    /// A duration of `ms` milliseconds, which must not be negative.
    pub const fn from_ms(ms: i64) -> Duration {
        assert!(ms >= 0, "a duration is not negative");
        Duration { ms }
    }

    /// Its length in milliseconds.
    pub const fn ms(self) -> i64 {
        self.ms
    }

    /// `seconds` as a duration, rounded to the millisecond; `text` is quoted in errors.
    fn from_seconds(seconds: f64, text: &str) -> Result<Duration, DurationError> {
        let ms = libm::round(seconds * 1000.0);
        if ms.is_nan() {
            return Err(DurationError::Form(text.to_owned()));
        }
        if ms < 0.0 {
            return Err(DurationError::Negative(text.to_owned()));
        }
        if ms > MAX_MS as f64 {
            return Err(DurationError::TooLong(text.to_owned()));
        }
        Ok(Duration { ms: ms as i64 })
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Duration, DurationError> {
        let form = || DurationError::Form(text.to_owned());
        let trimmed = text.trim();
        let seconds = if trimmed.contains(':') {
            clock(trimmed).ok_or_else(form)?
        } else if let Some(seconds) = number(trimmed) {
            seconds
        } else {
            units(trimmed).ok_or_else(form)?
        };
        Duration::from_seconds(seconds, text)
    }
}

/// `h:m` or `h:m:s`.
fn clock(text: &str) -> Option<f64> {
    let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match parts[..] {
        [h, m] if m < 60 => Some(f64::from(h) * 3600.0 + f64::from(m) * 60.0),
        [h, m, s] if m < 60 && s < 60 => {
            Some(f64::from(h) * 3600.0 + f64::from(m) * 60.0 + f64::from(s))
        }
        _ => None,
    }
}

/// Plain seconds. Only digits, sign and point: not `inf`, `1e9` or `nan`.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if plain { text.parse().ok() } else { None }
}

/// One or more of `NUMBER UNIT`, largest first or not, blanks allowed between them.
fn units(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = number(&rest[..digits])?;
        rest = rest[digits..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ms" => 0.001,
            "s" | "sec" | "second" | "seconds" => 1.0,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            _ => return None,
        };
        seconds += value * unit;
        rest = rest[end..].trim_start();
    }
    (!text.is_empty()).then_some(seconds)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
        let mut rest = self.ms;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (name, ms) in units {
            if rest >= ms {
                write!(f, "{}{name}", rest / ms)?;
                rest %= ms;
            }
        }
        Ok(())
    }
}

impl<'de> serde::Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Duration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 90, \"1.5s\", \"2h30m\" or \"7d\"")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Duration, E> {
                Duration::from_seconds(value as f64, &value.to_string()).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Duration, E> {
                Duration::from_seconds(value, &value.to_string()).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Duration, E> {
                value.parse().map_err(E::custom)
            }
        }
        from.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, ms) in [
            ("90", 90_000),
            ("1.5s", 1_500),
            ("250ms", 250),
            ("2h30m", 9_000_000),
            ("1d 2h", 93_600_000),
            ("01:30:00", 5_400_000),
            ("1:30", 5_400_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse::<Duration>().map(Duration::ms), Ok(ms), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "h", "1x", "1:70", "nan", "inf", "-5", "1e400", "9999999999d", "1:2:3:4", "5 5s"]
        {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(ms in 0..MAX_MS) {
            let duration = Duration::from_ms(ms);
            let read: Duration = duration.to_string().parse().unwrap();
            prop_assert!((read.ms() - ms).abs() <= 1 + ms / (1 << 50), "{} {}", read, duration);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = text.parse::<Duration>();
        }
    }
}
