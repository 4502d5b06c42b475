//! Watches the World of a run: tells the recorder in its own words, and the observer as it happens. Decides
//! nothing.

use gleaner_core::config::ClusterSpec;
use gleaner_core::decision::Decision;
use gleaner_reports::error::ReportError;
use gleaner_reports::record::{NodeRecord, SeriesPoint};
use gleaner_reports::recorder::Recorder;
use gleaner_sim::job::{ClusterIndex, Job, JobSlot};
use gleaner_sim::node::NodeState;
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::time::SimTime;

use crate::decisions;
use crate::observer::RunObserver;
use crate::records::Names;

/// The World's observer during a run. A recorder that fails ends the run.
pub(crate) struct Watch<'b, 'o, O> {
    recorder: Recorder,
    names: Names<'b>,
    observer: &'o mut O,
    failed: Option<ReportError>,
}

impl<'b, 'o, O: RunObserver> Watch<'b, 'o, O> {
    /// Passes everything on to `recorder` and `observer`.
    pub(crate) fn new(
        recorder: Recorder,
        names: Names<'b>,
        observer: &'o mut O,
    ) -> Watch<'b, 'o, O> {
        Watch { recorder, names, observer, failed: None }
    }

    /// Records a job that was still there when the run was stopped.
    pub(crate) fn unfinished(&mut self, job: &Job) {
        if let (None, Some(record)) = (&self.failed, self.names.unfinished(job)) {
            self.failed = self.recorder.job(&record).err();
        }
    }

    /// Records a cycle of the grid scheduler.
    pub(crate) fn decided(&mut self, now: SimTime, decision: &Decision, clusters: &[ClusterSpec]) {
        if self.failed.is_none() {
            self.failed = decisions::record(now, decision, clusters, &mut self.recorder).err();
        }
        self.observer.decided(now, decision);
    }

    /// Ends the watch and returns the recorder, or what it failed with.
    pub(crate) fn finish(self) -> Result<Recorder, ReportError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.recorder),
        }
    }
}

impl<O: RunObserver> Observer for Watch<'_, '_, O> {
    fn job_submitted(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.observer.job_submitted(now, slot, job);
    }

    fn job_promised(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.observer.job_promised(now, slot, job);
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.observer.job_started(now, slot, job);
    }

    fn job_suspended(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.observer.job_suspended(now, slot, job);
    }

    fn job_resumed(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.observer.job_resumed(now, slot, job);
    }

    fn job_ended(&mut self, slot: JobSlot, job: &Job) {
        if self.failed.is_none() {
            self.failed = self.recorder.job(&self.names.ended(job)).err();
        }
        self.observer.job_ended(slot, job);
    }

    fn job_withdrawn(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if self.failed.is_none() {
            self.failed = self.recorder.job(&self.names.withdrawn(job)).err();
        }
        self.observer.job_withdrawn(now, slot, job);
    }

    fn node_changed(&mut self, now: SimTime, cluster: ClusterIndex, node: u32, state: NodeState) {
        if self.failed.is_none() {
            let absent = state == NodeState::Absent;
            let record = NodeRecord { time_ms: now.ms(), cluster: cluster.0, node, absent };
            self.failed = self.recorder.node(&record).err();
        }
        self.observer.node_changed(now, cluster, node, state);
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
            absent: counts.absent_cores,
            local_waiting: counts.local_waiting,
            besteffort_waiting: counts.besteffort_waiting,
            submitted: counts.submitted,
            load: None,
        };
        if self.failed.is_none() {
            self.failed = self.recorder.point(&point).err();
        }
        self.observer.changed(now, cluster, counts);
    }

    fn go_on(&mut self, now: SimTime) -> bool {
        self.failed.is_none() && self.observer.go_on(now)
    }
}
