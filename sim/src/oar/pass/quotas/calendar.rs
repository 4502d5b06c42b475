//! The quota calendar: which set of rules holds when. Weeks begin on Monday 00:00 UTC. OAR 3's
//! own code gets several weekly periods wrong and aborts; the documented meaning is done here.

use crate::oar::model::config::quotas::{OneShot, QuotaSettings, Weekly};
use crate::oar::model::error::OarError;
use crate::oar::model::slots::counts::RulesId;
use std::collections::BTreeMap;

const DAY_S: i64 = 86_400;
const WEEK_S: i64 = 7 * DAY_S;
/// 1970-01-01 was a Thursday.
const FIRST_MONDAY_S: i64 = -3 * DAY_S;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Rules in force, and for how long from the asked second on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Set of rules.
    pub rules: RulesId,
    /// Seconds, at least 1.
    pub lasts_s: i64,
}

/// Compiled calendar.
#[derive(Debug)]
pub struct Calendar {
    /// Begin, end and rules within the week, ascending, without gaps.
    week: Vec<(i64, i64, RulesId)>,
    /// Begin, end and rules, ascending.
    oneshots: Vec<(i64, i64, RulesId)>,
    period_s: i64,
    /// See [`QuotaSettings::window_limit_s`].
    pub window_limit_s: i64,
    /// OAR cuts at its horizon and no further; otherwise slots are cut up to the window limit.
    pub real: bool,
}

impl Calendar {
    /// Compiles the periods; names that are no set of rules mean the default rules.
    pub(super) fn compile(
        settings: &QuotaSettings,
        sets: &BTreeMap<String, RulesId>,
        default: RulesId,
        real: bool,
    ) -> Option<Self> {
        let weekly = &settings.weekly;
        if weekly.is_empty() && settings.weekly_default.is_none() && settings.oneshots.is_empty() {
            return None;
        }
        let id = |name: &str| sets.get(name).copied().unwrap_or(default);
        let rest = settings.weekly_default.as_deref().map_or(default, id);
        let mut periods: Vec<_> =
            weekly.iter().map(|p| (p.begin_s, p.begin_s + p.lasts_s, id(&p.rules))).collect();
        periods.sort_unstable();
        let mut week: Vec<(i64, i64, RulesId)> = Vec::new();
        let mut until = 0;
        for (begin, end, rules) in periods {
            if begin > until {
                week.push((until, begin, rest));
            }
            // Where periods overlap, the earlier one holds.
            if end > until {
                week.push((begin.max(until), end.min(WEEK_S), rules));
                until = end;
            }
        }
        if until < WEEK_S {
            week.push((until, WEEK_S, rest));
        }
        let mut oneshots: Vec<_> =
            settings.oneshots.iter().map(|o| (o.begin, o.end, id(&o.rules))).collect();
        oneshots.sort_unstable();
        let (period_s, window_limit_s) = (settings.period_s, settings.window_limit_s);
        Some(Self { week, oneshots, period_s, window_limit_s, real })
    }

    /// Second from which on slots are not cut when cutting starts at `begin`.
    #[must_use]
    pub fn horizon(&self, begin: i64) -> i64 {
        let week_begin = begin - since_monday(begin);
        if self.real {
            week_begin.saturating_add(self.period_s)
        } else {
            begin.saturating_add(self.window_limit_s)
        }
    }

    /// Rules in force at a second.
    #[must_use]
    pub fn at(&self, second: i64) -> Period {
        let in_week = since_monday(second);
        let index = self.week.partition_point(|period| period.1 <= in_week);
        let (_, end, rules) = self.week[index.min(self.week.len() - 1)];
        self.interrupted(second, Period { rules, lasts_s: end - in_week })
    }

    /// Rules from a border on. OAR lets a lone weekly period last a whole week from there.
    #[must_use]
    pub fn after(&self, border: i64) -> Period {
        match self.week[..] {
            [(_, _, rules)] if self.real => {
                self.interrupted(border, Period { rules, lasts_s: WEEK_S })
            }
            _ => self.at(border),
        }
    }

    /// A weekly period as it is interrupted by the first period of its own that touches it.
    fn interrupted(&self, second: i64, weekly: Period) -> Period {
        for &(begin, end, rules) in &self.oneshots {
            if begin <= second && second < end {
                return Period { rules, lasts_s: end - second };
            }
            if second < begin && begin < second + weekly.lasts_s {
                return Period { lasts_s: begin - second, ..weekly };
            }
        }
        weekly
    }
}

fn since_monday(second: i64) -> i64 {
    (second - FIRST_MONDAY_S).rem_euclid(WEEK_S)
}

impl QuotaSettings {
    /// Adds a weekly period, as in `08:00-19:00 mon-fri * *`; `* * * *` or `default` is the rest.
    ///
    /// # Errors
    /// A text that is not of this form; days of the month and months can only be `*`.
    pub fn add_weekly(&mut self, spec: &str, rules: &str) -> Result<(), OarError> {
        if spec == "* * * *" || spec == "default" {
            self.weekly_default = Some(rules.to_owned());
            return Ok(());
        }
        let error = || OarError::Quota {
            what: "period",
            text: spec.to_owned(),
            must: "of the form `hh:mm-hh:mm mon-fri * *`",
        };
        let fields: Vec<&str> = spec.split_whitespace().collect();
        let [hours, days, "*", "*"] = fields[..] else {
            return Err(error());
        };
        let (begin, lasts) = parse_hours(hours).ok_or_else(error)?;
        let days = parse_days(days).ok_or_else(error)?;
        let mut add = |begin_s, lasts_s| {
            self.weekly.push(Weekly { begin_s, lasts_s, rules: rules.to_owned() });
        };
        // Whole days in a row are one period, cut only at the end of the week.
        let mut row: Option<(i64, i64)> = None;
        for day in days {
            let begin_s = day * DAY_S + begin;
            row = match row {
                Some((from, length)) if lasts == DAY_S && from + length == begin_s => {
                    Some((from, length + lasts))
                }
                Some((from, length)) => {
                    add(from, length);
                    Some((begin_s, lasts))
                }
                None => Some((begin_s, lasts)),
            };
        }
        if let Some((from, length)) = row {
            add(from, length);
        }
        Ok(())
    }

