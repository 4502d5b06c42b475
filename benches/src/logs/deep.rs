//! A log with a very deep queue: as many jobs on as many processors as RICC-2010 of the Parallel Workloads
//! Archive, and queues as deep.

use super::made::{Batches, GeneratedLog, Rng, log};
use gleaner_traces::workload::Workload;

/// The log.
pub const LOG: GeneratedLog =
    GeneratedLog { name: "deep", processors: 8192, jobs: 447_794, generate };

/// Offered load in thousandths of the machine: users ask for a little more than there is.
const LOAD_THOUSANDTHS: u64 = 1100;

/// Widths that occur, those of most jobs more than once.
const WIDTHS: [u32; 24] =
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 4, 8, 8, 8, 16, 16, 32, 64, 64, 128, 256, 1024];

/// Times that users ask for, in minutes.
const REQUESTED_MIN: [u64; 16] =
    [5, 10, 30, 45, 60, 60, 120, 180, 240, 360, 480, 720, 720, 1440, 2880, 4320];

/// Half of the jobs come in bursts of up to thirty thousand of one user, all narrow and alike, as
/// parameter studies do, four a second; the others come alone, of every width.
fn generate(jobs: usize) -> Workload {
    let mut rng = Rng(1);
    let mut batches = Batches::of(jobs);
    while batches.lack_some() {
        let burst = rng.below(20_000) == 0;
        let count = if burst { 4_000 + rng.below(28_000) } else { 1 };
        let widths = if burst { &WIDTHS[..15] } else { &WIDTHS[..] };
        let procs = rng.one_of(widths);
        let requested_s = 60 * rng.one_of(&REQUESTED_MIN);
        let user = rng.below(150) as i32;
        batches.add(count, procs, requested_s, user, &mut rng);
    }
    let span_s = batches.span_s(LOG.processors, LOAD_THOUSANDTHS);
    log("deep-queue", LOG.processors, batches.submitted(4, || rng.below(span_s.max(1))))
}
