//! Takes the records of a run as they come and leaves the files of its output folder. Must not
//! know which world the records come from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::delay::Baseline;
use crate::error::ReportError;
use crate::jobs_csv::JobsCsv;
use crate::metrics::{Metrics, Tally};
use crate::page::Page;
use crate::plots::{Gathered, NAMES};
use crate::record::{DecisionRecord, FinalState, JobRecord, RunEnd, RunInfo, SeriesPoint};
use crate::series::{ROWS_MAX, Series};
use crate::sink::{Sink, write_file};
use crate::text;

/// How a report is made.
#[derive(Debug, Default)]
pub struct RecorderOptions {
    /// Whether plots are drawn and shown in the page.
    pub plots: bool,
    /// Where the run will be stopped, if that is known beforehand (`--until`). Jobs may then be
    /// recorded with later ends: the figures are clipped to the stop.
    pub until_ms: Option<i64>,
    /// Starts of the local jobs in a run without campaigns, to compare with.
    pub baseline: Option<Baseline>,
}

/// What a finished report consists of.
#[derive(Debug)]
pub struct Outcome {
    /// The figures, as in `metrics.json`.
    pub metrics: Metrics,
    /// The files written, in the order of writing.
    pub paths: Vec<PathBuf>,
}

/// Writes a report record by record.
///
/// Points of one cluster come in order of time. Jobs come in any order; in order of ending
/// is natural. Memory does not grow with the number of local jobs.
pub struct Recorder {
    dir: PathBuf,
    info: RunInfo,
    jobs: JobsCsv,
    decisions: Sink,
    series: Series,
    tally: Tally,
    plots: Option<Gathered>,
}

impl Recorder {
    /// Opens a report in `dir`, which is created if need be. Files of an earlier report there are
    /// replaced or removed; others are left alone.
    ///
    /// # Errors
    /// If the folder or a file cannot be created, or two clusters have one name.
    pub fn create(
        dir: &Path,
        info: RunInfo,
        options: RecorderOptions,
    ) -> Result<Self, ReportError> {
        let mut names = BTreeSet::new();
        if let Some(twice) = info.clusters.iter().find(|c| !names.insert(c.name.as_str())) {
            return Err(ReportError::DuplicateCluster { name: twice.name.clone() });
        }
        std::fs::create_dir_all(dir)
            .map_err(|source| ReportError::CreateFolder { path: dir.to_path_buf(), source })?;
        for stale in ["metrics.json", "manifest.json", "series.csv", "report.html"] {
            remove_stale(dir.join(stale))?;
        }
        for plot in NAMES {
            remove_stale(dir.join("plots").join(plot).with_extension("svg"))?;
        }
        let plots = options.plots.then(|| Gathered::new(&info, options.baseline.is_some()));
        Ok(Self {
            jobs: JobsCsv::create(dir.join("jobs.csv"), &info)?,
            decisions: Sink::create(dir.join("decisions.jsonl"))?,
            series: Series::new(info.clusters.len(), ROWS_MAX),
            tally: Tally::new(&info, options.until_ms, options.baseline),
            plots,
            dir: dir.to_path_buf(),
            info,
        })
    }

    /// Takes a job that ended, or that will not end before the stop.
    ///
    /// # Errors
    /// If the record contradicts itself or `RunInfo`, or the file cannot be written.
    pub fn job(&mut self, job: &JobRecord<'_>) -> Result<(), ReportError> {
        self.check_cluster(job.cluster)?;
        if let Some(index) = job.campaign.filter(|&c| c as usize >= self.info.campaigns.len()) {
            return Err(ReportError::UnknownCampaign { index, known: self.info.campaigns.len() });
        }
        check_times(job)?;
        self.tally.job(job);
        if let Some(plots) = &mut self.plots {
            plots.job(job, self.tally.delay_ms(job));
        }
        self.jobs.write(job)
    }

    /// Takes the state of a cluster from a moment on.
    ///
    /// # Errors
    /// If the cluster is unknown, the point is older than the last one of its cluster, or its cores do
    /// not add up.
    pub fn point(&mut self, point: &SeriesPoint) -> Result<(), ReportError> {
        self.check_cluster(point.cluster)?;
        if let Some(last) = self.series.latest(point.cluster)
            && last.time_ms > point.time_ms
        {
            return Err(ReportError::PointOrder {
                cluster: self.info.clusters[usize::from(point.cluster)].name.clone(),
                time_ms: point.time_ms,
                last_ms: last.time_ms,
            });
        }
        self.check_cores(point)?;
        self.tally.point(point);
        self.series.push(point);
        if let Some(plots) = &mut self.plots {
            plots.point(point);
        }
        Ok(())
    }

    /// Takes a grid cycle that did something.
    ///
    /// # Errors
    /// If a value cannot be written as JSON, or the file cannot be written.
    pub fn decision<C: Serialize, R: Serialize>(
        &mut self,
        decision: &DecisionRecord<'_, C, R>,
    ) -> Result<(), ReportError> {
        let out = &mut self.decisions.buffer;
        let failed = |source| ReportError::Json { file: "decisions.jsonl", source };
        out.extend_from_slice(b"{\"time\":");
        text::seconds(out, decision.time_ms);
        out.extend_from_slice(b",\"commands\":");
        serde_json::to_writer(&mut *out, decision.commands).map_err(failed)?;
        out.extend_from_slice(b",\"reasons\":");
        serde_json::to_writer(&mut *out, decision.reasons).map_err(failed)?;
        out.extend_from_slice(b"}\n");
        self.decisions.line_done()
    }

