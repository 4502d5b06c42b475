//! The owners' load by hour of the week, on each cluster. Must not know single jobs.

use crate::error::ReportError;
use crate::plots::axis::DAY_MS;
use crate::plots::canvas::{Anchor, Canvas, Sheet, draw};
use crate::plots::clusters::{Shown, panel_numbers, shown};
use crate::plots::frame::{LABEL, Panel};
use crate::plots::palette::{FAINT, GROUND, INK, heat, heat_ink};
use crate::record::{RunInfo, SeriesPoint};

const HOUR_MS: i64 = DAY_MS / 24;
const HOURS: usize = 7 * 24;
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// The least width of a cell with a number in it.
const NUMBER: f64 = 24.0;

/// Owners' load in each hour of the week.
pub(crate) struct Week {
    /// What to add to the run's time so that 0 is a Monday's midnight.
    shift_ms: i64,
    known_days: bool,
    /// For each cluster of the run, the number of its panel.
    panels: Vec<Option<usize>>,
    clusters: Vec<Cluster>,
}

/// Core milliseconds of owners' jobs, and of all cores that were there, in each hour of the week.
struct Cluster {
    name: String,
    cores: u32,
    used: Vec<f64>,
    capacity: Vec<f64>,
    /// Since when how many cores are in use, and how many are there.
    current: Option<(i64, [u32; 2])>,
}

impl Week {
    pub(crate) fn new(info: &RunInfo) -> Self {
        // 1970-01-01 was a Thursday, three days after a Monday.
        let week_ms = 7 * DAY_MS;
        let shift_ms = info.unix_start_s.map(|start_s| {
            let local_s = start_s.rem_euclid(week_ms / 1000) + i64::from(info.utc_offset_s);
            (local_s * 1000 + 3 * DAY_MS).rem_euclid(week_ms)
        });
        let cluster = |shown: Shown| Cluster {
            name: shown.name,
            cores: shown.cores,
            used: vec![0.0; HOURS],
            capacity: vec![0.0; HOURS],
            current: None,
        };
        Self {
            shift_ms: shift_ms.unwrap_or(0),
            known_days: shift_ms.is_some(),
            panels: panel_numbers(info),
            clusters: shown(info).into_iter().map(cluster).collect(),
        }
    }

    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        let Some(panel) = self.panels[usize::from(point.cluster)] else {
            return;
        };
        let cluster = &mut self.clusters[panel];
        cluster.close(point.time_ms, self.shift_ms);
        let there = cluster.cores.saturating_sub(point.absent);
        cluster.current = Some((point.time_ms, [point.local_used, there]));
    }

    /// Ends every cluster's last stretch.
    pub(crate) fn finish(&mut self, end_ms: i64) {
        self.clusters.iter_mut().for_each(|cluster| cluster.close(end_ms, self.shift_ms));
    }

    /// Returns the days that any cluster has seen, or the first.
    fn days(&self) -> Vec<usize> {
        let seen = |day: &usize| {
            let hours = day * 24..(day + 1) * 24;
            self.clusters.iter().any(|c| c.capacity[hours.clone()].iter().any(|&all| all > 0.0))
        };
        let days: Vec<usize> = (0..DAYS.len()).filter(seen).collect();
        if days.is_empty() { vec![0] } else { days }
    }

    /// Draws rows of twenty-four cells for each cluster, a row for each day, darker with more load.
    pub(crate) fn svg(&self, sheet: Sheet) -> Result<String, ReportError> {
        let whole = Panel::new(sheet, 52.0, 0.0);
        let (across, row) = match (sheet, self.clusters.len()) {
            (Sheet::Wide, 0 | 1) => (1, 34.0),
            (Sheet::Wide, 2) => (1, 22.0),
            (Sheet::Wide, _) => (2, 15.0),
            (Sheet::Narrow, _) => (1, 15.0),
        };
        let days = self.days();
        let high = row * days.len() as f64;
        let pitch = high + 46.0;
        let rows = self.clusters.len().div_ceil(across);
        let height = whole.top + pitch * rows as f64 + 8.0;
        draw("week", sheet, height, "owners' load by hour of the week", |canvas| {
            scale(canvas, &whole)?;
            for (index, cluster) in self.clusters.iter().enumerate() {
                let panel = Panel::of_many(sheet, [index, across], [whole.top, high, pitch]);
                self.panel(canvas, &panel, cluster, &days)?;
            }
            let below = Panel { bottom: height - 46.0, ..whole };
            below.below(
                canvas,
                match self.known_days {
                    true => "hour of the day (local time)",
                    false => "hour since the start, modulo a day",
                },
            )
        })
    }

    fn panel(
        &self,
        canvas: &mut Canvas<'_>,
        panel: &Panel,
        cluster: &Cluster,
        days: &[usize],
    ) -> Result<(), ReportError> {
        panel.title(canvas, &cluster.name)?;
        let (wide, high) = (panel.width() / 24.0, (panel.bottom - panel.top) / days.len() as f64);
        for (row, &day) in days.iter().enumerate() {
            let y = panel.top + high * row as f64;
            let name = match (self.known_days, canvas.sheet()) {
                (true, Sheet::Wide) => DAYS[day].to_owned(),
                (true, Sheet::Narrow) => DAYS[day][..3].to_owned(),
                (false, _) => format!("day {}", day + 1),
            };
            let beside = [panel.left - 7.0, y + high / 2.0];
            canvas.text(&name, beside, LABEL, FAINT, Anchor::Right)?;
            for hour in 0..24 {
                let x = panel.left + wide * hour as f64;
                let share = cluster.share(day * 24 + hour);
                let colour = share.map_or(GROUND, heat);
                canvas.rect([x + 0.75, y + 0.75], [x + wide - 0.75, y + high - 0.75], colour)?;
                if wide >= NUMBER {
                    let text =
                        share.map_or("–".to_owned(), |part| format!("{:.0}", part * 100.0));
                    let ink = share.map_or(INK, heat_ink);
                    let middle = [x + wide / 2.0, y + high / 2.0];
                    canvas.text(&text, middle, LABEL, ink, Anchor::Middle)?;
                }
            }
        }
        let step = if wide >= NUMBER { 3 } else { 6 };
        for hour in (0..24).step_by(step) {
            let x = panel.left + wide * f64::from(hour) + 2.0;
            let text = format!("{hour:02}:00");
            canvas.text(&text, [x, panel.bottom + 6.0], LABEL, FAINT, Anchor::Top)?;
        }
        Ok(())
    }
}

