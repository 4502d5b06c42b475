//! Takes the records of a run as they come, refuses those that contradict each other, and counts; leaves
//! the files of an output folder if there is one. Must not know which world the records come from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::delay::Baseline;
use crate::error::ReportError;
use crate::files::{Files, Wanted};
use crate::metrics::{Metrics, Tally};
use crate::record::{
    DecisionRecord, FinalState, JobRecord, NodeRecord, RunEnd, RunInfo, SeriesPoint,
};

/// How a report is made.
#[derive(Debug, Default)]
pub struct RecorderOptions {
    /// Whether plots are drawn and shown in the page.
    pub plots: bool,
    /// Whether `jobs.csv` is left out.
    pub without_jobs: bool,
    /// Where the run will be stopped, if that is known beforehand (`--until`). Jobs may then be
    /// recorded with later ends: the figures are clipped to the stop.
    pub until_ms: Option<i64>,
    /// Starts of the local jobs in a run without campaigns, to compare with.
    pub baseline: Option<Arc<Baseline>>,
}

/// What a finished report consists of.
#[derive(Debug)]
pub struct Outcome {
    /// The figures, as in `metrics.json`.
    pub metrics: Metrics,
    /// The files written, in the order of writing; none without a folder.
    pub paths: Vec<PathBuf>,
}

/// Makes a report record by record.
///
/// Points of one cluster come in order of time. Jobs come in any order; in order of ending
/// is natural. Memory does not grow with the number of local jobs.
pub struct Recorder {
    info: Arc<RunInfo>,
    /// When the last point of each cluster was.
    last_ms: Vec<Option<i64>>,
    tally: Tally,
    files: Option<Files>,
}

impl Recorder {
    /// Opens a report of which only the figures are wanted: it touches no file. No plots are made.
    ///
    /// # Errors
    /// If two clusters have one name.
    pub fn in_memory(
        info: impl Into<Arc<RunInfo>>,
        options: RecorderOptions,
    ) -> Result<Self, ReportError> {
        let info = info.into();
        let mut names = BTreeSet::new();
        if let Some(twice) = info.clusters.iter().find(|c| !names.insert(c.name.as_str())) {
            return Err(ReportError::DuplicateCluster { name: twice.name.clone() });
        }
        Ok(Self {
            last_ms: vec![None; info.clusters.len()],
            tally: Tally::new(&info, options.until_ms, options.baseline),
            files: None,
            info,
        })
    }

    /// Opens a report in `dir`, which is created if need be. Files of an earlier report there are
    /// replaced or removed; others are left alone.
    ///
    /// # Errors
    /// If the folder or a file cannot be created, or two clusters have one name.
    pub fn create(
        dir: &Path,
        info: impl Into<Arc<RunInfo>>,
        options: RecorderOptions,
    ) -> Result<Self, ReportError> {
        let wanted = Wanted {
            jobs: !options.without_jobs,
            plots: options.plots,
            delays: options.baseline.is_some(),
        };
        let recorder = Self::in_memory(info, options)?;
        let files = Files::create(dir, &recorder.info, wanted)?;
        Ok(Self { files: Some(files), ..recorder })
    }

    /// Returns whether records are written anywhere, or only counted: then nobody reads decisions.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.files.is_some()
    }

    /// Returns whether anything says of single jobs what they waited for: [`JobRecord::wait_cause`] and
    /// [`JobRecord::overtook`].
    #[must_use]
    pub fn tells_waits(&self) -> bool {
        self.files.as_ref().is_some_and(Files::tells_waits)
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
        match &mut self.files {
            Some(files) => files.job(job, self.tally.delay_ms(job)),
            None => Ok(()),
        }
    }

    /// Takes the state of a cluster from a moment on.
    ///
    /// # Errors
    /// If the cluster is unknown, the point is older than the last one of its cluster, or its cores do
    /// not add up.
    pub fn point(&mut self, point: &SeriesPoint) -> Result<(), ReportError> {
        self.check_cluster(point.cluster)?;
        let cluster = usize::from(point.cluster);
        if let Some(last_ms) = self.last_ms[cluster].filter(|last_ms| *last_ms > point.time_ms) {
            return Err(ReportError::PointOrder {
                cluster: self.info.clusters[cluster].name.clone(),
                time_ms: point.time_ms,
                last_ms,
            });
        }
        self.check_cores(point)?;
        self.last_ms[cluster] = Some(point.time_ms);
        self.tally.point(point);
        if let Some(files) = &mut self.files {
            files.point(point);
        }
        Ok(())
    }

    /// Takes a node that is in another state from now on, in order of time for each node.
    ///
    /// # Errors
    /// If the cluster is unknown.
    pub fn node(&mut self, node: &NodeRecord) -> Result<(), ReportError> {
        self.check_cluster(node.cluster)?;
        if let Some(files) = &mut self.files {
            files.node(node);
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
        self.files.as_mut().map_or(Ok(()), |files| files.decision(decision))
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
        let Self { info, tally, files, .. } = self;
        let seen_ms = tally.seen().map(|span| [span.start_ms, span.end_ms]);
        let metrics = tally.finish(&info, &end);
        let paths = match files {
            Some(files) => files.finish(&info, &metrics, seen_ms, &end)?,
            None => Vec::new(),
        };
        Ok(Outcome { metrics, paths })
    }

    /// A core is in one use at a time: what is idle can never be less than nothing.
    #[inline]
    fn check_cores(&self, point: &SeriesPoint) -> Result<(), ReportError> {
        let SeriesPoint {
            local_used, cleaning, besteffort_used, free, unavailable, absent, ..
        } = *point;
        let about = &self.info.clusters[usize::from(point.cluster)];
        let sum =
            [local_used, besteffort_used, free, unavailable].map(u64::from).iter().sum::<u64>();
        if sum == u64::from(about.cores) && cleaning <= local_used && absent <= unavailable {
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
            absent,
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
