//! The emulated calendar: second `s` of the simulation is `EPOCH_S + s` for every client. Must not
//! know any wall clock.

use gleaner_sim::time::SimTime;

/// Second 0 of the simulation as seconds since 1970: 2001-09-09 01:46:40 UTC. Fixed, so that two
/// runs of a scenario answer alike; the simulated OAR's own dates count from it, too.
pub const EPOCH_S: i64 = 1_000_000_000;

/// The date of an instant, whole seconds since 1970, rounded down.
pub fn unix_s(time: SimTime) -> i64 {
    time.whole_s().saturating_add(EPOCH_S)
}

/// The date of an instant with its fraction of a second.
pub fn unix_float_s(time: SimTime) -> f64 {
    EPOCH_S as f64 + time.ms() as f64 / 1000.0
}

/// The first instant of a date.
pub fn sim_time(unix_s: i64) -> SimTime {
    SimTime::from_s(unix_s.saturating_sub(EPOCH_S))
}

/// The first instant with a whole second that is not before `time`: pollers see whole seconds.
pub fn whole_second(time: SimTime) -> SimTime {
    let (seconds, rest) = (time.ms().div_euclid(1000), time.ms().rem_euclid(1000));
    SimTime::from_s(seconds + i64::from(rest > 0))
}

/// A date as `YYYY-MM-DD HH:MM:SS`, UTC, for tokens; by Hinnant's algorithm for civil dates.
pub fn text(unix_s: i64) -> String {
    let (days, second) = (unix_s.div_euclid(86_400), unix_s.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// The instant of a date written as `YYYY-MM-DD HH:MM:SS`, UTC; none if it is not one.
pub fn parse(text: &str) -> Option<SimTime> {
    let (date, time) = text.trim().split_once(' ')?;
    let three = |text: &str, by: char| -> Option<[i64; 3]> {
        let parts: Vec<i64> =
            text.split(by).map(|part| part.parse().ok()).collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let ([year, month, day], [hour, minute, second]) = (three(date, '-')?, three(time, ':')?);
    let in_range = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    if !in_range {
        return None;
    }
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    let date_s = days * 86_400 + hour * 3600 + minute * 60 + second;
    // The 31st of a month of 30 days would be a day of the next one.
    let exists = self::text(date_s).starts_with(&format!("{year:04}-{month:02}-{day:02} "));
    exists.then(|| sim_time(date_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_civil_calendar() {
        assert_eq!(text(EPOCH_S), "2001-09-09 01:46:40");
        assert_eq!(text(951_782_400), "2000-02-29 00:00:00");
        assert_eq!(text(-1), "1969-12-31 23:59:59");
        for date in [EPOCH_S, 951_782_400, 2_114_380_800] {
            assert_eq!(parse(&text(date)), Some(sim_time(date)));
        }
        for none in [
            "garbage",
            "2001-13-01 00:00:00",
            "2001-00-01 00:00:00",
            "2001-02-29 00:00:00",
            "2001-04-31 00:00:00",
            "2001-01-01 24:00:00",
            "2001-01-01 00:60:00",
            "2001-01-01",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
        assert!(parse("2000-02-29 00:00:00").is_some());
        assert_eq!(sim_time(unix_s(SimTime::from_ms(5_999))), SimTime::from_s(5));
        assert_eq!(whole_second(SimTime::from_ms(5_001)), SimTime::from_s(6));
    }
}
