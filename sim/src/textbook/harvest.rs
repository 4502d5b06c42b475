//! The best-effort side of a flat cluster: jobs on the cores that owners leave, and which of them are
//! killed when owners' jobs come. Must not know how owners are ordered.

use std::collections::{BTreeSet, VecDeque};

use crate::actions::{Actions, Kill, Launch};
use crate::cores::{CoreSet, Intervals};
use crate::job::{EndReason, Job, JobSlot, JobTable};
use crate::time::{SimSpan, SimTime};

/// Who is killed when an owner's job needs cores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Victims {
    /// Whoever is on the lowest cores that no owner holds, as OAR does: owners choose their cores
    /// as if best-effort jobs were not there.
    #[default]
    ResourceOrder,
    /// Free cores first, then those of the jobs that started last.
    Youngest,
    /// Free cores first, then those of the jobs that lose the fewest core seconds.
    LeastWaste,
}

/// What starting, cleaning up and killing a best-effort job costs in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// From the launch to the start of the command.
    pub start: SimSpan,
    /// From the end of the command until the cores are clean.
    pub cleanup: SimSpan,
    /// From the order to kill until the job is dead.
    pub kill: SimSpan,
}

impl Latencies {
    /// Whether cores are clean only some time after the order to kill. Else a victim holds nothing any more
    /// once it is ordered to die.
    fn leaving_takes_time(&self) -> bool {
        self.kill > SimSpan::ZERO || self.cleanup > SimSpan::ZERO
    }
}

/// How best-effort jobs are treated on a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HarvestConfig {
    /// Which jobs are killed first.
    pub victims: Victims,
    /// What it costs.
    pub latencies: Latencies,
}

/// Best-effort jobs of one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Harvest {
    /// Up, held by no owner and by no best-effort job.
    free: CoreSet,
    /// Held by best-effort jobs, the dying included.
    held: CoreSet,
    /// The best-effort job on each held core.
    holder: Vec<JobSlot>,
    queue: VecDeque<(JobSlot, u32)>,
    /// No waiting job needs fewer cores than this.
    least_wanted: u32,
    /// Jobs that hold cores, by start: only where victims are chosen among them, and not by their cores.
    running: Option<BTreeSet<(SimTime, JobSlot)>>,
}

impl Harvest {
    /// No best-effort job yet; all of `free` may be harvested.
    pub(crate) fn new(free: &CoreSet, victims: Victims) -> Harvest {
        let capacity = free.capacity();
        let by_age = victims != Victims::ResourceOrder;
        Harvest {
            free: free.clone(),
            held: CoreSet::empty(capacity),
            holder: vec![JobSlot(u32::MAX); capacity as usize],
            queue: VecDeque::new(),
            least_wanted: u32::MAX,
            running: by_age.then(BTreeSet::new),
        }
    }

    pub(crate) fn enqueue(&mut self, job: JobSlot, cores: u32) {
        self.queue.push_back((job, cores));
        self.least_wanted = self.least_wanted.min(cores);
    }

    pub(crate) fn withdraw(&mut self, job: JobSlot) {
        self.queue.retain(|(waiting, _)| *waiting != job);
    }

    pub(crate) fn free(&self) -> u32 {
        self.free.len()
    }

    pub(crate) fn can_fill(&self) -> bool {
        !self.queue.is_empty() && self.least_wanted <= self.free.len()
    }

    /// Starts the waiting jobs that fit, in order; one that is too wide lets narrower ones pass.
    pub(crate) fn fill(
        &mut self,
        now: SimTime,
        jobs: &JobTable,
        actions: &mut Actions,
        latencies: &Latencies,
    ) {
        if !self.can_fill() {
            return;
        }
        let mut passed = VecDeque::new();
        let mut least_passed = u32::MAX;
        while let Some((job, count)) = self.queue.pop_front() {
            if count > self.free.len() {
                passed.push_back((job, count));
                least_passed = least_passed.min(count);
                if self.free.is_empty() {
                    break;
                }
                continue;
            }
            let cores = self.free.take_lowest(count);
            self.hold(now, job, &cores);
            debug_assert!(jobs.job(job).cores.is_empty());
            actions.launches.push(Launch {
                job,
                cores,
                begin: now,
                after_victims: false,
                latency: latencies.start,
                cleanup: latencies.cleanup,
                chosen: None,
            });
        }
        if self.queue.is_empty() {
            self.least_wanted = least_passed;
        }
        while let Some(waiting) = passed.pop_back() {
            self.queue.push_front(waiting);
        }
    }

