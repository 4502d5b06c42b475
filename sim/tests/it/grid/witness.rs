//! Sees what really happens on the clusters, from the World's side alone: what a listing would
//! show, which tasks were done how often, and when owners' jobs start.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::fact::Outcome;
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId};
use gleaner_core::listing::{ListedJob, ListedState};
use gleaner_core::time::Timestamp;
use gleaner_sim::job::{EndReason, Job, JobKind, JobSlot};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::SimTime;

/// The watcher of a random grid.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// All grid jobs there ever were, by cluster.
    listings: Vec<BTreeMap<RemoteJobId, ListedJob>>,
    /// How often each task ended with success.
    pub(crate) done: BTreeMap<(CampaignId, u32), u32>,
    /// Tasks with a job that waits or runs.
    live: BTreeSet<(CampaignId, u32)>,
    /// Grid jobs killed for owners.
    pub(crate) killed: u64,
    /// Grid jobs that began, prologues and epilogues left out.
    pub(crate) begun: u64,
    starts: Vec<Vec<(u64, SimTime)>>,
}

impl Witness {
    pub(crate) fn new(clusters: usize) -> Witness {
        Witness {
            listings: vec![BTreeMap::new(); clusters],
            starts: vec![Vec::new(); clusters],
            ..Witness::default()
        }
    }

    /// What a listing of a cluster's grid jobs would show if it kept those that are over.
    pub(crate) fn listing(&self, cluster: usize) -> Vec<ListedJob> {
        self.listings[cluster].values().copied().collect()
    }

    /// When owners' jobs started, by cluster and number.
    pub(crate) fn owner_starts(mut self) -> Vec<Vec<(u64, SimTime)>> {
        self.starts.iter_mut().for_each(|starts| starts.sort_unstable());
        self.starts
    }

    fn note(&mut self, job: &Job, state: ListedState) {
        if job.spec.origin.is_some() {
            let (cluster, number) = (ClusterId(job.cluster.0), RemoteJobId(job.spec.number));
            let listed = ListedJob { cluster, job: number, state };
            self.listings[job.cluster.index()].insert(number, listed);
        }
    }

    fn over(&mut self, job: &Job, at: SimTime, outcome: Outcome) {
        self.note(job, ListedState::Ended(Timestamp::from_seconds(at.whole_s()), outcome));
        if let Some(task) = task(job) {
            assert!(self.live.remove(&task), "{task:?} ended without having been alive");
            *self.done.entry(task).or_default() += u32::from(outcome == Outcome::Exited(0));
        }
    }
}

fn task(job: &Job) -> Option<(CampaignId, u32)> {
    let origin = job.spec.origin?;
    Some((origin.campaign, origin.task?))
}

impl Observer for Witness {
    fn job_submitted(&mut self, _now: SimTime, _slot: JobSlot, job: &Job) {
        self.note(job, ListedState::Waiting);
        if let Some(task) = task(job) {
            assert!(self.live.insert(task), "{task:?} has two jobs at once");
        }
    }

    fn job_started(&mut self, now: SimTime, _slot: JobSlot, job: &Job) {
        self.note(job, ListedState::Running(Timestamp::from_seconds(now.whole_s())));
        self.begun += u64::from(task(job).is_some());
        if job.spec.kind == JobKind::Local {
            self.starts[job.cluster.index()].push((job.spec.number, now));
        }
    }

    fn job_ended(&mut self, _slot: JobSlot, job: &Job) {
        let outcome = match job.reason {
            EndReason::Completed => Outcome::Exited(u8::try_from(job.spec.exit_code).unwrap()),
            EndReason::Walltime => Outcome::KilledWalltime,
            EndReason::Preempted => Outcome::KilledBestEffort,
            EndReason::NodeFailure => Outcome::Exterminated,
            EndReason::Cancelled => Outcome::Deleted,
        };
        self.killed += u64::from(outcome == Outcome::KilledBestEffort);
        self.over(job, job.end, outcome);
    }

    fn job_withdrawn(&mut self, now: SimTime, _slot: JobSlot, job: &Job) {
        self.over(job, now, Outcome::Deleted);
    }
}
