//! Invariants of one cluster, checked at every event of every simulation and kept incremental so
//! that they can stay on. Must not share state with those it watches.

use std::collections::BTreeMap;

use crate::ask::Ask;
use crate::cores::{CoreSet, Intervals};
use crate::job::Job;
use crate::time::SimTime;

/// Watches one cluster: no core is used twice, but by jobs that may share it; no job starts before
/// it was submitted or is lost, counts add up, time never goes back.
#[derive(Debug)]
pub(crate) struct Guard {
    cluster: String,
    cores: u32,
    held: Layer,
    /// What jobs hold inside of containers, by the container's name.
    inner: BTreeMap<String, Layer>,
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
            held: Layer::new(cores),
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

    /// A job takes its cores, not for the first time if it was suspended.
    pub(crate) fn hold(&mut self, job: &Job) {
        let number = job.spec.number;
        let group = job.spec.ask.as_deref().and_then(Ask::sharing_group);
        let well = self.layer(job).take(&job.cores, job.spec.cores, group);
        assert!(
            well,
            "cluster `{}`: job {number} starts at {} on cores {}, some of which are in use",
            self.cluster, self.now, job.cores,
        );
        self.holding += 1;
    }

    fn layer(&mut self, job: &Job) -> &mut Layer {
        let cores = self.cores;
        match job.spec.ask.as_deref().and_then(Ask::container) {
            None => &mut self.held,
            Some(name) => self.inner.entry(name.to_owned()).or_insert_with(|| Layer::new(cores)),
        }
    }

    pub(crate) fn give_back(&mut self, job: &Job) {
        let shares = job.spec.ask.as_deref().is_some_and(|ask| ask.sharing_group().is_some());
        let well = self.layer(job).give_back(&job.cores, job.spec.cores, shares);
        assert!(
            well,
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

/// Cores held where each has one holder, or several that may share it.
#[derive(Debug)]
struct Layer {
    held: CoreSet,
    /// Cores held by jobs that share: in which group, and by how many.
    shared: BTreeMap<u32, (String, u32)>,
}

impl Layer {
    fn new(cores: u32) -> Layer {
        Layer { held: CoreSet::empty(cores), shared: BTreeMap::new() }
    }

    /// Whether all of it was free, or shared by jobs of the same group.
    fn take(&mut self, cores: &Intervals, count: u32, group: Option<String>) -> bool {
        let Some(group) = group else {
            return self.held.insert(cores) == count;
        };
        cores.cores().all(|core| match self.shared.get_mut(&core) {
            Some((of, holders)) => {
                *holders += 1;
                *of == group
            }
            None => {
                self.shared.insert(core, (group.clone(), 1));
                self.held.insert_span(core, core) == 1
            }
        })
    }

    /// Whether all of it was held.
    fn give_back(&mut self, cores: &Intervals, count: u32, shares: bool) -> bool {
        if !shares {
            return self.held.remove(cores) == count;
        }
        cores.cores().all(|core| match self.shared.get_mut(&core) {
            Some((_, holders)) if *holders > 1 => {
                *holders -= 1;
                true
            }
            Some(_) => {
                self.shared.remove(&core);
                self.held.remove_span(core, core) == 1
            }
            None => false,
        })
    }
}
