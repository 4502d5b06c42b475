//! Durations as people write them: `90`, `1.5s`, `2h30m`, `30d`, `01:30:00`. Must not know what lasts so
//! long.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// How durations are written, for errors and hints.
pub const EXAMPLES: &str = "`90`, `1.5s`, `2h30m`, `7d` or `01:30:00`";

/// Milliseconds of a second, and of longer units.
const SECOND_MS: f64 = 1000.0;
const MINUTE_MS: f64 = 60.0 * SECOND_MS;
const HOUR_MS: f64 = 60.0 * MINUTE_MS;
const DAY_MS: f64 = 24.0 * HOUR_MS;

/// A length of time that is not negative, in whole milliseconds, at most `MAX_S` seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration<const MAX_S: i64> {
    ms: i64,
}

/// What is wrong with a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not of any of the forms.
    #[error("`{0}` is not a duration, expected for example {EXAMPLES}")]
    Form(String),
    /// Less than zero.
    #[error("`{0}` is negative, a duration is not")]
    Negative(String),
    /// More than is taken.
    #[error("`{text}` is too long, expected at most {max_s} seconds ({} years)", max_s / 31_557_600)]
    TooLong {
        /// The duration.
        text: String,
        /// The longest, in seconds.
        max_s: i64,
    },
}

impl<const MAX_S: i64> Duration<MAX_S> {
    /// Makes a duration of `ms` milliseconds, which must not be negative.
    pub const fn from_ms(ms: i64) -> Duration<MAX_S> {
        assert!(ms >= 0, "a duration is not negative");
        Duration { ms }
    }

    /// Makes a duration of so many seconds.
    pub const fn from_seconds(seconds: u32) -> Duration<MAX_S> {
        Duration { ms: seconds as i64 * 1000 }
    }

    /// Returns its length in milliseconds.
    pub const fn ms(self) -> i64 {
        self.ms
    }

    /// Returns its length in whole seconds; none where a part of a second would be lost.
    pub const fn whole_seconds(self) -> Option<u64> {
        if self.ms % 1000 == 0 { Some(self.ms.cast_unsigned() / 1000) } else { None }
    }

    /// Returns it as the timers of the standard library take it.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.ms.cast_unsigned())
    }

    /// Rounds `ms` to the millisecond; `text` is quoted in errors.
    fn rounded(ms: f64, text: &str) -> Result<Duration<MAX_S>, DurationError> {
        let ms = ms.round();
        if ms.is_nan() {
            return Err(DurationError::Form(text.to_owned()));
        }
        if ms < 0.0 {
            return Err(DurationError::Negative(text.to_owned()));
        }
        if ms > MAX_S as f64 * SECOND_MS {
            return Err(DurationError::TooLong { text: text.to_owned(), max_s: MAX_S });
        }
        Ok(Duration { ms: ms as i64 })
    }
}

impl<const MAX_S: i64> FromStr for Duration<MAX_S> {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Duration<MAX_S>, DurationError> {
        let trimmed = text.trim();
        let ms = if trimmed.contains(':') {
            clock(trimmed)
        } else {
            number(trimmed).map(|seconds| seconds * SECOND_MS).or_else(|| units(trimmed))
        };
        Duration::rounded(ms.ok_or_else(|| DurationError::Form(text.to_owned()))?, text)
    }
}

/// `h:m` or `h:m:s`, in milliseconds.
fn clock(text: &str) -> Option<f64> {
    let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (h, m, s) = match parts[..] {
        [h, m] => (h, m, 0),
        [h, m, s] => (h, m, s),
        _ => return None,
    };
    let ms = f64::from(h) * HOUR_MS + f64::from(m) * MINUTE_MS + f64::from(s) * SECOND_MS;
    (m < 60 && s < 60).then_some(ms)
}

/// Only digits, sign and point: not `inf`, `1e9` or `nan`.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if plain { text.parse().ok() } else { None }
}

/// One or more of `NUMBER UNIT`, largest first or not, blanks allowed between them; the sum in milliseconds.
fn units(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut ms = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let value = number(&rest[..digits])?;
        rest = rest[digits..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ms" => 1.0,
            "s" | "sec" | "second" | "seconds" => SECOND_MS,
            "m" | "min" | "minute" | "minutes" => MINUTE_MS,
            "h" | "hour" | "hours" => HOUR_MS,
            "d" | "day" | "days" => DAY_MS,
            "w" | "week" | "weeks" => 7.0 * DAY_MS,
            _ => return None,
        };
        ms += value * unit;
        rest = rest[end..].trim_start();
    }
    (!text.is_empty()).then_some(ms)
}

impl<const MAX_S: i64> fmt::Display for Duration<MAX_S> {
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

impl<'de, const MAX_S: i64> Deserialize<'de> for Duration<MAX_S> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Duration<MAX_S>, D::Error> {
        struct Text<const MAX_S: i64>;
        impl<const MAX_S: i64> Visitor<'_> for Text<MAX_S> {
            type Value = Duration<MAX_S>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 90, \"1.5s\", \"2h30m\" or \"7d\"")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Duration<MAX_S>, E> {
                Duration::rounded(value as f64 * SECOND_MS, &value.to_string()).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Duration<MAX_S>, E> {
                Duration::rounded(value * SECOND_MS, &value.to_string()).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Duration<MAX_S>, E> {
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

    /// As long as a run may last: 2^31 - 1 seconds.
    const MAX_S: i64 = 2_147_483_647;
    type Span = Duration<MAX_S>;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, ms) in [
            ("90", 90_000),
            ("1.5s", 1_500),
            ("250ms", 250),
            ("2h30m", 9_000_000),
            ("1d 2h", 93_600_000),
            ("2 hours 1 min", 7_260_000),
            ("1w", 604_800_000),
            ("01:30:00", 5_400_000),
            ("1:30", 5_400_000),
            ("0", 0),
            ("2147483647", MAX_S * 1000),
        ] {
            assert_eq!(text.parse::<Span>().map(Duration::ms), Ok(ms), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "h",
            "1x",
            "1:70",
            "nan",
            "inf",
            "-5",
            "1e9",
            "1e400",
            "9999999999d",
            "1:2:3:4",
            "5 5s",
            "2147483648",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        assert_eq!(
            "9999999999d".parse::<Span>().map_err(|error| error.to_string()),
            Err("`9999999999d` is too long, expected at most 2147483647 seconds (68 years)"
                .to_owned())
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(ms in 0..=MAX_S * 1000) {
            let duration = Span::from_ms(ms);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = text.parse::<Span>();
        }
    }
}
