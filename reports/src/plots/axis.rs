//! Ticks: round numbers, round times, calendar dates. Must not know what is plotted.

use crate::record::RunInfo;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A day.
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// Steps between ticks of time, ascending.
const STEPS_MS: [i64; 23] = [
    1,
    10,
    100,
    SECOND_MS,
    5 * SECOND_MS,
    15 * SECOND_MS,
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    4 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
    28 * DAY_MS,
    56 * DAY_MS,
    91 * DAY_MS,
    182 * DAY_MS,
    365 * DAY_MS,
];

/// The stretch of time that a plot shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeAxis {
    /// Its left end.
    pub(crate) from_ms: i64,
    /// Its right end, later than the left one.
    pub(crate) to_ms: i64,
    /// What to add to the run's time for local calendar time, if that is known.
    pub(crate) calendar_ms: Option<i64>,
}

impl TimeAxis {
    pub(crate) fn new(info: &RunInfo, from_ms: i64, to_ms: i64) -> Self {
        let calendar_ms = info.unix_start_s.and_then(|start_s| {
            let offset_s = start_s.checked_add(i64::from(info.utc_offset_s))?;
            // Years beyond 9999 or before 0 have no place on an axis.
            let years = -62_167_219_200..=253_402_300_799;
            years.contains(&offset_s).then(|| offset_s * 1000)
        });
        Self { from_ms, to_ms: to_ms.max(from_ms + 1), calendar_ms }
    }

    /// Returns where a time lies: 0 at the left end, 1 at the right.
    pub(crate) fn share(&self, time_ms: i64) -> f64 {
        (time_ms - self.from_ms) as f64 / (self.to_ms - self.from_ms) as f64
    }

    /// Returns what the axis is called.
    pub(crate) fn title(&self) -> &'static str {
        if self.calendar_ms.is_some() { "date (local time)" } else { "time since the start" }
    }

    /// Returns round times and their labels, about `most` of them, which is not 0.
    pub(crate) fn ticks(&self, most: i64) -> Vec<(i64, String)> {
        let length_ms = self.to_ms - self.from_ms;
        let step_ms = STEPS_MS
            .into_iter()
            .find(|step_ms| length_ms / step_ms < most)
            .unwrap_or_else(|| (length_ms / most / (365 * DAY_MS) + 1) * 365 * DAY_MS);
        let offset_ms = self.calendar_ms.unwrap_or(0);
        let first_ms = (self.from_ms + offset_ms).div_euclid(step_ms) * step_ms - offset_ms;
        (0..most + 2)
            .map(|index| first_ms + index * step_ms)
            .filter(|time_ms| (self.from_ms..=self.to_ms).contains(time_ms))
            .map(|time_ms| (time_ms, self.label(time_ms, step_ms)))
            .collect()
    }

    fn label(&self, time_ms: i64, step_ms: i64) -> String {
        if let Some(offset_ms) = self.calendar_ms {
            let local_ms = time_ms + offset_ms;
            let (year, month, day) = civil(local_ms.div_euclid(DAY_MS));
            let of_day_s = local_ms.rem_euclid(DAY_MS) / 1000;
            let (hour, minute, second) = (of_day_s / 3600, of_day_s / 60 % 60, of_day_s % 60);
            return match step_ms {
                DAY_MS.. => format!("{year:04}-{month:02}-{day:02}"),
                MINUTE_MS.. => format!("{month:02}-{day:02} {hour:02}:{minute:02}"),
                _ => format!("{hour:02}:{minute:02}:{second:02}"),
            };
        }
        match step_ms {
            DAY_MS.. => format!("day {}", time_ms / DAY_MS),
            HOUR_MS.. => format!("{} h", time_ms / HOUR_MS),
            MINUTE_MS.. => format!("{} min", time_ms / MINUTE_MS),
            SECOND_MS.. => format!("{} s", time_ms / SECOND_MS),
            _ => format!("{time_ms} ms"),
        }
    }
}

