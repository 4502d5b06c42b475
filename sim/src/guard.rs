//! Invariants of one cluster, checked at every event of every simulation and kept incremental so
//! that they can stay on. Must not share state with those it watches.

use std::collections::BTreeMap;

use crate::cores::{CoreSet, Intervals};
use crate::job::Job;
use crate::observer::Counts;
use crate::time::SimTime;

/// Watches one cluster: no core is used twice, no job starts before it was submitted or is lost,
/// counts of jobs and of cores add up, time never goes back, no job is put on a node that is about to
/// leave, none is on one that is absent. Jobs inside of a container are watched apart from those
/// outside; jobs that share cores are not: OAR lets them sit where others are.
#[derive(Debug)]
pub(crate) struct Guard {
    cluster: String,
    cores: u32,
    held: CoreSet,
    /// Cores of nodes that leave or have left, and of those that have left.
    closed: CoreSet,
    absent: CoreSet,
    /// What jobs hold inside of containers, by the container's name.
    inner: BTreeMap<String, CoreSet>,
    now: SimTime,
    submitted: u64,
    started: u64,
    gone: u64,
    withdrawn: u64,
    /// Jobs that hold cores.
    holding: u64,
}

impl Guard {
    pub(crate) fn new(cluster: &str, cores: u32) -> Guard {
        Guard {
            cluster: cluster.to_owned(),
            cores,
            held: CoreSet::empty(cores),
            closed: CoreSet::empty(cores),
            absent: CoreSet::empty(cores),
            inner: BTreeMap::new(),
            now: SimTime::from_ms(i64::MIN),
            submitted: 0,
            started: 0,
            gone: 0,
            withdrawn: 0,
            holding: 0,
        }
    }

    pub(crate) fn time(&mut self, now: SimTime) {
        assert!(
            now >= self.now,
            "cluster `{}`: time went back from {} to {now}",
            self.cluster,
            self.now
        );
        self.now = now;
    }

    pub(crate) fn submit(&mut self) {
        self.submitted += 1;
    }

    pub(crate) fn withdraw(&mut self) {
        self.withdrawn += 1;
    }

    pub(crate) fn take(&mut self, job: &Job) {
        let number = job.spec.number;
        assert!(
            self.now >= job.spec.submit,
            "cluster `{}`: job {number} starts at {} but is submitted at {}",
            self.cluster,
            self.now,
            job.spec.submit,
        );
        assert_eq!(
            job.cores.len(),
            job.spec.cores,
            "cluster `{}`: job {number} asked for {} cores and holds {}",
            self.cluster,
            job.spec.cores,
            job.cores,
        );
        self.hold(job);
        self.started += 1;
    }

    /// A node, given by its cores, is about to leave.
    pub(crate) fn close(&mut self, cores: &Intervals) {
        self.closed.insert(cores);
    }

    /// A node has left, or was never there.
    pub(crate) fn gone(&mut self, cores: &Intervals) {
        self.closed.insert(cores);
        self.absent.insert(cores);
        let inside = self.inner.values().map(|held| held.count_of(cores)).sum::<u32>();
        assert!(
            self.held.count_of(cores) + inside == 0,
            "cluster `{}` at {}: a node leaves with jobs on its cores {cores}",
            self.cluster,
            self.now,
        );
    }

    /// A node is there and stays.
    pub(crate) fn open(&mut self, cores: &Intervals) {
        self.closed.remove(cores);
        self.absent.remove(cores);
    }

    /// A job is put on its cores, now or soon.
    pub(crate) fn launch(&self, job: &Job) {
        assert!(
            self.closed.is_empty() || self.closed.count_of(&job.cores) == 0,
            "cluster `{}` at {}: job {} is put on cores {}, some of which are about to leave",
            self.cluster,
            self.now,
            job.spec.number,
            job.cores,
        );
    }

    /// A job takes its cores, not for the first time if it was suspended.
    pub(crate) fn hold(&mut self, job: &Job) {
        let number = job.spec.number;
        assert!(
            self.absent.is_empty() || self.absent.count_of(&job.cores) == 0,
            "cluster `{}`: job {number} starts at {} on cores {}, some of which are not there",
            self.cluster,
            self.now,
            job.cores,
        );
        if let Some(held) = self.watched(job) {
            let taken = held.insert(&job.cores);
            assert_eq!(
                taken, job.spec.cores,
                "cluster `{}`: job {number} starts at {} on cores {}, some of which are in use",
                self.cluster, self.now, job.cores,
            );
        }
        self.holding += 1;
    }

    /// Where the job may meet nobody.
    fn watched(&mut self, job: &Job) -> Option<&mut CoreSet> {
        let Some(request) = job.spec.request.as_deref() else {
            return Some(&mut self.held);
        };
        let cores = self.cores;
        match (request.may_overlap(), request.container()) {
            (true, _) => None,
            (false, None) => Some(&mut self.held),
            (false, Some(name)) => {
                Some(self.inner.entry(name.to_owned()).or_insert_with(|| CoreSet::empty(cores)))
            }
        }
    }

    pub(crate) fn give_back(&mut self, job: &Job) {
        if let Some(held) = self.watched(job) {
            let given = held.remove(&job.cores);
            assert_eq!(
                given, job.spec.cores,
                "cluster `{}`: job {} gives back cores {} that it does not hold",
                self.cluster, job.spec.number, job.cores,
            );
        }
        self.holding -= 1;
    }

    /// A job leaves the cluster after it held cores.
    pub(crate) fn leave(&mut self) {
        self.gone += 1;
    }

    /// A core counts once: what is in use or unavailable is never more than there is.
    pub(crate) fn cores(&self, counts: &Counts) {
        let Counts {
            local_cores, cleaning_cores, besteffort_cores, down_cores, absent_cores, ..
        } = *counts;
        let used = u64::from(local_cores) + u64::from(besteffort_cores) + u64::from(down_cores);
        assert!(
            used <= u64::from(self.cores)
                && cleaning_cores <= local_cores
                && absent_cores <= down_cores
                && absent_cores == self.absent.len(),
            "cluster `{}` at {}: {local_cores} cores of owners, {cleaning_cores} of them being \
             cleaned up, {besteffort_cores} of campaigns and {down_cores} unavailable, {absent_cores} of them \
             absent, are more than its {}",
            self.cluster,
            self.now,
            self.cores,
        );
    }

    /// With `waiting` jobs in the queue and `alive` jobs that have started and not left.
    pub(crate) fn counts(&self, waiting: u64, alive: u64) {
        assert!(
            self.submitted == self.started + waiting + self.withdrawn
                && self.started == self.gone + alive
                && self.holding <= alive,
            "cluster `{}` at {}: {} submitted, {waiting} waiting, {} withdrawn, {} started, {} gone, \
             {alive} alive, {} holding cores do not add up",
            self.cluster,
            self.now,
            self.submitted,
            self.withdrawn,
            self.started,
            self.gone,
            self.holding,
        );
    }
}
