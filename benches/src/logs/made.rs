//! What generated logs are made of. Must not know any of them.

use gleaner_traces::workload::{Dropped, LeftOut, Workload, WorkloadJob};

/// A log that can be generated.
#[derive(Debug)]
pub struct GeneratedLog {
    /// By what it is asked for.
    pub name: &'static str,
    /// Processors of the machine.
    pub processors: u32,
    /// Jobs of the log that it stands for.
    pub jobs: usize,
    pub(super) generate: fn(usize) -> Workload,
}

impl GeneratedLog {
    /// Returns the log with `jobs` jobs.
    #[must_use]
    pub fn generate(&self, jobs: usize) -> Workload {
        (self.generate)(jobs)
    }
}

/// Jobs in the order of their submission, numbered from 1, as a log.
pub(super) fn log(name: &str, processors: u32, mut jobs: Vec<WorkloadJob>) -> Workload {
    jobs.sort_by_key(|job| job.submit_ms);
    for (number, job) in jobs.iter_mut().enumerate() {
        job.id = number as u64 + 1;
    }
    Workload {
        name: format!("{name}.swf"),
        jobs,
        max_procs: Some(processors),
        max_nodes: None,
        unix_start_s: None,
        dropped: Dropped::default(),
        left_out: LeftOut::default(),
        names: None,
    }
}

/// Jobs that users submit alike, some at a time.
pub(super) struct Batches {
    wanted: usize,
    jobs: Vec<WorkloadJob>,
    /// Place of each job in its batch.
    places: Vec<u64>,
}

impl Batches {
    pub(super) fn of(wanted: usize) -> Self {
        Self { wanted, jobs: Vec::with_capacity(wanted), places: Vec::with_capacity(wanted) }
    }

    /// Whether there are fewer jobs than wanted.
    pub(super) fn lack_some(&self) -> bool {
        self.jobs.len() < self.wanted
    }

    /// Adds a batch, as far as jobs are wanted. Most use little of the time that they ask for.
    pub(super) fn add(
        &mut self,
        count: u64,
        procs: u32,
        requested_s: u64,
        user: i32,
        rng: &mut Rng,
    ) {
        let count = count.min((self.wanted - self.jobs.len()) as u64);
        self.places.extend(0..count);
        self.jobs.extend((0..count).map(|_| {
            let used_millionths = rng.below(1000) * rng.below(1000);
            let run_s = (requested_s * used_millionths / 1_000_000).max(1);
            WorkloadJob {
                run_ms: (run_s * 1000) as i64,
                walltime_ms: Some((requested_s * 1000) as i64),
                procs,
                user,
                status: 1,
                ..WorkloadJob::blank(0)
            }
        }));
    }

    /// Seconds in which the work of the jobs is `load_thousandths` of the machine.
    pub(super) fn span_s(&self, processors: u32, load_thousandths: u64) -> u64 {
        let core_s = |job: &WorkloadJob| u64::from(job.procs) * (job.run_ms / 1000) as u64;
        let core_s: u64 = self.jobs.iter().map(core_s).sum();
        core_s * 1000 / (u64::from(processors) * load_thousandths)
    }

    /// The jobs, so many a second from the begin of their batch on.
    pub(super) fn submitted(
        mut self,
        a_second: u64,
        mut begin_s: impl FnMut() -> u64,
    ) -> Vec<WorkloadJob> {
        let mut batch_s = 0;
        for (job, place) in self.jobs.iter_mut().zip(self.places) {
            if place == 0 {
                batch_s = begin_s();
            }
            job.submit_ms = ((batch_s + place / a_second) * 1000) as i64;
        }
        self.jobs
    }
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
pub(super) struct Rng(pub(super) u64);

impl Rng {
    /// Returns a number below `bound`; the bias is far below what a benchmark could tell.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}
