//! Simulated jobs and nodes in the recorder's words. Decides nothing.

use gleaner_reports::record::{FinalState, JobRecord, KillCause, Kind, NodeState, UserRef};
use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::build::grid::BuiltCampaign;
use gleaner_sim::cause::Cause;
use gleaner_sim::job::{EndReason, Job, JobKind, JobState};
use gleaner_sim::job_request::JobRequest;
use gleaner_sim::node;
use gleaner_sim::time::SimTime;
use gleaner_sim::waits::Waited;

use crate::built::Built;

/// What the recorder wants to know of clusters and campaigns beside the jobs themselves.
pub(crate) struct Names<'b> {
    clusters: &'b [BuiltCluster],
    /// The first has id 1.
    campaigns: &'b [BuiltCampaign],
    /// Text of a queue number, used again.
    queue: String,
}

impl<'b> Names<'b> {
    /// Returns the names of a run.
    pub(crate) fn of(built: &'b Built) -> Names<'b> {
        Names { clusters: built.clusters(), campaigns: built.campaigns(), queue: String::new() }
    }

    /// Returns the number of cores of a cluster.
    #[inline]
    pub(crate) fn cores(&self, cluster: usize) -> u32 {
        self.clusters[cluster].size.cores()
    }

    /// Returns the number of cores of each cluster.
    pub(crate) fn each_cores(&self) -> impl Iterator<Item = u32> {
        self.clusters.iter().map(|cluster| cluster.size.cores())
    }

    /// Returns the record of `job`, in the state given.
    fn record<'a>(
        &'a mut self,
        job: &'a Job,
        waited: Waited,
        state: FinalState,
        start: Option<SimTime>,
        end: Option<SimTime>,
    ) -> JobRecord<'a> {
        let spec = &job.spec;
        let workload = &self.clusters[job.cluster.index()].workload;
        self.queue.clear();
        if let Some(request) = spec.request.as_deref() {
            self.queue.push_str(if request.is_besteffort() {
                "besteffort"
            } else {
                &request.queue
            });
        } else if let Some(name) = workload.log_names.queues.get(&spec.queue) {
            self.queue.push_str(name);
        } else if spec.queue >= 0 {
            self.queue.push_str(itoa::Buffer::new().format(spec.queue));
        }
        let local = spec.kind == JobKind::Local;
        let job_names = workload.job_names.as_deref().filter(|_| local);
        let job_name = job_names.and_then(|names| names.get(spec.number as usize));
        let campaign = spec.origin.map(|origin| origin.campaign.0 as usize - 1);
        let (source, user) = match campaign {
            Some(campaign) => {
                let BuiltCampaign { name, user, .. } = &self.campaigns[campaign];
                (name.as_str(), UserRef::Name(user))
            }
            None if spec.request.is_some() => {
                let user = spec
                    .request
                    .as_deref()
                    .map_or(UserRef::Unknown, |request| UserRef::Name(&request.user));
                (workload.name.as_str(), user)
            }
            None if spec.user < 0 => (workload.name.as_str(), UserRef::Unknown),
            None => {
                let name = workload.log_names.users.get(&spec.user);
                let number = UserRef::Number(i64::from(spec.user));
                (workload.name.as_str(), name.map_or(number, |name| UserRef::Name(name)))
            }
        };
        let ran_ms = end.map_or(0, |end| (end - job.start).ms() - job.latency.ms()).max(0);
        let ended_by_itself =
            matches!(state, FinalState::CompletedSuccessfully | FinalState::CompletedFailed);
        JobRecord {
            job_id: spec.number,
            job_name: job_name.map(AsRef::as_ref),
            workload: source,
            profile: "delay",
            cluster: job.cluster.0,
            submit_ms: spec.submit.ms(),
            requested_cores: spec.cores,
            requested_time_ms: spec.walltime.map(|walltime| walltime.ms()),
            start_ms: start.map(SimTime::ms),
            end_ms: end.map(SimTime::ms),
            useful_ms: ran_ms,
            state,
            cause: match job.reason {
                EndReason::Preempted => Some(KillCause::Preempted),
                EndReason::NodeFailure => Some(KillCause::NodeLost),
                EndReason::Cancelled => Some(KillCause::Deleted),
                EndReason::Completed | EndReason::Walltime => None,
            },
            container: spec.request.as_deref().is_some_and(JobRequest::is_container),
            kind: match spec.kind {
                JobKind::Local => Kind::Local,
                JobKind::BestEffort => Kind::BestEffort,
                JobKind::Grid => Kind::Grid,
            },
            allocated: job.cores.as_slice(),
            user,
            queue: &self.queue,
            campaign: campaign.map(|campaign| campaign as u32),
            task: spec.origin.and_then(|origin| origin.task).map(u64::from),
            attempt: spec.origin.map(|origin| origin.attempt),
            exit_code: ended_by_itself.then_some(spec.exit_code),
            wait_cause: waited.cause.map_or("", Cause::word),
            overtook: waited.overtook,
        }
    }

    /// Returns the record of a job that has ended.
    pub(crate) fn ended<'a>(&'a mut self, job: &'a Job, waited: Waited) -> JobRecord<'a> {
        let state = match job.reason {
            EndReason::Completed if job.spec.exit_code == 0 => FinalState::CompletedSuccessfully,
            EndReason::Completed => FinalState::CompletedFailed,
            EndReason::Walltime => FinalState::CompletedWalltimeReached,
            EndReason::Preempted | EndReason::NodeFailure | EndReason::Cancelled => {
                FinalState::CompletedKilled
            }
        };
        self.record(job, waited, state, Some(job.start), Some(job.end))
    }

    /// Returns the record of a job that is still there when the run is stopped; none for one that
    /// was recorded when it ended.
    pub(crate) fn unfinished<'a>(
        &'a mut self,
        job: &'a Job,
        waited: Waited,
    ) -> Option<JobRecord<'a>> {
        match job.state {
            JobState::Waiting | JobState::Promised => {
                Some(self.record(job, waited, FinalState::Submitted, None, None))
            }
            JobState::Running | JobState::Suspended => {
                Some(self.record(job, waited, FinalState::Running, Some(job.start), None))
            }
            JobState::CleaningUp => None,
        }
    }

    /// Returns the record of a job that was withdrawn before it started.
    pub(crate) fn withdrawn<'a>(&'a mut self, job: &'a Job, waited: Waited) -> JobRecord<'a> {
        self.record(job, waited, FinalState::CompletedKilled, None, None)
    }
}

/// Returns the state of a node as reports tell it apart: what matters is why nobody can use it.
pub(crate) fn node_state(state: node::NodeState) -> NodeState {
    match state {
        node::NodeState::Up => NodeState::Up,
        node::NodeState::Down | node::NodeState::Dead => NodeState::Broken,
        node::NodeState::Off | node::NodeState::Booting => NodeState::Halted,
        node::NodeState::Draining => NodeState::Draining,
        node::NodeState::Absent => NodeState::Absent,
    }
}
