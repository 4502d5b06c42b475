//! Jobs as a cluster knows them, and the table of those that are alive.
//! Must not know campaigns, files or schedulers.

use std::sync::Arc;

use gleaner_core::ids::CampaignId;

use crate::cores::Intervals;
use crate::job_request::JobRequest;
use crate::time::{SimSpan, SimTime};

/// Dense number of a cluster within one World.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterIndex(pub u16);

impl ClusterIndex {
    /// Position in arrays that have an item for each cluster.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Position of a live job in the table; used again once the job is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobSlot(pub u32);

impl JobSlot {
    /// Position in arrays that have an item for each slot.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// On whose behalf a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// A job of the cluster's owners: never killed for another one.
    Local,
    /// A job of the grid that may be killed at any time for an owner's job.
    BestEffort,
    /// A job of the grid with an owner's rights: prologue, epilogue, test, normal type.
    Grid,
}

/// What is submitted to a cluster, with what the simulation alone knows: how long it will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// Number of the job in its log or campaign; names it in the outputs.
    pub number: u64,
    /// When it is submitted.
    pub submit: SimTime,
    /// Cores it needs, at least 1. Where it asks for more than cores, a guess that the launch sets
    /// right.
    pub cores: u32,
    /// How long it runs if nothing stops it. Schedulers must not look.
    pub run: SimSpan,
    /// The time its user asked for; it is killed when it runs longer. `None`: no limit.
    pub walltime: Option<SimSpan>,
    /// User number of the log, -1 unknown.
    pub user: i32,
    /// Queue number of the log, -1 unknown.
    pub queue: i32,
    /// On whose behalf it runs.
    pub kind: JobKind,
    /// Exit code of the command when it ends by itself.
    pub exit_code: i32,
    /// What it does for the grid; none for an owner's job.
    pub origin: Option<Origin>,
    /// What it asks of a resource manager beside cores. With it, `run` and `walltime` are those of the
    /// alternative that runs.
    pub request: Option<Arc<JobRequest>>,
}

/// What a job does for the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whose job it is.
    pub campaign: CampaignId,
    /// The task, by its index in the campaign; none for a prologue or an epilogue.
    pub task: Option<u32>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

impl JobSpec {
    /// How long it runs until it ends by itself or reaches its walltime.
    pub fn run_within_walltime(&self) -> SimSpan {
        self.walltime.map_or(self.run, |walltime| self.run.min(walltime))
    }
}

/// State of a job on its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// In the queue.
    Waiting,
    /// Its cores are promised, but others must leave them first.
    Promised,
    /// Holds its cores.
    Running,
    /// Stopped for a while; others may have its cores.
    Suspended,
    /// Over, its cores are being cleaned up.
    CleaningUp,
}

/// Why a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The command ended by itself with the code of its specification.
    Completed,
    /// It ran for longer than its walltime.
    Walltime,
    /// Killed because an owner's job took its cores.
    Preempted,
    /// A node it ran on failed.
    NodeFailure,
    /// Cancelled by whom it belongs to.
    Cancelled,
}

/// A job that waits, runs or is being cleaned up.
#[derive(Clone, Debug)]
pub struct Job {
    /// As it was submitted.
    pub spec: JobSpec,
    /// Where it is.
    pub cluster: ClusterIndex,
    /// What the cluster's scheduler believes its run time to be.
    pub estimate: SimSpan,
    /// Its state.
    pub state: JobState,
    /// The cores it was counted with while it waited.
    pub asked_cores: u32,
    /// When it took its cores; meaningless while it waits.
    pub start: SimTime,
    /// When it will end, or ended; meaningless while it waits.
    pub end: SimTime,
    /// Why it will end, or ended.
    pub reason: EndReason,
    /// Whether its scheduler has ordered to kill it.
    pub kill_ordered: bool,
    /// What it holds; empty while it waits.
    pub cores: Intervals,
    /// What it has left to run while it is suspended.
    pub left: SimSpan,
    /// Time between taking the cores and the start of the command.
    pub latency: SimSpan,
    /// Time between the end of the command and clean cores.
    pub cleanup: SimSpan,
    /// Cores already given back although the end event of this very instant is still to come.
    pub released: bool,
    /// Distinguishes it from earlier jobs in the same slot.
    pub generation: u32,
}

