//! Invariants of one cluster, checked at every event of every simulation and kept incremental so
//! that they can stay on. Must not share state with those it watches.

use crate::cores::CoreSet;
use crate::job::Job;
use crate::time::SimTime;

/// Watches one cluster: no core is used twice, no job starts before it was submitted or is lost,
/// counts add up, time never goes back.
#[derive(Debug)]
pub(crate) struct Guard {
    cluster: String,
    held: CoreSet,
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
            held: CoreSet::empty(cores),
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
        let taken = self.held.insert(&job.cores);
        assert_eq!(
            taken, job.spec.cores,
            "cluster `{}`: job {number} starts at {} on cores {}, some of which are in use",
            self.cluster, self.now, job.cores,
        );
        self.started += 1;
        self.holding += 1;
    }

    pub(crate) fn give_back(&mut self, job: &Job) {
        let given = self.held.remove(&job.cores);
        assert_eq!(
            given, job.spec.cores,
            "cluster `{}`: job {} gives back cores {} that it does not hold",
            self.cluster, job.spec.number, job.cores,
        );
        self.holding -= 1;
    }

    /// A job leaves the cluster after it held cores.
    pub(crate) fn leave(&mut self) {
        self.gone += 1;
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
