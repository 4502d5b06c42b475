//! The series cut into columns of a plot, so that a curve has some hundred points whatever the run's
//! length. Must not know how they are drawn.

use crate::plots::axis::TimeAxis;
use crate::record::SeriesPoint;

/// Columns of a plot.
pub(crate) const COLUMNS: usize = 600;
/// What is averaged: owners' cores, campaigns' cores, free, unavailable, the two queues, and absent.
pub(crate) const QUANTITIES: usize = 7;

/// Means over time in each column, and the extremes of the queues.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    /// Means weighted by time, 0 where nothing is known.
    pub(crate) mean: Vec<[f64; QUANTITIES]>,
    /// Most owners' jobs and campaigns' jobs waiting at any time.
    pub(crate) queue_max: Vec<[u32; 2]>,
    /// Submissions of campaigns' jobs.
    pub(crate) submitted: Vec<f64>,
}

impl Columns {
    /// Sums over some clusters; extremes are of each cluster alone, added up.
    pub(crate) fn of(rows: &[SeriesPoint], clusters: &[u16], axis: &TimeAxis) -> Self {
        let mut all = Self::empty();
        for &cluster in clusters {
            let own: Vec<&SeriesPoint> = rows.iter().filter(|r| r.cluster == cluster).collect();
            let one = Self::of_one(&own, axis);
            for index in 0..COLUMNS {
                for (sum, part) in all.mean[index].iter_mut().zip(one.mean[index]) {
                    *sum += part;
                }
                for (sum, part) in all.queue_max[index].iter_mut().zip(one.queue_max[index]) {
                    *sum = sum.saturating_add(part);
                }
                all.submitted[index] += one.submitted[index];
            }
        }
        all
    }

    fn empty() -> Self {
        Self {
            mean: vec![[0.0; QUANTITIES]; COLUMNS],
            queue_max: vec![[0; 2]; COLUMNS],
            submitted: vec![0.0; COLUMNS],
        }
    }

    fn of_one(rows: &[&SeriesPoint], axis: &TimeAxis) -> Self {
        let mut out = Self::empty();
        let place =
            |time_ms: i64| (axis.share(time_ms) * COLUMNS as f64).clamp(0.0, COLUMNS as f64);
        let mut submitted_before = 0;
        for (index, row) in rows.iter().enumerate() {
            let until_ms = rows.get(index + 1).map_or(axis.to_ms, |next| next.time_ms);
            let (from, to) = (place(row.time_ms), place(until_ms));
            let first = (from as usize).min(COLUMNS - 1);
            out.submitted[first] += row.submitted.saturating_sub(submitted_before) as f64;
            submitted_before = row.submitted;
            let last = (libm::ceil(to) as usize).clamp(first + 1, COLUMNS);
            for column in first..last {
                let low = column as f64;
                let part = (to.min(low + 1.0) - from.max(low)).max(0.0);
                for (sum, value) in out.mean[column].iter_mut().zip(quantities(row)) {
                    *sum += value * part;
                }
                let [owners, campaigns] = &mut out.queue_max[column];
                *owners = row.local_waiting.max(*owners);
                *campaigns = row.besteffort_waiting.max(*campaigns);
            }
        }
        out
    }
}

fn quantities(row: &SeriesPoint) -> [f64; QUANTITIES] {
    [
        row.local_used,
        row.besteffort_used,
        row.free,
        row.unavailable,
        row.local_waiting,
        row.besteffort_waiting,
        row.absent,
    ]
    .map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RunInfo;
    use proptest::prelude::*;

    proptest! {
        /// The mean over all columns is the mean over time.
        #[test]
        fn columns_keep_the_mean_over_time(
            steps in prop::collection::vec((0i64..5_000, 0u32..100), 1..200)
        ) {
            let mut rows = Vec::new();
            let (mut time_ms, mut area) = (0i64, 0.0);
            for (index, &(length_ms, local_used)) in steps.iter().enumerate() {
                rows.push(SeriesPoint {
                    time_ms,
                    local_used,
                    local_waiting: local_used,
                    submitted: index as u64,
                    ..SeriesPoint::default()
                });
                time_ms += length_ms;
                area += length_ms as f64 * f64::from(local_used);
            }
            let axis = TimeAxis::new(&RunInfo::default(), 0, time_ms);
            let columns = Columns::of(&rows, &[0], &axis);
            let mean = columns.mean.iter().map(|m| m[0]).sum::<f64>() / COLUMNS as f64;
            let expected = area / (axis.to_ms as f64);
            prop_assert!((mean - expected).abs() < 1e-9 * expected.max(1.0), "{} {}", mean, expected);
            let top = steps.iter().map(|s| s.1).max();
            prop_assert_eq!(columns.queue_max.iter().map(|m| m[0]).max(), top);
            prop_assert_eq!(columns.submitted.iter().sum::<f64>(), (steps.len() - 1) as f64);
        }
    }
}
