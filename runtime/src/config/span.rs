//! Spans of time as an operator writes them: `90`, `250ms`, `1.5s`, `15m`, `2h30m`, `90d`. Knows
//! no setting.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A span of time, in whole milliseconds, at most [`SPAN_MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

/// The longest span taken: a hundred years.
pub const SPAN_MAX: Duration = Duration::from_secs(100 * 366 * 86_400);

/// The text is no span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a span of time, expected for example `90`, `250ms`, `1.5s`, `2h30m` or `90d`"
)]
pub struct SpanError(pub String);

impl Span {
    /// Makes a span of so many seconds.
    pub const fn from_seconds(seconds: u64) -> Span {
        Span(Duration::from_secs(seconds))
    }

    /// Returns it as timers take it.
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// Returns it in whole seconds, as the core counts; none where a part of a second would be
    /// lost.
    pub const fn whole_seconds(self) -> Option<gleaner_core::time::Duration> {
        if self.0.subsec_nanos() == 0 {
            Some(gleaner_core::time::Duration::from_seconds(self.0.as_secs()))
        } else {
            None
        }
    }

    fn from_ms(ms: f64, text: &str) -> Result<Span, SpanError> {
        // Not a number compares false.
        if ms >= 0.0 && ms <= SPAN_MAX.as_millis() as f64 {
            Ok(Span(Duration::from_millis(ms.round() as u64)))
        } else {
            Err(SpanError(text.to_owned()))
        }
    }
}

impl std::str::FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Span, SpanError> {
        let trimmed = text.trim();
        let ms = number(trimmed).map(|seconds| seconds * 1000.0).or_else(|| units(trimmed));
        Span::from_ms(ms.ok_or_else(|| SpanError(text.to_owned()))?, text)
    }
}

/// Digits with at most one point: not `inf`, `1e9` or `-1`.
fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain { text.parse().ok() } else { None }
}

/// One or more of number and unit; the sum in milliseconds.
fn units(text: &str) -> Option<f64> {
    let (mut rest, mut ms) = (text, 0.0);
    while !rest.is_empty() {
        let value = number(&rest[..rest.find(|c: char| c.is_ascii_alphabetic())?])?;
        rest = &rest[rest.find(|c: char| c.is_ascii_alphabetic())?..];
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        ms += value
            * match &rest[..end] {
                "ms" => 1.0,
                "s" => 1000.0,
                "m" | "min" => 60_000.0,
                "h" => 3_600_000.0,
                "d" => 86_400_000.0,
                _ => return None,
            };
        rest = rest[end..].trim_start();
    }
    (!text.is_empty()).then_some(ms)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, ms) in
            [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
        {
            if rest >= ms {
                write!(f, "{}{unit}", rest / ms)?;
                rest %= ms;
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Span;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span of time such as 90, \"250ms\", \"1.5s\" or \"2h30m\"")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Span, E> {
                Span::from_ms(value as f64 * 1000.0, &value.to_string()).map_err(E::custom)
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Span, E> {
                Span::from_ms(value * 1000.0, &value.to_string()).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, value: &str) -> Result<Span, E> {
                value.parse().map_err(E::custom)
            }
        }
        from.deserialize_any(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn spans_read_as_people_write_them() {
        let table = [
            ("90", Some("1m30s")),
            ("0", Some("0s")),
            ("1.5s", Some("1s500ms")),
            ("250ms", Some("250ms")),
            ("2h30m", Some("2h30m")),
            ("1d 2h", Some("1d2h")),
            ("90d", Some("90d")),
            ("", None),
            ("-5", None),
            ("h", None),
            ("1x", None),
            ("1e9", None),
            ("inf", None),
            ("99999999d", None),
            ("5 5s", None),
        ];
        for (text, read) in table {
            let span = text.parse::<Span>().ok().map(|span| span.to_string());
            assert_eq!(span.as_deref(), read, "{text}");
        }
    }

    #[test]
    fn parts_of_a_second_are_not_lost_silently() {
        assert_eq!("1.5s".parse::<Span>().unwrap().whole_seconds(), None);
        let whole = "2m".parse::<Span>().unwrap().whole_seconds().unwrap();
        assert_eq!(whole.seconds(), 120);
    }
}