impl Job {
    /// A job that waits, in no table yet.
    pub fn waiting(spec: JobSpec, cluster: ClusterIndex, estimate: SimSpan) -> Job {
        Job {
            start: spec.submit,
            end: SimTime::NEVER,
            asked_cores: spec.cores,
            spec,
            cluster,
            estimate,
            state: JobState::Waiting,
            reason: EndReason::Completed,
            kill_ordered: false,
            cores: Intervals::new(),
            left: SimSpan::ZERO,
            latency: SimSpan::ZERO,
            cleanup: SimSpan::ZERO,
            released: false,
            generation: 0,
        }
    }

    /// When its cores will be clean, as far as is known while it runs.
    pub fn clean(&self) -> SimTime {
        self.end + self.cleanup
    }

    /// When it takes or took its cores; long ago while it waits.
    pub fn begins(&self) -> SimTime {
        match self.state {
            JobState::Promised => self.start,
            _ => SimTime::from_ms(i64::MIN),
        }
    }

    /// Whether it is to be killed, or is over and being cleaned up.
    pub fn is_dying(&self) -> bool {
        self.kill_ordered || self.state == JobState::CleaningUp
    }

    /// When the scheduler believes it ends.
    pub fn planned_end(&self) -> SimTime {
        self.start + self.estimate
    }

    /// Whether its command ended by itself with exit code 0.
    pub fn succeeded(&self) -> bool {
        self.reason == EndReason::Completed && self.spec.exit_code == 0
    }
}

/// The live jobs of a World.
#[derive(Clone, Debug, Default)]
pub struct JobTable {
    jobs: Vec<Option<Job>>,
    vacant: Vec<u32>,
    generation: u32,
    live: usize,
}

impl JobTable {
    /// An empty table.
    pub fn new() -> JobTable {
        JobTable::default()
    }

    /// Number of live jobs.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether no job is alive.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Adds a waiting job.
    pub fn insert(&mut self, spec: JobSpec, cluster: ClusterIndex, estimate: SimSpan) -> JobSlot {
        self.insert_as(Job::waiting(spec, cluster, estimate))
    }

    /// Adds a job in whatever state it is, as the one that was submitted last.
    #[inline]
    pub fn insert_as(&mut self, mut job: Job) -> JobSlot {
        self.generation = self.generation.wrapping_add(1);
        job.generation = self.generation;
        self.live += 1;
        if let Some(position) = self.vacant.pop() {
            self.jobs[position as usize] = Some(job);
            return JobSlot(position);
        }
        let position = u32::try_from(self.jobs.len()).expect("fewer than 2^32 jobs live at once");
        self.jobs.push(Some(job));
        JobSlot(position)
    }

    /// The job in `slot`.
    ///
    /// # Panics
    /// If the slot is vacant: whoever holds a slot holds it of a live job.
    pub fn job(&self, slot: JobSlot) -> &Job {
        self.jobs[slot.index()].as_ref().expect("slot of a live job")
    }

    /// The job in `slot`, to be changed by the World alone.
    pub(crate) fn job_mut(&mut self, slot: JobSlot) -> &mut Job {
        self.jobs[slot.index()].as_mut().expect("slot of a live job")
    }

    /// The job in `slot` if it is still the one of `generation`.
    pub fn still(&self, slot: JobSlot, generation: u32) -> Option<&Job> {
        let job = self.jobs.get(slot.index())?.as_ref()?;
        (job.generation == generation).then_some(job)
    }

    /// Lets a job go; its slot becomes vacant.
    pub(crate) fn clear(&mut self, slot: JobSlot) {
        let job = &mut self.jobs[slot.index()];
        assert!(job.is_some(), "slot of a live job");
        *job = None;
        self.vacant.push(slot.0);
        self.live -= 1;
    }

    /// The slots of the live jobs, in order of submission.
    pub fn by_submission(&self) -> Vec<JobSlot> {
        let mut all: Vec<(u32, JobSlot)> =
            self.iter().map(|(slot, job)| (job.generation, slot)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, slot)| slot).collect()
    }

    /// The live jobs, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (JobSlot, &Job)> {
        self.jobs
            .iter()
            .enumerate()
            .filter_map(|(position, job)| Some((JobSlot(position as u32), job.as_ref()?)))
    }
}
