//! `series.csv`: the state of each cluster at each change, thinned out when there are very many.
//! Must not know jobs.
//!
//! **The rule of thinning.** At most [`ROWS_MAX`] rows are kept. While they suffice, every change is
//! kept. When one more would not fit, time is cut into buckets of a power of two milliseconds, the
//! smallest with which at most half of the rows remain, and of each cluster's points in one bucket only
//! the last is kept; later points follow the same rule. So the file is a sample of true states at their
//! true times, evenly spread over the run, and depends on nothing but the points.

use std::path::PathBuf;

use crate::error::ReportError;
use crate::record::{RunInfo, SeriesPoint};
use crate::sink::Sink;
use crate::text::{self, Line, NUMBER_MAX, Name};

/// The most rows a series keeps.
pub(crate) const ROWS_MAX: usize = 100_000;

/// The widest bucket there is. Wider than any time, all of a cluster's rows fall into two.
const BUCKET_LOG2_MAX: u32 = 62;

/// The first line of the file.
const HEADER: &str = "time,cluster,local_used,besteffort_used,free,unavailable,local_waiting,\
besteffort_waiting,submitted,load";

/// Columns of the file, at most.
const COLUMNS_MAX: usize = 11;

/// The points kept so far, in the order they came.
pub(crate) struct Series {
    rows: Vec<SeriesPoint>,
    rows_max: usize,
    /// Buckets are `1 << bucket_log2` milliseconds wide; 0 keeps every change.
    bucket_log2: u32,
    /// For each cluster, its latest row.
    latest: Vec<Option<usize>>,
}

impl Series {
    pub(crate) fn new(clusters: usize, rows_max: usize) -> Self {
        // Room that is not used costs nothing; a list that doubles touches twice what it needs.
        let rows = Vec::with_capacity(rows_max);
        Self { rows, rows_max, bucket_log2: 0, latest: vec![None; clusters] }
    }

    /// Returns the points kept, of all clusters, in order of time for each.
    pub(crate) fn rows(&self) -> &[SeriesPoint] {
        &self.rows
    }

    /// Takes a point that is not older than the latest of its cluster.
    pub(crate) fn push(&mut self, point: &SeriesPoint) {
        let cluster = usize::from(point.cluster);
        if let Some(row) = self.latest[cluster] {
            let last = &mut self.rows[row];
            if last.time_ms >> self.bucket_log2 == point.time_ms >> self.bucket_log2 {
                *last = *point;
                return;
            }
            if same_state(last, point) {
                return;
            }
        }
        if self.rows.len() >= self.rows_max {
            self.thin_out();
        }
        self.latest[cluster] = Some(self.rows.len());
        self.rows.push(*point);
    }

    /// Widens the buckets until at most half of the rows are left, and thins in place.
    #[cold]
    fn thin_out(&mut self) {
        self.bucket_log2 = self.wide_enough();
        let mut kept = 0;
        self.latest.fill(None);
        for number in 0..self.rows.len() {
            let point = self.rows[number];
            let latest = &mut self.latest[usize::from(point.cluster)];
            let bucket = |point: &SeriesPoint| point.time_ms >> self.bucket_log2;
            match *latest {
                Some(row) if bucket(&self.rows[row]) == bucket(&point) => self.rows[row] = point,
                _ => {
                    *latest = Some(kept);
                    self.rows[kept] = point;
                    kept += 1;
                }
            }
        }
        self.rows.truncate(kept);
    }

    /// Returns the smallest width of buckets, above the present one, with which at most half of the
    /// rows are left: two rows of a cluster that follow each other are in one bucket from the width
    /// on that takes away the highest bit in which their times differ.
    fn wide_enough(&self) -> u32 {
        // Of how many rows that are not the first of their cluster this bit is the highest.
        let mut highest = [0_usize; 64];
        let mut before: Vec<Option<i64>> = vec![None; self.latest.len()];
        for row in &self.rows {
            if let Some(time_ms) = before[usize::from(row.cluster)].replace(row.time_ms) {
                highest[((time_ms ^ row.time_ms) as u64).checked_ilog2().unwrap_or(0) as usize] +=
                    1;
            }
        }
        let mut left = self.rows.len();
        let mut width = 0;
        while width < BUCKET_LOG2_MAX && (width <= self.bucket_log2 || left > self.rows_max / 2) {
            left -= highest[width as usize];
            width += 1;
        }
        width
    }