/// Returns the year, month and day of a day counted from 1970-01-01 (Hinnant, "chrono-compatible
/// low-level date algorithms").
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Returns at most six round numbers from 0 to a bit above `highest`, the last being the axis's
/// end.
pub(crate) fn round_numbers(highest: f64) -> Vec<f64> {
    let highest = if highest.is_finite() && highest > 0.0 { highest } else { 1.0 };
    let mut step = 1e-6;
    'found: for _ in 0..60 {
        for factor in [1.0, 2.0, 5.0] {
            if highest / (step * factor) <= 5.0 {
                step *= factor;
                break 'found;
            }
        }
        step *= 10.0;
    }
    let count = libm::ceil(highest / step - 1e-9) as u32;
    (0..=count.max(1)).map(|index| f64::from(index) * step).collect()
}

/// Returns [`round_numbers`] of things that are counted: no halves.
pub(crate) fn round_counts(highest: u32) -> Vec<f64> {
    let ticks = round_numbers(f64::from(highest.max(1)));
    ticks.into_iter().filter(|tick| libm::floor(*tick) == *tick).collect()
}

/// Returns a number for people: thousands as k, millions as M.
pub(crate) fn short(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        1e9.. => (value / 1e9, "G"),
        1e6.. => (value / 1e6, "M"),
        1e4.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = if scaled.abs() >= 100.0 { format!("{scaled:.0}") } else { format!("{scaled:.2}") };
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

/// Returns a length of time for people, with one unit or two.
pub(crate) fn duration(value_s: f64) -> String {
    let whole_s = libm::round(value_s) as i64;
    match whole_s.abs() {
        86_400.. => format!("{} d {} h", whole_s / 86_400, whole_s.abs() % 86_400 / 3_600),
        3_600.. => format!("{} h {:02} min", whole_s / 3_600, whole_s.abs() % 3_600 / 60),
        60.. => format!("{} min {:02} s", whole_s / 60, whole_s.abs() % 60),
        _ => format!("{} s", short(value_s)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(unix_start_s: Option<i64>, from_ms: i64, to_ms: i64) -> String {
        let info = RunInfo { unix_start_s, ..RunInfo::default() };
        let ticks = TimeAxis::new(&info, from_ms, to_ms).ticks(9);
        ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn ticks_are_round_times() {
        assert_eq!(labels(None, 0, 4), "0 ms, 1 ms, 2 ms, 3 ms, 4 ms");
        assert_eq!(labels(None, 0, 5 * HOUR_MS), "0 h, 1 h, 2 h, 3 h, 4 h, 5 h");
        assert_eq!(labels(None, -DAY_MS, 2 * DAY_MS), "-24 h, -12 h, 0 h, 12 h, 24 h, 36 h, 48 h");
        assert_eq!(
            labels(Some(951_782_400), 0, 3 * DAY_MS - 1).split(", ").next().unwrap(),
            "02-29 00:00"
        );
        let year = labels(Some(1_700_000_000), 0, 365 * DAY_MS);
        assert!(year.split(", ").all(|label| label.len() == 10), "{year}");
    }

    #[test]
    fn the_ends_of_time_do_not_break_the_axis() {
        for (from_ms, to_ms) in [(0, 0), (-(i64::MAX / 4), i64::MAX / 4)] {
            assert!(labels(Some(i64::MAX), from_ms, to_ms).split(", ").count() <= 11);
        }
    }

    #[test]
    fn numbers_are_round_and_short() {
        assert_eq!(round_numbers(100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(round_numbers(0.0).len(), 6);
        assert_eq!([round_counts(0), round_counts(1)], [[0.0, 1.0], [0.0, 1.0]]);
        assert_eq!(round_counts(3), [0.0, 1.0, 2.0, 3.0]);
        let cases =
            [(0.0, "0"), (12.5, "12.5"), (9999.0, "9999"), (27_992.0, "27.99k"), (5e9, "5G")];
        for (value, expected) in cases {
            assert_eq!(short(value), expected);
        }
        for (value_s, expected) in [(0.25, "0.25 s"), (75.0, "1 min 15 s"), (90_000.0, "1 d 1 h")] {
            assert_eq!(duration(value_s), expected);
        }
    }
}
