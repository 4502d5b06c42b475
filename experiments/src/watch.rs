//! Watches the World of a run: tells the recorder in its own words, and the observer as it happens. Decides
//! nothing.

use gleaner_core::config::ClusterSpec;
use gleaner_core::decision::Decision;
use gleaner_reports::error::ReportError;
use gleaner_reports::record::{NodeRecord, SeriesPoint};
use gleaner_reports::recorder::Recorder;
use gleaner_sim::cause::{Cause, Obstacle, Room};
use gleaner_sim::job::{ClusterIndex, Job, JobSlot, JobTable};
use gleaner_sim::node::NodeState;
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::time::SimTime;
use gleaner_sim::waits::{Waited, Waits};

use crate::decisions;
use crate::observer::RunObserver;
use crate::records::{self, Names};

/// The World's observer during a run. A recorder that fails ends the run.
pub(crate) struct Watch<'b, 'o, O> {
    recorder: Recorder,
    names: Names<'b>,
    /// What jobs waited for, if anybody will read it.
    waits: Option<Waits>,
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
        let waits = recorder.tells_waits().then(|| Waits::new(names.each_cores()));
        Watch { recorder, names, waits, observer, failed: None }
    }

    /// Records a job that was still there when the run was stopped.
    pub(crate) fn unfinished(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        let waited = self.waited(now, slot);
        if let (None, Some(record)) = (&self.failed, self.names.unfinished(job, waited)) {
            self.failed = self.recorder.job(&record).err();
        }
    }

    /// What a job has waited for until now.
    fn waited(&mut self, now: SimTime, slot: JobSlot) -> Waited {
        self.waits.as_mut().map_or_else(Waited::default, |waits| waits.waited(now, slot))
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
        if let Some(waits) = &mut self.waits {
            waits.submitted(slot, job);
        }
        self.observer.job_submitted(now, slot, job);
    }

    fn job_promised(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if let Some(waits) = &mut self.waits {
            waits.promised(now, slot);
        }
        self.observer.job_promised(now, slot, job);
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if let Some(waits) = &mut self.waits {
            waits.started(now, slot, job);
        }
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
            let waited = self.waited(job.end, slot);
            self.failed = self.recorder.job(&self.names.ended(job, waited)).err();
        }
        self.observer.job_ended(slot, job);
    }

    fn job_withdrawn(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if let Some(waits) = &mut self.waits {
            waits.withdrawn(now, slot);
        }
        if self.failed.is_none() {
            let waited = self.waited(now, slot);
            self.failed = self.recorder.job(&self.names.withdrawn(job, waited)).err();
        }
        self.observer.job_withdrawn(now, slot, job);
    }

    fn asks_why(&self) -> bool {
        self.waits.is_some() || self.observer.asks_why()
    }

    fn room(&mut self, now: SimTime, cluster: ClusterIndex, room: &Room) {
        if let Some(waits) = &mut self.waits {
            waits.room(now, cluster, room);
        }
        self.observer.room(now, cluster, room);
    }

    fn job_held(&mut self, now: SimTime, slot: JobSlot, job: &Job, cause: Option<Cause>) {
        if let Some(waits) = &mut self.waits {
            waits.held(now, slot, cause);
        }
        self.observer.job_held(now, slot, job, cause);
    }

    fn follows(&self, number: usize) -> Option<JobSlot> {
        self.observer.follows(number)
    }

    fn job_waits(&mut self, now: SimTime, slot: JobSlot, obstacle: &Obstacle, jobs: &JobTable) {
        self.observer.job_waits(now, slot, obstacle, jobs);
    }

    fn node_changed(&mut self, now: SimTime, cluster: ClusterIndex, node: u32, state: NodeState) {
        if self.failed.is_none() {
            let state = records::node_state(state);
            let record = NodeRecord { time_ms: now.ms(), cluster: cluster.0, node, state };
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
