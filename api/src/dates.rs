//! How the API writes dates. Knows no clock.

use gleaner_core::time::Timestamp;

/// Returns a date as CiGri writes it, in UTC: `2026-11-20 13:03:26+00`.
pub fn cigri_date(at: Timestamp) -> String {
    written(at, "%Y-%m-%d %H:%M:%S+00")
}

/// Returns a date as RFC 3339 writes it, in UTC.
pub fn rfc3339(at: Timestamp) -> String {
    written(at, "%Y-%m-%dT%H:%M:%SZ")
}

fn written(at: Timestamp, form: &str) -> String {
    match jiff::Timestamp::from_second(at.seconds()) {
        Ok(time) => time.strftime(form).to_string(),
        // Beyond the year 9999: a server's nonsense, shown as it is.
        Err(_) => at.seconds().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use gleaner_core::time::Timestamp;

    use super::{cigri_date, rfc3339};

    #[test]
    fn dates_are_written_in_utc() {
        let at = Timestamp::from_seconds(1_795_179_806);
        assert_eq!(cigri_date(at), "2026-11-20 13:03:26+00");
        assert_eq!(rfc3339(at), "2026-11-20T13:03:26Z");
        assert_eq!(rfc3339(Timestamp::NEVER), i64::MAX.to_string());
    }
}