    /// Writes the table, in order of time, then of cluster.
    pub(crate) fn write(&mut self, path: PathBuf, info: &RunInfo) -> Result<PathBuf, ReportError> {
        let order = |row: &SeriesPoint| (row.time_ms, row.cluster);
        // Sorting takes room for as many rows again, and those of one cluster are in order.
        if !self.rows.is_sorted_by_key(order) {
            self.rows.sort_by_key(order);
        }
        let names: Vec<Name> =
            info.clusters.iter().map(|cluster| Name::field(&cluster.name)).collect();
        let mut sink = Sink::create(path)?;
        sink.buffer.extend_from_slice(HEADER.as_bytes());
        // A column more where there is something to say.
        let resizes = info.clusters.iter().any(|cluster| cluster.resizes);
        sink.buffer.extend_from_slice(if resizes { b",absent\n" } else { b"\n" });
        for row in &self.rows {
            let name = &names[usize::from(row.cluster)];
            let most = COLUMNS_MAX * (NUMBER_MAX + 1) + name.len();
            text::line(&mut sink.buffer, most, |line| write_line(line, row, name, resizes));
            sink.line_done()?;
        }
        sink.finish()
    }
}

#[inline(always)]
fn write_line(line: &mut Line<'_>, row: &SeriesPoint, name: &Name, resizes: bool) {
    line.seconds(row.time_ms);
    line.byte(b',');
    line.name(name);
    let counts = [
        row.local_used,
        row.besteffort_used,
        row.free,
        row.unavailable,
        row.local_waiting,
        row.besteffort_waiting,
    ];
    for count in counts {
        line.byte(b',');
        line.unsigned(count);
    }
    line.byte(b',');
    line.unsigned(row.submitted);
    line.byte(b',');
    if let Some(load) = row.load {
        line.float(load);
    }
    if resizes {
        line.byte(b',');
        line.unsigned(row.absent);
    }
    line.byte(b'\n');
}

/// Returns whether the rows of two points differ in nothing but their time.
fn same_state(a: &SeriesPoint, b: &SeriesPoint) -> bool {
    SeriesPoint { time_ms: b.time_ms, cleaning: b.cleaning, ..*a } == *b
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(time_ms: i64, cluster: u16, local_used: u32) -> SeriesPoint {
        SeriesPoint { time_ms, cluster, local_used, free: 8 - local_used, ..SeriesPoint::default() }
    }

    fn kept(series: &Series) -> Vec<(i64, u16, u32)> {
        series.rows().iter().map(|r| (r.time_ms, r.cluster, r.local_used)).collect()
    }

    #[test]
    fn points_of_one_instant_collapse_into_the_last() {
        let mut series = Series::new(2, 10);
        for p in [point(0, 0, 1), point(0, 1, 5), point(0, 0, 2), point(1, 0, 2), point(2, 0, 3)] {
            series.push(&p);
        }
        assert_eq!(kept(&series), [(0, 0, 2), (0, 1, 5), (2, 0, 3)]);
    }

    proptest! {
        #[test]
        fn thinning_keeps_true_points_and_the_last_of_each_cluster(
            steps in prop::collection::vec((0i64..50, 0u16..3, 0u32..9), 1..400)
        ) {
            let mut series = Series::new(3, 16);
            let (mut time_ms, mut all) = (-100, Vec::new());
            for (step_ms, cluster, used) in steps {
                time_ms += step_ms;
                all.push(point(time_ms, cluster, used));
                series.push(&all[all.len() - 1]);
            }
            prop_assert!(series.rows().len() <= 16);
            for row in series.rows() {
                prop_assert!(all.contains(row));
            }
            for cluster in 0..3 {
                let last = all.iter().rfind(|p| p.cluster == cluster);
                let seen = series.latest[usize::from(cluster)].map(|row| series.rows[row]);
                let (Some(last), Some(seen)) = (last, seen) else {
                    prop_assert!(last.is_none() && seen.is_none());
                    continue;
                };
                prop_assert_eq!(last.local_used, seen.local_used);
            }
        }
    }
}
