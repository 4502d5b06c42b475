//! Watches the World and hands what happens to the recorder in its own words. Decides nothing.

use gleaner_reports::error::ReportError;
use gleaner_reports::record::{FinalState, JobRecord, Kind, SeriesPoint, UserRef};
use gleaner_reports::recorder::Recorder;
use gleaner_scenarios::build::WorkloadFacts;
use gleaner_sim::job::{ClusterIndex, EndReason, Job, JobKind, JobSlot, JobState};
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::time::SimTime;

use crate::simulate::progress::Progress;

/// The World's observer during `gleaner simulate`.
pub(crate) struct Watch {
    recorder: Recorder,
    workloads: Vec<WorkloadFacts>,
    /// Cores of each cluster, to tell what is free.
    cores: Vec<u32>,
    progress: Progress,
    /// Text of the queue number, reused.
    queue: String,
    failed: Option<ReportError>,
}

impl Watch {
    /// Hands on to `recorder`; `cores` and `workloads` are those of the clusters, in order.
    pub(crate) fn new(
        recorder: Recorder,
        cores: Vec<u32>,
        workloads: Vec<WorkloadFacts>,
        progress: Progress,
    ) -> Watch {
        Watch { recorder, workloads, cores, progress, queue: String::new(), failed: None }
    }

    /// Records a job that was still there when the run was stopped.
    pub(crate) fn unfinished(&mut self, job: &Job) {
        let (state, start, end) = match job.state {
            JobState::Waiting | JobState::Promised => (FinalState::Submitted, None, None),
            JobState::Running => (FinalState::Running, Some(job.start), None),
            // Recorded when it ended.
            JobState::CleaningUp => return,
        };
        self.record(job, state, start, end);
    }

    /// Ends the watch: the recorder, or what it failed with.
    pub(crate) fn finish(self) -> Result<Recorder, ReportError> {
        self.progress.close();
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.recorder),
        }
    }

    fn record(&mut self, job: &Job, state: FinalState, start: Option<SimTime>, end: Option<SimTime>) {
        if self.failed.is_some() {
            return;
        }
        let spec = &job.spec;
        let facts = &self.workloads[job.cluster.index()];
        self.queue.clear();
        if spec.queue >= 0 {
            self.queue.push_str(itoa::Buffer::new().format(spec.queue));
        }
        let names = facts.job_names.as_deref();
        let job_name = names.and_then(|names| names.get(spec.number as usize)).map(AsRef::as_ref);
        let ran_ms = end.map_or(0, |end| (end - job.start).ms() - job.latency.ms()).max(0);
        let done = self.recorder.job(&JobRecord {
            job_id: spec.number,
            job_name,
            workload: &facts.name,
            profile: "delay",
            cluster: job.cluster.0,
            submit_ms: spec.submit.ms(),
            requested_cores: spec.cores,
            requested_time_ms: spec.walltime.map(|walltime| walltime.ms()),
            start_ms: start.map(SimTime::ms),
            end_ms: end.map(SimTime::ms),
            useful_ms: ran_ms,
            state,
            kind: match spec.kind {
                JobKind::Local => Kind::Local,
                JobKind::BestEffort => Kind::BestEffort,
                JobKind::Grid => Kind::Grid,
            },
            allocated: job.cores.as_slice(),
            user: if spec.user < 0 { UserRef::Unknown } else { UserRef::Number(i64::from(spec.user)) },
            queue: &self.queue,
            campaign: None,
            task: None,
            attempt: None,
            exit_code: match state {
                FinalState::CompletedSuccessfully | FinalState::CompletedFailed => Some(spec.exit_code),
                _ => None,
            },
        });
        self.failed = done.err();
    }
}

impl Observer for Watch {
    fn job_ended(&mut self, _slot: JobSlot, job: &Job) {
        let state = match job.reason {
            EndReason::Completed if job.spec.exit_code == 0 => FinalState::CompletedSuccessfully,
            EndReason::Completed => FinalState::CompletedFailed,
            EndReason::Walltime => FinalState::CompletedWalltimeReached,
            EndReason::Preempted | EndReason::NodeFailure | EndReason::Cancelled => {
                FinalState::CompletedKilled
            }
        };
        self.record(job, state, Some(job.start), Some(job.end));
        self.progress.job_done();
    }

    fn changed(&mut self, now: SimTime, cluster: ClusterIndex, counts: &Counts) {
        let used = counts.local_cores + counts.besteffort_cores + counts.down_cores;
        let point = SeriesPoint {
            time_ms: now.ms(),
            cluster: cluster.0,
            local_used: counts.local_cores,
            besteffort_used: counts.besteffort_cores,
            free: self.cores[cluster.index()].saturating_sub(used),
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
