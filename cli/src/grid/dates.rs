//! Dates as people read them: in the zone of their machine. Knows no clock.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A date from seconds since 1970, as CiGri's lists show it: `2026-11-20 13-03-02`.
pub(crate) fn listed(seconds: i64) -> String {
    written(seconds, "%Y-%m-%d %H-%M-%S")
}

/// A date that the daemon has written (`2026-11-20 13:03:26+00`), in the local zone and the same form. Another text stays
/// as it is.
pub(crate) fn local(text: &str) -> String {
    // The form of PostgreSQL, whose offsets may lack their minutes.
    let full = format!("{text}:00");
    let read = full.parse::<Timestamp>().or_else(|_| text.parse::<Timestamp>());
    read.map_or_else(|_| text.to_owned(), |at| shown(at, "%Y-%m-%d %H:%M:%S%:::z"))
}

fn written(seconds: i64, form: &str) -> String {
    match Timestamp::from_second(seconds) {
        Ok(at) => shown(at, form),
        // Beyond the year 9999: shown as it is.
        Err(_) => seconds.to_string(),
    }
}

fn shown(at: Timestamp, form: &str) -> String {
    at.to_zoned(TimeZone::system()).strftime(form).to_string()
}

/// A date from seconds since 1970 for programs, as RFC 3339 has it.
pub(crate) fn exact(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

/// A length of time in words, as `1 h 5 min`.
pub(crate) fn span(seconds: f64) -> String {
    // Far more than anybody waits; a float becomes the nearest whole number.
    let seconds = seconds.clamp(0.0, 1e12).round() as u64;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::{local, span};

    #[test]
    fn what_is_no_date_stays() {
        assert_eq!(local("9223372036854775807"), "9223372036854775807");
        assert_eq!(local(""), "");
    }

    #[test]
    fn spans_have_two_units_at_most() {
        assert_eq!(span(59.4), "59 s");
        assert_eq!(span(61.0), "1 min 1 s");
        assert_eq!(span(3_700.0), "1 h 1 min");
        assert_eq!(span(200_000.0), "2 d 7 h");
        assert_eq!(span(f64::NAN), "0 s");
    }
}