    /// Closes the report and writes what needs the whole run; the manifest comes last, so a folder
    /// that has one is complete.
    ///
    /// # Errors
    /// If a file cannot be written, or the stop lies before what was recorded.
    pub fn finish(self, end: RunEnd) -> Result<Outcome, ReportError> {
        if let (Some(until_ms), Some(end_ms)) = (end.until_ms, self.tally.last_seen_ms())
            && until_ms < end_ms
        {
            return Err(ReportError::StopBeforeEnd { until_ms, end_ms });
        }
        let Self { dir, info, jobs, decisions, mut series, tally, plots } = self;
        let mut paths = vec![jobs.finish()?, decisions.finish()?];
        paths.push(series.write(dir.join("series.csv"), &info)?);
        let shown_ms = shown_ms(&tally, &series, end.until_ms);
        let metrics = tally.finish(&info, &end);
        paths.push(write_json(&dir, "metrics.json", &metrics)?);
        let plots = match plots {
            Some(gathered) => gathered.draw(&info, series.rows(), &metrics, shown_ms)?,
            None => Vec::new(),
        };
        let folder = dir.join("plots");
        if !plots.is_empty() {
            std::fs::create_dir_all(&folder)
                .map_err(|source| ReportError::CreateFolder { path: folder.clone(), source })?;
        }
        for plot in &plots {
            let path = folder.join(plot.name).with_extension("svg");
            write_file(&path, plot.svg.as_bytes())?;
            paths.push(path);
        }
        let page = Page::new(&info, &metrics, &end, shown_ms, &plots).html()?;
        let path = dir.join("report.html");
        write_file(&path, page.as_bytes())?;
        paths.push(path);
        paths.push(write_json(&dir, "manifest.json", &end.manifest)?);
        Ok(Outcome { metrics, paths })
    }

    /// A core is in one use at a time: what is idle can never be less than nothing.
    #[inline]
    fn check_cores(&self, point: &SeriesPoint) -> Result<(), ReportError> {
        let SeriesPoint { local_used, cleaning, besteffort_used, free, unavailable, .. } = *point;
        let about = &self.info.clusters[usize::from(point.cluster)];
        let sum =
            [local_used, besteffort_used, free, unavailable].map(u64::from).iter().sum::<u64>();
        if sum == u64::from(about.cores) && cleaning <= local_used {
            return Ok(());
        }
        Err(ReportError::PointCores {
            cluster: about.name.clone(),
            time_ms: point.time_ms,
            local_used,
            cleaning,
            besteffort_used,
            free,
            unavailable,
            cores: about.cores,
        })
    }

    #[inline]
    fn check_cluster(&self, index: u16) -> Result<(), ReportError> {
        let known = self.info.clusters.len();
        if usize::from(index) < known {
            Ok(())
        } else {
            Err(ReportError::UnknownCluster { index, known })
        }
    }
}

/// The stretch of time that plots show: all that was recorded, up to the stop.
fn shown_ms(tally: &Tally, series: &Series, until_ms: Option<i64>) -> [i64; 2] {
    let rows = series.rows();
    let of_rows = || Some([rows.first()?.time_ms, rows.last()?.time_ms]);
    let seen = tally.seen().map(|span| [span.start_ms, span.end_ms]);
    let [from_ms, to_ms] = seen.or_else(of_rows).unwrap_or([0, 0]);
    [from_ms, until_ms.unwrap_or(to_ms).max(from_ms)]
}

/// Refuses times that contradict each other or the state, or whose differences would not fit.
fn check_times(job: &JobRecord<'_>) -> Result<(), ReportError> {
    const LIMIT_MS: std::ops::RangeInclusive<i64> = i64::MIN / 4..=i64::MAX / 4;
    let ordered = match (job.start_ms, job.end_ms) {
        (None, None) => true,
        (Some(start_ms), None) => start_ms >= job.submit_ms && job.state == FinalState::Running,
        (Some(start_ms), Some(end_ms)) => start_ms >= job.submit_ms && end_ms >= start_ms,
        (None, Some(_)) => false,
    };
    let small = [Some(job.submit_ms), job.start_ms, job.end_ms, Some(job.useful_ms)]
        .into_iter()
        .flatten()
        .all(|time_ms| LIMIT_MS.contains(&time_ms));
    if ordered && small && job.useful_ms >= 0 {
        return Ok(());
    }
    Err(ReportError::JobTimes {
        job_id: job.job_id,
        submit_ms: job.submit_ms,
        start_ms: job.start_ms,
        end_ms: job.end_ms,
    })
}

fn write_json<T: Serialize>(
    dir: &Path,
    file: &'static str,
    value: &T,
) -> Result<PathBuf, ReportError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|source| ReportError::Json { file, source })?;
    bytes.push(b'\n');
    let path = dir.join(file);
    write_file(&path, &bytes)?;
    Ok(path)
}

fn remove_stale(path: PathBuf) -> Result<(), ReportError> {
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(ReportError::RemoveFile { path, source })
        }
        _ => Ok(()),
    }
}
