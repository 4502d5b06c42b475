//! Figures as the page shows them. Must not know what they mean.

use crate::plots::{civil, duration};
use crate::record::RunInfo;

pub(crate) use crate::plots::short;

/// The sign for what is not defined.
const NOTHING: &str = "–";

/// Returns a moment of the run: a date where the calendar is known, else the time since its
/// beginning.
pub(crate) fn moment(info: &RunInfo, time_ms: i64) -> String {
    let since_start = || duration(time_ms as f64 / 1000.0);
    let Some(start_s) = info.unix_start_s else {
        return since_start();
    };
    let Some(local_s) = start_s.checked_add(i64::from(info.utc_offset_s) + time_ms / 1000) else {
        return since_start();
    };
    let (year, month, day) = civil(local_s.div_euclid(86_400));
    let minute = local_s.rem_euclid(86_400) / 60;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
}

/// Returns a count in full, its digits in groups of three.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(crate) fn core_hours(value_core_s: f64) -> String {
    short(value_core_s / 3600.0)
}

pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| NOTHING.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

pub(crate) fn time(value_s: Option<f64>) -> String {
    value_s.map_or_else(|| NOTHING.to_owned(), duration)
}

pub(crate) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), short)
}

pub(crate) fn plural(number: u64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{} {word}s", count(number)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let counts = [0, 999, 1_000, 27_992, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "27,992", "1,234,567"]);
        assert_eq!([plural(1, "node"), plural(2_000, "node")], ["1 node", "2,000 nodes"]);
    }

    #[test]
    fn a_moment_is_a_date_where_the_calendar_is_known() {
        let mut info = RunInfo::default();
        assert_eq!(moment(&info, 90_000_000), "1 d 1 h");
        info.unix_start_s = Some(951_782_400);
        info.utc_offset_s = 3600;
        assert_eq!(moment(&info, -60_000), "2000-02-29 00:59");
        info.unix_start_s = Some(i64::MAX);
        assert_eq!(moment(&info, 5_000), "5 s");
    }
}
