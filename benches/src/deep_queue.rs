//! A generated log with a very deep queue, for want of one that may be shipped: as many jobs on as
//! many processors as RICC-2010 of the Parallel Workloads Archive, and queues as deep. Must not
//! know any scheduler.

use gleaner_traces::workload::{Dropped, LeftOut, Workload, WorkloadJob};

/// Processors of the machine.
pub const PROCESSORS: u32 = 8192;

/// Jobs of RICC-2010.
pub const RICC_JOBS: usize = 447_794;

/// Offered load in thousandths of the machine: users ask for a little more than there is.
const LOAD_THOUSANDTHS: u64 = 1100;

/// Widths that occur, those of most jobs more than once.
const WIDTHS: [u32; 24] =
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 4, 8, 8, 8, 16, 16, 32, 64, 64, 128, 256, 1024];

/// Times that users ask for, in minutes.
const REQUESTED_MIN: [u64; 16] =
    [5, 10, 30, 45, 60, 60, 120, 180, 240, 360, 480, 720, 720, 1440, 2880, 4320];

/// Returns a log of `jobs` jobs for [`PROCESSORS`] processors, the same for equal `jobs`.
///
/// Half of the jobs come in bursts of up to thirty thousand of one user, all narrow and alike, as
/// parameter studies do; the others come alone, of every width. Times are in whole seconds.
pub fn deep_queue(jobs: usize) -> Workload {
    let mut rng = Rng(1);
    let mut list = Vec::with_capacity(jobs);
    let mut core_s = 0;
    while list.len() < jobs {
        let burst = rng.below(20_000) == 0;
        let count = if burst { 4_000 + rng.below(28_000) as usize } else { 1 };
        let widths = if burst { &WIDTHS[..15] } else { &WIDTHS[..] };
        let procs = rng.one_of(widths);
        let requested_s = 60 * rng.one_of(&REQUESTED_MIN);
        let user = rng.below(150) as i32;
        for place in 0..count.min(jobs - list.len()) {
            // Squared: most jobs use little of what they ask for.
            let used = rng.below(1000) * rng.below(1000);
            let run_s = (requested_s * used / 1_000_000).max(1);
            core_s += u64::from(procs) * run_s;
            list.push((place, job(procs, run_s, requested_s, user)));
        }
    }
    let span_s = core_s * 1000 / (u64::from(PROCESSORS) * LOAD_THOUSANDTHS);
    Workload {
        name: "deep-queue.swf".to_owned(),
        jobs: spread(list, span_s, &mut rng),
        max_procs: Some(PROCESSORS),
        max_nodes: None,
        unix_start_s: None,
        dropped: Dropped::default(),
        left_out: LeftOut::default(),
        names: None,
    }
}

/// Submits the jobs over `span_s`, each with those of its burst, one a second at most four of them.
fn spread(list: Vec<(usize, WorkloadJob)>, span_s: u64, rng: &mut Rng) -> Vec<WorkloadJob> {
    let mut burst_s = 0;
    let mut jobs: Vec<WorkloadJob> = list
        .into_iter()
        .map(|(place, job)| {
            if place == 0 {
                burst_s = rng.below(span_s.max(1));
            }
            WorkloadJob { submit_ms: ((burst_s + place as u64 / 4) * 1000) as i64, ..job }
        })
        .collect();
    jobs.sort_by_key(|job| job.submit_ms);
    for (number, job) in jobs.iter_mut().enumerate() {
        job.id = number as u64 + 1;
    }
    jobs
}

fn job(procs: u32, run_s: u64, requested_s: u64, user: i32) -> WorkloadJob {
    WorkloadJob {
        id: 0,
        submit_ms: 0,
        run_ms: (run_s * 1000) as i64,
        walltime_ms: Some((requested_s * 1000) as i64),
        procs,
        user,
        group: -1,
        executable: -1,
        queue: -1,
        partition: -1,
        status: 1,
        exit_code: 0,
    }
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
struct Rng(u64);

impl Rng {
    /// Returns a number below `bound`; the bias is far below what a benchmark could tell.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_the_same_every_time() {
        let log = deep_queue(20_000);
        assert_eq!(log, deep_queue(20_000));
        assert_eq!(log.jobs.len(), 20_000);
        assert!(log.jobs.windows(2).all(|pair| pair[0].submit_ms <= pair[1].submit_ms));
        assert!(log.jobs.iter().all(|job| job.procs <= PROCESSORS && job.run_ms > 0));
    }
}
