//! The World's observer for the grid, which passes all on to another one: keeps what a listing of each
//! cluster's grid jobs would show, and what was reported of it. Must not know commands.

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, RemoteJobId};
use gleaner_core::listing::{ListedJob, ListedState, news};
use gleaner_core::snapshot::{ClusterSnapshot, JobCounts};

use crate::backend::seconds::timestamp;
use crate::backend::window::Window;
use crate::cause::{Cause, Obstacle, Room};
use crate::job::{ClusterIndex, EndReason, Job, JobSlot, JobTable};
use crate::node::NodeState;
use crate::observer::{Counts, Observer};
use crate::time::SimTime;

/// Watches the World for the grid, and lets `O` watch, too.
pub struct GridObserver<O> {
    inner: O,
    clusters: Vec<Listing>,
    /// Some grid job has changed since the last look at its cluster.
    changed: bool,
    /// Attempts that ended without success since they were last asked for.
    failures: Vec<(CampaignId, u32)>,
}

/// What a cluster would list.
struct Listing {
    next_number: u64,
    /// Grid jobs that are alive, or whose end has not been reported.
    jobs: Window<Entry>,
    /// Jobs that have changed since the last look, possibly several times over.
    changed: Vec<RemoteJobId>,
    ours: JobCounts,
    everybody: JobCounts,
}

struct Entry {
    slot: JobSlot,
    state: ListedState,
    told: Option<ListedState>,
}

impl<O> GridObserver<O> {
    /// Lets `inner` watch clusters whose grid jobs are numbered from `first_ids` on.
    pub(crate) fn new(inner: O, first_ids: Vec<u64>) -> GridObserver<O> {
        let listing = |next_number| Listing {
            next_number,
            jobs: Window::new(),
            changed: Vec::new(),
            ours: JobCounts::default(),
            everybody: JobCounts::default(),
        };
        let clusters = first_ids.into_iter().map(listing).collect();
        GridObserver { inner, clusters, changed: false, failures: Vec::new() }
    }

    pub(crate) fn inner_mut(&mut self) -> &mut O {
        &mut self.inner
    }

    pub(crate) fn into_inner(self) -> O {
        self.inner
    }

    /// The number of a cluster's next grid job.
    pub(crate) fn next_number(&mut self, cluster: ClusterId) -> u64 {
        let next = &mut self.clusters[cluster.index()].next_number;
        *next += 1;
        *next - 1
    }

    /// The job of that number, while it is alive.
    pub(crate) fn slot(&self, cluster: ClusterId, job: RemoteJobId) -> Option<JobSlot> {
        let entry = self.clusters[cluster.index()].jobs.get(job.0)?;
        (!matches!(entry.state, ListedState::Ended(..))).then_some(entry.slot)
    }

    /// Attempts of tasks that ended without success since the last call.
    pub(crate) fn drain_failures(&mut self) -> std::vec::Drain<'_, (CampaignId, u32)> {
        self.failures.drain(..)
    }

    /// Whether a look at any cluster would show anything new.
    #[inline]
    pub(crate) fn any_changes(&self) -> bool {
        self.changed
    }

    /// Whether a look at the cluster would show anything new.
    pub(crate) fn has_changes(&self, cluster: usize) -> bool {
        !self.clusters[cluster].changed.is_empty()
    }

    /// What a listing of a cluster's grid jobs shows now, sorted by job.
    pub fn listing(&self, cluster: usize) -> Vec<ListedJob> {
        let listed = |(number, entry): (u64, &Entry)| ListedJob {
            cluster: ClusterId(cluster as u16),
            job: RemoteJobId(number),
            state: entry.state,
        };
        self.clusters[cluster].jobs.iter().map(listed).collect()
    }

    /// Appends what has changed since the last look, in the order of the jobs: what the difference
    /// of the two listings would give, looking only at the jobs concerned.
    pub(crate) fn report_changes(&mut self, cluster: usize, facts: &mut Vec<Fact>) {
        let Listing { jobs, changed, .. } = &mut self.clusters[cluster];
        changed.sort_unstable();
        changed.dedup();
        for job in changed.drain(..) {
            let Some(entry) = jobs.get_mut(job.0) else { continue };
            let listed = |state| ListedJob { cluster: ClusterId(cluster as u16), job, state };
            let before = entry.told.replace(entry.state).map(listed);
            facts.extend(news(before.as_ref(), Some(&listed(entry.state))));
            if matches!(entry.state, ListedState::Ended(..)) {
                jobs.remove(job.0);
            }
        }
        self.changed = self.clusters.iter().any(|listing| !listing.changed.is_empty());
    }

    /// Fills in what a look at the cluster shows of everybody's jobs.
    pub(crate) fn fill(
        &self,
        cluster: usize,
        counts: &Counts,
        cores: u32,
        snapshot: &mut ClusterSnapshot,
    ) {
        let Listing { ours, everybody, .. } = &self.clusters[cluster];
        snapshot.capacity_cores = cores - counts.down_cores;
        snapshot.ours = *ours;
        snapshot.everybody = *everybody;
        // Cores that are being cleaned up are held, too.
        snapshot.everybody.running_cores = counts.local_cores + counts.besteffort_cores;
    }

    fn change(&mut self, slot: JobSlot, job: &Job, state: ListedState) {
        if job.spec.origin.is_none() {
            return;
        }
        let number = job.spec.number;
        let listing = &mut self.clusters[job.cluster.index()];
        match listing.jobs.get_mut(number) {
            Some(entry) => entry.state = state,
            None => listing.jobs.insert(number, Entry { slot, state, told: None }),
        }
        listing.changed.push(RemoteJobId(number));
        self.changed = true;
    }

    /// Both counts of a job's cluster: everybody's, and ours if it is ours.
    fn counts(&mut self, job: &Job) -> impl Iterator<Item = &mut JobCounts> {
        let Listing { ours, everybody, .. } = &mut self.clusters[job.cluster.index()];
        let ours = job.spec.origin.is_some().then_some(ours);
        [everybody].into_iter().chain(ours)
    }
}