/// Draws what the colours mean.
fn scale(canvas: &mut Canvas<'_>, panel: &Panel) -> Result<(), ReportError> {
    let title = match canvas.sheet() {
        Sheet::Wide => "share of the cores in use by owners (%):  0",
        Sheet::Narrow => "used by owners (%):  0",
    };
    canvas.text(title, [panel.left, 14.0], LABEL, INK, Anchor::Left)?;
    let mut x = panel.left + title.chars().count() as f64 * 6.2 + 4.0;
    for step in 0..=10 {
        let share = f64::from(step) / 10.0;
        canvas.rect([x, 8.0], [x + 10.0, 20.0], heat(share))?;
        x += 10.0;
    }
    canvas.text("100", [x + 6.0, 14.0], LABEL, INK, Anchor::Left)
}

impl Cluster {
    /// Returns the share of its cores that owners used in an hour of the week, if it was seen then.
    fn share(&self, hour: usize) -> Option<f64> {
        let capacity = self.capacity[hour];
        (capacity > 0.0).then(|| self.used[hour] / capacity)
    }

    /// Adds the stretch since the last point, and begins none.
    fn close(&mut self, until_ms: i64, shift_ms: i64) {
        let Some((from_ms, [used, there])) = self.current.take() else {
            return;
        };
        let mut add = |hour: usize, span_ms: f64| {
            self.used[hour] += span_ms * f64::from(used);
            self.capacity[hour] += span_ms * f64::from(there);
        };
        let weeks = (until_ms - from_ms) / (7 * DAY_MS);
        if weeks > 0 {
            (0..HOURS).for_each(|hour| add(hour, (weeks * HOUR_MS) as f64));
        }
        // What is left is shorter than a week, so the loop is, too.
        let mut at_ms = from_ms + weeks * 7 * DAY_MS + shift_ms;
        let until_ms = until_ms + shift_ms;
        while at_ms < until_ms {
            let hour = at_ms.div_euclid(HOUR_MS);
            let next_ms = ((hour + 1) * HOUR_MS).min(until_ms);
            add(hour.rem_euclid(HOURS as i64) as usize, (next_ms - at_ms) as f64);
            at_ms = next_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ClusterInfo;

    fn week(unix_start_s: Option<i64>) -> Week {
        let cluster = ClusterInfo {
            name: "a".into(),
            cores: 10,
            nodes: 1,
            cores_per_node: 10,
            scheduler: "easy".into(),
            resizes: false,
        };
        Week::new(&RunInfo { clusters: vec![cluster], unix_start_s, ..RunInfo::default() })
    }

    fn point(time_ms: i64, local_used: u32) -> SeriesPoint {
        SeriesPoint { time_ms, local_used, free: 10 - local_used, ..SeriesPoint::default() }
    }

    #[test]
    fn time_falls_into_its_hour() {
        // 2026-11-20 was a Friday; the run begins at 14:30.
        let mut week = week(Some(1_795_185_000));
        week.point(&point(0, 4));
        week.point(&point(HOUR_MS, 10));
        week.finish(2 * HOUR_MS);
        let friday = 4 * 24;
        let cluster = &week.clusters[0];
        let shares = [13, 14, 15, 16].map(|hour| cluster.share(friday + hour));
        assert_eq!(shares, [None, Some(0.4), Some(0.7), Some(1.0)]);
        assert_eq!(week.days(), [4], "only Friday was seen");
        assert_eq!(cluster.capacity.iter().sum::<f64>(), 2.0 * 10.0 * HOUR_MS as f64);
    }

    #[test]
    fn a_long_stretch_fills_every_hour() {
        let mut week = week(None);
        week.point(&point(-HOUR_MS, 5));
        week.finish(-HOUR_MS + 70 * DAY_MS);
        assert!(week.clusters[0].used.iter().all(|&used| used == 50.0 * HOUR_MS as f64));
    }

    #[test]
    fn cores_that_are_not_there_are_not_idle() {
        let mut week = week(None);
        week.point(&SeriesPoint { free: 2, unavailable: 6, absent: 6, ..point(0, 2) });
        week.finish(HOUR_MS);
        assert_eq!(week.clusters[0].share(0), Some(0.5), "two of the four that are there");
    }
}
