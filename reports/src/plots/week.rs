//! The owners' load by hour of the week. Must not know single jobs.

use plotters::style::WHITE;

use crate::error::ReportError;
use crate::plots::axis::DAY_MS;
use crate::plots::canvas::{Anchor, draw};
use crate::plots::frame::{LABEL, LEFT, Panel, RIGHT};
use crate::plots::palette::{FAINT, GROUND, INK, OWNERS, mix};
use crate::record::{RunInfo, SeriesPoint};

const HOUR_MS: i64 = DAY_MS / 24;
const HOURS: usize = 7 * 24;
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Core milliseconds of owners' jobs, and of all cores, in each hour of the week.
pub(crate) struct Week {
    /// What to add to the run's time so that 0 is a Monday's midnight.
    shift_ms: i64,
    known_days: bool,
    used: Vec<f64>,
    capacity: Vec<f64>,
    /// For each cluster, since when how many cores are in use.
    current: Vec<Option<(i64, u32)>>,
    cores: Vec<u32>,
}

impl Week {
    pub(crate) fn new(info: &RunInfo) -> Self {
        // 1970-01-01 was a Thursday, three days after a Monday.
        let week_ms = 7 * DAY_MS;
        let shift_ms = info.unix_start_s.map(|start_s| {
            let local_s = start_s.rem_euclid(week_ms / 1000) + i64::from(info.utc_offset_s);
            (local_s * 1000 + 3 * DAY_MS).rem_euclid(week_ms)
        });
        Self {
            shift_ms: shift_ms.unwrap_or(0),
            known_days: shift_ms.is_some(),
            used: vec![0.0; HOURS],
            capacity: vec![0.0; HOURS],
            current: vec![None; info.clusters.len()],
            cores: info.clusters.iter().map(|c| c.cores).collect(),
        }
    }

    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        let cluster = usize::from(point.cluster);
        self.close(cluster, point.time_ms);
        self.current[cluster] = Some((point.time_ms, point.local_used));
    }

    /// Ends every cluster's last stretch.
    pub(crate) fn finish(&mut self, end_ms: i64) {
        (0..self.current.len()).for_each(|cluster| self.close(cluster, end_ms));
    }

    fn close(&mut self, cluster: usize, until_ms: i64) {
        let Some((from_ms, used)) = self.current[cluster] else {
            return;
        };
        let cores = self.cores[cluster];
        let weeks = (until_ms - from_ms) / (7 * DAY_MS);
        if weeks > 0 {
            let whole_ms = (weeks * HOUR_MS) as f64;
            for hour in 0..HOURS {
                self.used[hour] += whole_ms * f64::from(used);
                self.capacity[hour] += whole_ms * f64::from(cores);
            }
        }
        // What is left is shorter than a week, so the loop is, too.
        let mut at_ms = from_ms + weeks * 7 * DAY_MS + self.shift_ms;
        let until_ms = until_ms + self.shift_ms;
        while at_ms < until_ms {
            let hour = at_ms.div_euclid(HOUR_MS);
            let next_ms = ((hour + 1) * HOUR_MS).min(until_ms);
            let part_ms = (next_ms - at_ms) as f64;
            let index = hour.rem_euclid(HOURS as i64) as usize;
            self.used[index] += part_ms * f64::from(used);
            self.capacity[index] += part_ms * f64::from(cores);
            at_ms = next_ms;
        }
    }

    /// Draws seven rows of twenty-four cells, darker with more load.
    pub(crate) fn svg(&self) -> Result<String, ReportError> {
        draw("week", 318.0, "owners' load by hour of the week", |canvas| {
            let panel = Panel { top: 30.0, bottom: 268.0 };
            let title = "share of all cores in use by owners (%)";
            canvas.text(title, [LEFT, 12.0], LABEL, INK, Anchor::Left)?;
            let (wide, high) = ((RIGHT - LEFT) / 24.0, (panel.bottom - panel.top) / 7.0);
            for (index, name) in DAYS.iter().enumerate() {
                let y = panel.top + high * (index as f64 + 0.5);
                let relative = format!("day {}", index + 1);
                let name = if self.known_days { name } else { relative.as_str() };
                canvas.text(name, [LEFT - 7.0, y], LABEL, FAINT, Anchor::Right)?;
            }
            for (index, (used, capacity)) in self.used.iter().zip(&self.capacity).enumerate() {
                let x = LEFT + wide * (index % 24) as f64;
                let y = panel.top + high * (index / 24) as f64;
                let known = *capacity > 0.0;
                let share = if known { used / capacity } else { 0.0 };
                let colour = if known { mix(WHITE, OWNERS, 0.06 + 0.94 * share) } else { GROUND };
                canvas.rect([x + 0.75, y + 0.75], [x + wide - 0.75, y + high - 0.75], colour)?;
                let text = if known { format!("{:.0}", share * 100.0) } else { "–".to_owned() };
                let ink = if share > 0.55 { WHITE } else { INK };
                canvas.text(&text, [x + wide / 2.0, y + high / 2.0], LABEL, ink, Anchor::Middle)?;
            }
            for hour in (0..24).step_by(3) {
                let x = LEFT + wide * f64::from(hour);
                canvas.text(
                    &format!("{hour:02}:00"),
                    [x + 2.0, panel.bottom + 6.0],
                    LABEL,
                    FAINT,
                    Anchor::Top,
                )?;
            }
            let below = if self.known_days {
                "hour of the day (local time)"
            } else {
                "hour since the start, modulo a day"
            };
            panel.below(canvas, below)
        })
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
        SeriesPoint {
            time_ms,
            cluster: 0,
            local_used,
            cleaning: 0,
            besteffort_used: 0,
            free: 10 - local_used,
            unavailable: 0,
            absent: 0,
            local_waiting: 0,
            besteffort_waiting: 0,
            submitted: 0,
            load: None,
        }
    }

    #[test]
    fn time_falls_into_its_hour() {
        // 2026-11-20 was a Friday; the run begins at 14:30.
        let mut week = week(Some(1_795_185_000));
        week.point(&point(0, 4));
        week.point(&point(HOUR_MS, 10));
        week.finish(2 * HOUR_MS);
        let friday = 4 * 24;
        let share = |hour: usize| week.used[hour] / week.capacity[hour];
        assert_eq!([share(friday + 14), share(friday + 15), share(friday + 16)], [0.4, 0.7, 1.0]);
        assert_eq!(week.capacity.iter().sum::<f64>(), 2.0 * 10.0 * HOUR_MS as f64);
    }

    #[test]
    fn a_long_stretch_fills_every_hour() {
        let mut week = week(None);
        week.point(&point(-HOUR_MS, 5));
        week.finish(-HOUR_MS + 70 * DAY_MS);
        assert!(week.used.iter().all(|&used| used == 50.0 * HOUR_MS as f64));
    }
}