fn outcome(job: &Job) -> Outcome {
    match job.reason {
        // Exit codes are those of a process: a byte.
        EndReason::Completed => Outcome::Exited(job.spec.exit_code as u8),
        EndReason::Walltime => Outcome::KilledWalltime,
        EndReason::Preempted => Outcome::KilledBestEffort,
        EndReason::NodeFailure => Outcome::Exterminated,
        EndReason::Cancelled => Outcome::Deleted,
    }
}

impl<O: Observer> Observer for GridObserver<O> {
    fn job_submitted(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        if let Some(listing) = self.clusters.get_mut(job.cluster.index()) {
            // Copies that a cluster makes by itself are numbered by the World.
            listing.next_number = listing.next_number.max(job.spec.number + 1);
        }
        self.change(slot, job, ListedState::Waiting);
        let cores = job.asked_cores;
        self.counts(job).for_each(|counts| {
            counts.waiting += 1;
            counts.waiting_cores += cores;
        });
        self.inner.job_submitted(now, slot, job);
    }

    fn job_promised(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.inner.job_promised(now, slot, job);
    }

    fn job_suspended(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.inner.job_suspended(now, slot, job);
    }

    fn job_resumed(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.inner.job_resumed(now, slot, job);
    }

    fn job_started(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.change(slot, job, ListedState::Running(timestamp(now)));
        let (cores, asked) = (job.spec.cores, job.asked_cores);
        self.counts(job).for_each(|counts| {
            counts.waiting -= 1;
            counts.waiting_cores -= asked;
            counts.running += 1;
            counts.running_cores += cores;
        });
        self.inner.job_started(now, slot, job);
    }

    fn job_ended(&mut self, slot: JobSlot, job: &Job) {
        self.change(slot, job, ListedState::Ended(timestamp(job.end), outcome(job)));
        let cores = job.spec.cores;
        self.counts(job).for_each(|counts| {
            counts.running -= 1;
            counts.running_cores -= cores;
        });
        if let (false, Some(origin)) = (job.succeeded(), job.spec.origin) {
            self.failures.extend(origin.task.map(|task| (origin.campaign, task)));
        }
        self.inner.job_ended(slot, job);
    }

    fn job_withdrawn(&mut self, now: SimTime, slot: JobSlot, job: &Job) {
        self.change(slot, job, ListedState::Ended(timestamp(now), Outcome::Deleted));
        let cores = job.asked_cores;
        self.counts(job).for_each(|counts| {
            counts.waiting -= 1;
            counts.waiting_cores -= cores;
        });
        self.inner.job_withdrawn(now, slot, job);
    }

    fn node_changed(&mut self, now: SimTime, cluster: ClusterIndex, node: u32, state: NodeState) {
        self.inner.node_changed(now, cluster, node, state);
    }

    fn asks_why(&self) -> bool {
        self.inner.asks_why()
    }

    fn room(&mut self, now: SimTime, cluster: ClusterIndex, room: &Room) {
        self.inner.room(now, cluster, room);
    }

    fn job_held(&mut self, now: SimTime, slot: JobSlot, job: &Job, cause: Option<Cause>) {
        self.inner.job_held(now, slot, job, cause);
    }

    fn follows(&self, number: usize) -> Option<JobSlot> {
        self.inner.follows(number)
    }

    fn job_waits(&mut self, now: SimTime, slot: JobSlot, obstacle: &Obstacle, jobs: &JobTable) {
        self.inner.job_waits(now, slot, obstacle, jobs);
    }

    fn changed(&mut self, now: SimTime, cluster: ClusterIndex, counts: &Counts) {
        self.inner.changed(now, cluster, counts);
    }

    fn go_on(&mut self, now: SimTime) -> bool {
        self.inner.go_on(now)
    }
}
