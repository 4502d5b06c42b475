//! Watches the World and hands what happens to the recorder in its own words. Decides nothing.

use gleaner_reports::error::ReportError;
use gleaner_reports::record::{DecisionRecord, SeriesPoint};
use gleaner_reports::recorder::Recorder;
use gleaner_sim::job::{ClusterIndex, Job, JobSlot};
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::time::SimTime;
use serde::Serialize;

use crate::simulate::progress::Progress;
use crate::simulate::records::Names;

/// The World's observer during `gleaner simulate`.
pub(crate) struct Watch {
    recorder: Recorder,
    names: Names,
    progress: Progress,
    failed: Option<ReportError>,
}

impl Watch {
    /// Hands on to `recorder`.
    pub(crate) fn new(recorder: Recorder, names: Names, progress: Progress) -> Watch {
        Watch { recorder, names, progress, failed: None }
    }

    /// Records a job that was still there when the run was stopped.
    pub(crate) fn unfinished(&mut self, job: &Job) {
        if let (None, Some(record)) = (&self.failed, self.names.unfinished(job)) {
            self.failed = self.recorder.job(&record).err();
        }
    }

    /// Records a cycle of the grid scheduler.
    pub(crate) fn decision<C: Serialize, R: Serialize>(
        &mut self,
        record: &DecisionRecord<'_, C, R>,
    ) {
        if self.failed.is_none() {
            self.failed = self.recorder.decision(record).err();
        }
    }

    /// Ends the watch: the recorder, or what it failed with.
    pub(crate) fn finish(self) -> Result<Recorder, ReportError> {
        self.progress.close();
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.recorder),
        }
    }
}

impl Observer for Watch {
    fn job_ended(&mut self, _slot: JobSlot, job: &Job) {
        if self.failed.is_none() {
            self.failed = self.recorder.job(&self.names.ended(job)).err();
        }
        self.progress.job_done(job);
    }

    fn job_withdrawn(&mut self, _now: SimTime, _slot: JobSlot, job: &Job) {
        if self.failed.is_none() {
            self.failed = self.recorder.job(&self.names.withdrawn(job)).err();
        }
    }

    fn changed(&mut self, now: SimTime, cluster: ClusterIndex, counts: &Counts) {
        let used = counts.local_cores + counts.besteffort_cores + counts.down_cores;
        let point = SeriesPoint {
            time_ms: now.ms(),
            cluster: cluster.0,
            local_used: counts.local_cores,
            cleaning: counts.cleaning_cores,
            besteffort_used: counts.besteffort_cores,
            free: self.names.cores(cluster.index()).saturating_sub(used),
            unavailable: counts.down_cores,
            local_waiting: counts.local_waiting,
            besteffort_waiting: counts.besteffort_waiting,
            submitted: counts.submitted,
            load: 0.0,
        };
        if self.failed.is_none() {
            self.failed = self.recorder.point(&point).err();
        }
    }

    fn go_on(&mut self, now: SimTime) -> bool {
        self.failed.is_none() && self.progress.look(now)
    }
}
