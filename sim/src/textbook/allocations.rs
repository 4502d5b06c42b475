//! The cores of a flat cluster and who holds them: owners first, best-effort jobs in what is left.
//! Must not know any queue order of the owners.

use crate::actions::{Actions, Launch};
use crate::cores::{CoreSet, Intervals};
use crate::job::{Job, JobSlot, JobState, JobTable};
use crate::textbook::harvest::{Harvest, HarvestConfig};
use crate::time::{SimSpan, SimTime};

/// Cores of one cluster, as its textbook scheduler books them.
#[derive(Clone, Debug)]
pub struct Allocations {
    /// Up and held by no owner's job; best-effort jobs may be on them.
    free: CoreSet,
    down: CoreSet,
    cores: u32,
    /// The best-effort side; absent until the first best-effort job comes.
    harvest: Option<Harvest>,
    config: HarvestConfig,
}

impl Allocations {
    /// A cluster of `cores` cores, all free.
    pub(crate) fn new(cores: u32, config: HarvestConfig) -> Allocations {
        Allocations {
            free: CoreSet::full(cores),
            down: CoreSet::empty(cores),
            cores,
            harvest: None,
            config,
        }
    }

    /// Cores that are up.
    pub fn capacity(&self) -> u32 {
        self.cores - self.down.len()
    }

    /// Cores that are up and held by no owner's job.
    pub fn free_for_owners(&self) -> u32 {
        self.free.len()
    }

    /// Of these, cores that no best-effort job holds.
    pub fn free_for_besteffort(&self) -> u32 {
        self.harvest.as_ref().map_or(self.free.len(), Harvest::free)
    }

    /// Puts an owner's job on its cores; whoever is there must go.
    pub(crate) fn start_owner(
        &mut self,
        now: SimTime,
        job: JobSlot,
        count: u32,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> SimTime {
        let (cores, clean) = match &mut self.harvest {
            None => (self.free.take_lowest(count), None),
            Some(harvest) => {
                let cores = harvest.choose_for_owner(now, count, &self.free, jobs, &self.config);
                self.free.remove(&cores);
                let latencies = &self.config.latencies;
                let clean = harvest.evict(now, &cores, &self.free, jobs, actions, latencies);
                (cores, clean)
            }
        };
        let begin = clean.unwrap_or(now);
        actions.launches.push(Launch {
            job,
            cores,
            begin,
            after_victims: clean.is_some(),
            latency: SimSpan::ZERO,
            cleanup: SimSpan::ZERO,
            chosen: None,
        });
        begin
    }

    /// An owner's job has been on its cores for a while, or is to have them.
    pub(crate) fn take_up_owner(&mut self, cores: &Intervals) {
        self.free.remove(cores);
    }

    /// A best-effort job has been there for a while. All owners' jobs are on their cores.
    pub(crate) fn take_up_besteffort(&mut self, slot: JobSlot, job: &Job) {
        if job.state == JobState::Waiting {
            return self.enqueue_besteffort(slot, job.spec.cores);
        }
        let harvest = self.harvest();
        harvest.withhold(&job.cores);
        harvest.hold(job.start, slot, &job.cores);
    }

    /// Takes an owner's cores back.
    pub(crate) fn release_owner(&mut self, cores: &Intervals) {
        self.free.insert(cores);
        if !self.down.is_empty() {
            self.free.remove(&self.down.intersection(cores));
        }
        if let Some(harvest) = &mut self.harvest {
            harvest.offer(&self.free.intersection(cores));
        }
    }

    /// A best-effort job joins its queue.
    pub(crate) fn enqueue_besteffort(&mut self, job: JobSlot, cores: u32) {
        self.harvest().enqueue(job, cores);
    }

    fn harvest(&mut self) -> &mut Harvest {
        let Allocations { free, harvest, config, .. } = self;
        harvest.get_or_insert_with(|| Harvest::new(free, config.victims))
    }

    /// A best-effort job leaves its queue unstarted.
    pub(crate) fn withdraw_besteffort(&mut self, job: JobSlot) {
        self.harvest.as_mut().expect("a best-effort job was queued").withdraw(job);
    }

    /// Takes the clean cores of a best-effort job back.
    pub(crate) fn release_besteffort(&mut self, slot: JobSlot, job: &Job) {
        let harvest = self.harvest.as_mut().expect("a best-effort job ran");
        harvest.release(slot, job, &self.free);
    }

    /// Whether a waiting best-effort job could start.
    pub(crate) fn can_fill(&self) -> bool {
        self.harvest.as_ref().is_some_and(Harvest::can_fill)
    }

    /// Starts waiting best-effort jobs where there is room.
    pub(crate) fn fill(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions) {
        if let Some(harvest) = &mut self.harvest {
            harvest.fill(now, jobs, actions, &self.config.latencies);
        }
    }

    /// How many of a job's cores can be used when it ends.
    pub(crate) fn gives_back(&self, cores: &Intervals) -> u32 {
        cores.len() - self.down.count_of(cores)
    }

    /// `cores` cannot be used: they are down and whoever holds them is reported as ended next, or they
    /// do not come back from whoever holds them. Returns whether any of them could be used.
    pub(crate) fn take_down(&mut self, cores: &Intervals) -> bool {
        let usable = self.down.insert(cores) > 0;
        self.free.remove(cores);
        if let Some(harvest) = &mut self.harvest {
            harvest.withhold(cores);
        }
        usable
    }

    /// `cores` are up again, and free but for what `owners` hold.
    pub(crate) fn bring_up(&mut self, cores: &Intervals, owners: &[(JobSlot, &Job)]) {
        self.down.remove(cores);
        self.free.insert(cores);
        for (_, job) in owners {
            self.free.remove(&job.cores);
        }
        if let Some(harvest) = &mut self.harvest {
            harvest.offer(&self.free.intersection(cores));
        }
    }
}
