//! The files of an output folder: those that grow with the records, and those that need the whole run.
//! Believes what it is given, and counts nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::ReportError;
use crate::jobs_csv::JobsCsv;
use crate::metrics::Metrics;
use crate::page::Page;
use crate::plots::{CAPTIONS, Gathered};
use crate::record::{DecisionRecord, JobRecord, NodeRecord, RunEnd, RunInfo, SeriesPoint};
use crate::series::{ROWS_MAX, Series};
use crate::sink::{Sink, write_file};
use crate::text::{self, NUMBER_MAX};

/// What is wanted of an output folder beside what it always has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// `jobs.csv`.
    pub(crate) jobs: bool,
    /// Plots.
    pub(crate) plots: bool,
    /// Among them that of delays.
    pub(crate) delays: bool,
}

/// An output folder in the making. Its memory does not grow with the number of records.
pub(crate) struct Files {
    dir: PathBuf,
    jobs: Option<JobsCsv>,
    decisions: Sink,
    series: Series,
    plots: Option<Gathered>,
}

impl Files {
    /// Opens `dir`, which is created if need be; files of an earlier report there are replaced or removed.
    pub(crate) fn create(dir: &Path, info: &RunInfo, wanted: Wanted) -> Result<Files, ReportError> {
        std::fs::create_dir_all(dir)
            .map_err(|source| ReportError::CreateFolder { path: dir.to_path_buf(), source })?;
        for stale in ["metrics.json", "manifest.json", "series.csv", "report.html"] {
            remove_stale(dir.join(stale))?;
        }
        for plot in CAPTIONS {
            remove_stale(dir.join("plots").join(plot.name).with_extension("svg"))?;
        }
        let path = dir.join("jobs.csv");
        let jobs = match wanted.jobs {
            true => Some(JobsCsv::create(path, info)?),
            false => {
                remove_stale(path)?;
                None
            }
        };
        Ok(Files {
            jobs,
            decisions: Sink::create(dir.join("decisions.jsonl"))?,
            series: Series::new(info.clusters.len(), ROWS_MAX),
            plots: wanted.plots.then(|| Gathered::new(info, wanted.delays)),
            dir: dir.to_path_buf(),
        })
    }

    /// Whether any file says what single jobs waited for.
    pub(crate) fn tells_waits(&self) -> bool {
        self.jobs.is_some() || self.plots.is_some()
    }

    /// Appends a job that started so much later than without campaigns, if that is known.
    pub(crate) fn job(
        &mut self,
        job: &JobRecord<'_>,
        delay_ms: Option<i64>,
    ) -> Result<(), ReportError> {
        if let Some(plots) = &mut self.plots {
            plots.job(job, delay_ms);
        }
        self.jobs.as_mut().map_or(Ok(()), |jobs| jobs.write(job))
    }

    /// Takes a point that is not older than the last one of its cluster.
    pub(crate) fn point(&mut self, point: &SeriesPoint) {
        self.series.push(point);
        if let Some(plots) = &mut self.plots {
            plots.point(point);
        }
    }

    /// Takes a node that is in another state from now on.
    pub(crate) fn node(&mut self, node: &NodeRecord) {
        if let Some(plots) = &mut self.plots {
            plots.node(node);
        }
    }

    /// Appends a cycle.
    pub(crate) fn decision<C: Serialize, R: Serialize>(
        &mut self,
        decision: &DecisionRecord<'_, C, R>,
    ) -> Result<(), ReportError> {
        let out = &mut self.decisions.buffer;
        let failed = |source| ReportError::Json { file: "decisions.jsonl", source };
        out.extend_from_slice(b"{\"time\":");
        text::line(out, NUMBER_MAX, |line| _ = line.seconds(decision.time_ms));
        out.extend_from_slice(b",\"commands\":");
        serde_json::to_writer(&mut *out, decision.commands).map_err(failed)?;
        out.extend_from_slice(b",\"reasons\":");
        serde_json::to_writer(&mut *out, decision.reasons).map_err(failed)?;
        out.extend_from_slice(b"}\n");
        self.decisions.line_done()
    }

    /// Writes what needs the whole run, the manifest last: a folder that has one is complete. `seen_ms` is
    /// from when to when jobs were recorded.
    pub(crate) fn finish(
        self,
        info: &RunInfo,
        metrics: &Metrics,
        seen_ms: Option<[i64; 2]>,
        end: &RunEnd,
    ) -> Result<Vec<PathBuf>, ReportError> {
        let Files { dir, jobs, decisions, mut series, plots } = self;
        let mut paths = Vec::new();
        let has_jobs = jobs.is_some();
        if let Some(jobs) = jobs {
            paths.push(jobs.finish()?);
        }
        paths.push(decisions.finish()?);
        paths.push(series.write(dir.join("series.csv"), info)?);
        let shown_ms = shown_ms(seen_ms, &series, end.until_ms);
        paths.push(write_json(&dir, "metrics.json", metrics)?);
        let plots = match plots {
            Some(gathered) => gathered.draw(info, series.rows(), metrics, shown_ms)?,
            None => Vec::new(),
        };
        let folder = dir.join("plots");
        if !plots.is_empty() {
            std::fs::create_dir_all(&folder)
                .map_err(|source| ReportError::CreateFolder { path: folder.clone(), source })?;
        }
        for plot in &plots {
            let path = folder.join(plot.caption.name).with_extension("svg");
            write_file(&path, plot.svg.as_bytes())?;
            paths.push(path);
        }
        let page = Page::new(info, metrics, end, shown_ms, &plots, has_jobs).html()?;
        let path = dir.join("report.html");
        write_file(&path, page.as_bytes())?;
        paths.push(path);
        paths.push(write_json(&dir, "manifest.json", &end.manifest)?);
        Ok(paths)
    }
}

/// Returns the stretch of time that plots show: all that was recorded, up to the stop.
fn shown_ms(seen_ms: Option<[i64; 2]>, series: &Series, until_ms: Option<i64>) -> [i64; 2] {
    let rows = series.rows();
    let of_rows = || Some([rows.first()?.time_ms, rows.last()?.time_ms]);
    let [from_ms, to_ms] = seen_ms.or_else(of_rows).unwrap_or([0, 0]);
    [from_ms, until_ms.unwrap_or(to_ms).max(from_ms)]
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
