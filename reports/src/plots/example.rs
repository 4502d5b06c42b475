//! The plot of docs/add-a-plot.md: how many owners' jobs wait at each hour of the day. Must not know single jobs.

use crate::error::ReportError;
use crate::plots::axis::{DAY_MS, round_numbers, short};
use crate::plots::canvas::{Anchor, Sheet, draw};
use crate::plots::frame::{LABEL, Panel};
use crate::plots::palette::{FAINT, OWNERS};
use crate::record::{RunInfo, SeriesPoint};

const HOUR_MS: i64 = DAY_MS / 24;

/// Waiting in each hour of the day, jobs times milliseconds.
pub(crate) struct QueueByHour {
    /// What to add to the run's time so that 0 is a midnight, where that is known.
    shift_ms: i64,
    waited: [f64; 24],
    /// Milliseconds of all clusters in each hour.
    seen_ms: [f64; 24],
    /// For each cluster, since when how many jobs wait.
    current: Vec<Option<(i64, u32)>>,
}

impl QueueByHour {
    pub(crate) fn new(info: &RunInfo) -> Self {
        let local_s = info.unix_start_s.map_or(0, |start_s| start_s + i64::from(info.utc_offset_s));
        Self {
            shift_ms: local_s.rem_euclid(DAY_MS / 1000) * 1000,
            waited: [0.0; 24],
            seen_ms: [0.0; 24],
            current: vec![None; info.clusters.len()],
        }
    }

    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        let cluster = usize::from(point.cluster);
        self.close(cluster, point.time_ms);
        self.current[cluster] = Some((point.time_ms, point.local_waiting));
    }

    /// Ends every cluster's last stretch.
    pub(crate) fn finish(&mut self, end_ms: i64) {
        (0..self.current.len()).for_each(|cluster| self.close(cluster, end_ms));
    }

    fn close(&mut self, cluster: usize, until_ms: i64) {
        let Some((from_ms, waiting)) = self.current[cluster].take() else {
            return;
        };
        // Whole days fill every hour alike; the loop below sees less than a day.
        let days = (until_ms - from_ms) / DAY_MS;
        let mut add = |hour: usize, span_ms: i64| {
            self.waited[hour] += span_ms as f64 * f64::from(waiting);
            self.seen_ms[hour] += span_ms as f64;
        };
        (0..24).for_each(|hour| add(hour, days * HOUR_MS));
        let mut at_ms = from_ms + days * DAY_MS + self.shift_ms;
        let until_ms = until_ms + self.shift_ms;
        while at_ms < until_ms {
            let hour = at_ms.div_euclid(HOUR_MS);
            let next_ms = ((hour + 1) * HOUR_MS).min(until_ms);
            add(hour.rem_euclid(24) as usize, next_ms - at_ms);
            at_ms = next_ms;
        }
    }

    /// Mean jobs in the queues of all clusters; 0 where nothing was seen.
    fn means(&self) -> [f64; 24] {
        let clusters = self.current.len() as f64;
        std::array::from_fn(|hour| clusters * self.waited[hour] / self.seen_ms[hour].max(1.0))
    }

    /// Draws a bar for each hour.
    pub(crate) fn svg(&self, sheet: Sheet) -> Result<String, ReportError> {
        draw("queue-by-hour", sheet, 300.0, "owners' jobs waiting by hour of the day", |canvas| {
            let panel = Panel::new(sheet, 34.0, 238.0);
            let means = self.means();
            let ticks = round_numbers(means.into_iter().fold(0.0, f64::max));
            let most = ticks.last().copied().unwrap_or(1.0);
            let labels: Vec<_> = ticks.iter().map(|tick| (tick / most, short(*tick))).collect();
            panel.upright(canvas, "owners' jobs waiting", &labels)?;
            let pitch = panel.width() / 24.0;
            // Every hour has a bar; on a phone, every fourth a number.
            let every = if sheet == Sheet::Wide { 1 } else { 4 };
            for (hour, mean) in means.into_iter().enumerate() {
                let left = panel.left + pitch * hour as f64;
                let top = panel.y(mean / most);
                canvas.rect([left + 2.0, top], [left + pitch - 2.0, panel.bottom], OWNERS)?;
                if hour % every > 0 {
                    continue;
                }
                let middle = [left + pitch / 2.0, panel.bottom + 8.0];
                canvas.text(&hour.to_string(), middle, LABEL, FAINT, Anchor::Top)?;
            }
            panel.below(canvas, "hour of the day, or since the start where no date is known")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ClusterInfo;

    fn point(time_ms: i64, cluster: u16, local_waiting: u32) -> SeriesPoint {
        SeriesPoint { time_ms, cluster, free: 4, local_waiting, ..SeriesPoint::default() }
    }

    #[test]
    fn a_stretch_falls_into_its_hours() {
        let cluster = |name: &str| ClusterInfo {
            name: name.into(),
            cores: 4,
            nodes: 1,
            cores_per_node: 4,
            scheduler: "easy".into(),
            resizes: false,
        };
        let clusters = vec![cluster("a"), cluster("b")];
        let mut plot = QueueByHour::new(&RunInfo { clusters, ..RunInfo::default() });
        plot.point(&point(0, 0, 6));
        plot.point(&point(0, 1, 0));
        plot.point(&point(HOUR_MS / 2, 0, 2));
        plot.finish(DAY_MS + HOUR_MS);
        let means = plot.means();
        assert_eq!([means[0], means[1], means[23]], [3.0, 2.0, 2.0]);
        assert!(
            plot.svg(Sheet::Wide)
                .unwrap()
                .contains("<title>owners' jobs waiting by hour of the day</title>")
        );
    }

    #[test]
    fn nothing_seen_draws_no_bar_and_divides_by_nothing() {
        let plot = QueueByHour::new(&RunInfo::default());
        assert_eq!(plot.means(), [0.0; 24]);
        assert!(!plot.svg(Sheet::Wide).unwrap().contains("NaN"));
    }
}