    /// A best-effort job is on cores that are not free any more, since `start`.
    pub(crate) fn hold(&mut self, start: SimTime, job: JobSlot, cores: &Intervals) {
        self.held.insert(cores);
        for core in cores.cores() {
            self.holder[core as usize] = job;
        }
        if let Some(running) = &mut self.running {
            running.insert((start, job));
        }
    }

    /// `cores` were left by an owner or came up.
    pub(crate) fn offer(&mut self, cores: &Intervals) {
        self.free.insert(cores);
        if !self.held.is_empty() {
            self.free.remove(&self.held.intersection(cores));
        }
    }

    /// `cores` are taken by an owner or went down.
    pub(crate) fn withhold(&mut self, cores: &Intervals) {
        self.free.remove(cores);
    }

    /// A best-effort job has left its cores; those that no owner took are free.
    pub(crate) fn release(&mut self, slot: JobSlot, job: &Job, owner_free: &CoreSet) {
        self.held.remove(&job.cores);
        self.free.insert(&owner_free.intersection(&job.cores));
        if let Some(running) = &mut self.running {
            running.remove(&(job.start, slot));
        }
    }

    /// The cores an owner's job gets, out of `owner_free`.
    pub(crate) fn choose_for_owner(
        &self,
        now: SimTime,
        count: u32,
        owner_free: &CoreSet,
        jobs: &JobTable,
        config: &HarvestConfig,
    ) -> Intervals {
        let mut wanted = match config.victims {
            Victims::ResourceOrder => return owner_free.lowest(count),
            Victims::Youngest | Victims::LeastWaste => self.free.clone(),
        };
        if wanted.len() < count {
            for job in self.victims_in_order(now, jobs, config.victims) {
                wanted.insert(&owner_free.intersection(&jobs.job(job).cores));
                if wanted.len() >= count {
                    break;
                }
            }
        }
        wanted.lowest(count)
    }

    /// The jobs that hold cores: the dying first, for they cost nothing more, then by policy.
    fn victims_in_order(&self, now: SimTime, jobs: &JobTable, victims: Victims) -> Vec<JobSlot> {
        let running = self.running.as_ref().expect("jobs are kept for those who choose by age");
        let mut order: Vec<(bool, i64, JobSlot)> = running
            .iter()
            .map(|&(start, slot)| {
                let job = jobs.job(slot);
                let age_ms = (now - start).ms();
                let cost = match victims {
                    Victims::LeastWaste => age_ms.saturating_mul(i64::from(job.spec.cores)),
                    Victims::Youngest | Victims::ResourceOrder => age_ms,
                };
                (!job.is_dying(), cost, slot)
            })
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, _, slot)| slot).collect()
    }

    /// Evicts all jobs from `cores`. Returns when all of these are clean, if they are not yet.
    pub(crate) fn evict(
        &mut self,
        now: SimTime,
        cores: &Intervals,
        owner_free: &CoreSet,
        jobs: &JobTable,
        actions: &mut Actions,
        latencies: &Latencies,
    ) -> Option<SimTime> {
        self.free.remove(cores);
        let mut begin = None;
        if self.held.is_empty() {
            return begin;
        }
        let takes_time = latencies.leaving_takes_time();
        for core in self.held.intersection(cores).cores() {
            // A victim that was taken back at once no longer holds its other cores.
            if !self.held.contains(core) {
                continue;
            }
            let victim = self.holder[core as usize];
            // Who leaves at once holds nothing any more.
            let ordered = if takes_time { &actions.kills[..] } else { &[] };
            let clean = match ordered.iter().find(|kill| kill.job == victim) {
                Some(kill) => Some(kill.clean),
                None => self.kill(now, victim, owner_free, jobs, actions, latencies),
            };
            begin = begin.max(clean);
        }
        begin
    }

    /// Orders to kill `victim`, unless that was done before. Returns when its cores are
    /// clean, if they are not taken back at once.
    fn kill(
        &mut self,
        now: SimTime,
        victim: JobSlot,
        owner_free: &CoreSet,
        jobs: &JobTable,
        actions: &mut Actions,
        latencies: &Latencies,
    ) -> Option<SimTime> {
        let job = jobs.job(victim);
        if job.is_dying() {
            return Some(job.clean());
        }
        // One that ends by itself before the kill arrives is not killed later than it ends.
        let dead = (now + latencies.kill).min(job.end);
        let clean = dead + latencies.cleanup;
        let reason = EndReason::Preempted;
        actions.kills.push(Kill { job: victim, dead, clean, reason });
        if clean == now {
            self.release(victim, job, owner_free);
            return None;
        }
        Some(clean)
    }
}