    /// Adds a period of its own between two dates `YYYY-MM-DD hh:mm`, UTC.
    ///
    /// # Errors
    /// A date that is none, or an end that is not after the begin.
    pub fn add_oneshot(&mut self, begin: &str, end: &str, rules: &str) -> Result<(), OarError> {
        let date = |text: &str| {
            parse_date(text).ok_or_else(|| OarError::Quota {
                what: "date",
                text: text.to_owned(),
                must: "of the form `YYYY-MM-DD hh:mm`",
            })
        };
        let (from, to) = (date(begin)?, date(end)?);
        if to <= from {
            let must = "after the begin";
            return Err(OarError::Quota { what: "end", text: end.to_owned(), must });
        }
        self.oneshots.push(OneShot { begin: from, end: to, rules: rules.to_owned() });
        Ok(())
    }
}

/// Begin within the day and length, in seconds. An end of 00:00 is the end of the day.
fn parse_hours(text: &str) -> Option<(i64, i64)> {
    if text == "*" {
        return Some((0, DAY_S));
    }
    let (begin, end) = text.split_once('-')?;
    let (begin, end) = (parse_time(begin)?, parse_time(end)?);
    let end = if end == 0 { DAY_S } else { end };
    (begin < end).then_some((begin, end - begin))
}

/// Days of the week, 0 for Monday; a range may run over Sunday.
fn parse_days(text: &str) -> Option<Vec<i64>> {
    let day = |text: &str| {
        let index = DAYS.iter().position(|day| *day == text)?;
        i64::try_from(index).ok()
    };
    if text == "*" {
        return Some((0..7).collect());
    }
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (day(from)?, day(to)?);
        let to = if to < from { to + 7 } else { to };
        return Some((from..=to).map(|day| day % 7).collect());
    }
    text.split(',').map(day).collect()
}

/// `h`, `h:m` or `h:m:s` within a day, in seconds.
fn parse_time(text: &str) -> Option<i64> {
    let mut seconds = 0;
    let mut unit = 3600;
    for part in text.split(':') {
        let number: i64 = part.parse().ok().filter(|n| (0..=59).contains(n))?;
        seconds += number * unit;
        unit /= 60;
    }
    (seconds <= DAY_S).then_some(seconds)
}

/// `YYYY-MM-DD hh:mm[:ss]` as seconds since 1970, UTC.
fn parse_date(text: &str) -> Option<i64> {
    let (day, time) = text.trim().split_once(' ')?;
    let mut parts = day.split('-');
    let mut next = |range: std::ops::RangeInclusive<i64>| {
        parts.next()?.parse::<i64>().ok().filter(|n| range.contains(n))
    };
    let (year, month, date) = (next(1970..=2037)?, next(1..=12)?, next(1..=31)?);
    if parts.next().is_some() {
        return None;
    }
    Some(days_from_civil(year, month, date) * DAY_S + parse_time(time)?)
}

/// Days since 1970-01-01 of a Gregorian date (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(settings: &QuotaSettings) -> Calendar {
        let sets = BTreeMap::from([("day".to_owned(), 1), ("trip".to_owned(), 2)]);
        Calendar::compile(settings, &sets, 0, false).unwrap()
    }

    #[test]
    fn weekly_periods_and_dates() {
        let mut settings = QuotaSettings::default();
        settings.add_weekly("08:00-19:00 mon-fri * *", "day").unwrap();
        settings.add_oneshot("2023-11-15 09:00", "2023-11-16 00:00", "trip").unwrap();
        let calendar = calendar(&settings);
        // 1700000000 is Tuesday 2023-11-14 22:13:20.
        let tuesday = 1_700_000_000 - (22 * 3600 + 13 * 60 + 20);
        let at = |s| (calendar.at(s).rules, calendar.at(s).lasts_s);
        assert_eq!(at(tuesday), (0, 8 * 3600));
        assert_eq!(at(tuesday + 9 * 3600), (1, 10 * 3600));
        assert_eq!(at(tuesday + DAY_S + 8 * 3600), (1, 3600));
        assert_eq!(at(tuesday + DAY_S + 9 * 3600), (2, 15 * 3600));
        assert_eq!(at(tuesday + 3 * DAY_S + 20 * 3600), (0, 52 * 3600));
    }

    #[test]
    fn bad_periods_are_refused() {
        let mut settings = QuotaSettings::default();
        for bad in ["", "8-9 mon *", "19:00-08:00 mon * *", "* xyz * *", "* mon 1 *"] {
            assert!(settings.add_weekly(bad, "day").is_err(), "{bad}");
        }
        assert!(settings.add_oneshot("2023-11-15", "2023-11-16 00:00", "x").is_err());
        assert!(settings.add_oneshot("2023-11-15 01:00", "2023-11-15 00:00", "x").is_err());
    }
}
