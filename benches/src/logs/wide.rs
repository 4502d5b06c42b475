//! A log of a very wide machine: as many jobs on as many processors as the second year of CEA-Curie of the
//! Parallel Workloads Archive, whole nodes of sixteen cores mostly, and days with thousands of waiting jobs.

use super::made::{Batches, GeneratedLog, Rng, log};
use gleaner_traces::workload::Workload;

/// The log.
pub const LOG: GeneratedLog =
    GeneratedLog { name: "wide", processors: 80_640, jobs: 312_000, generate };

/// Offered load in thousandths of the machine: full by day and on some nights.
const LOAD_THOUSANDTHS: u64 = 850;

/// Nodes of sixteen cores that jobs ask for.
const NODES: [u32; 24] =
    [1, 1, 1, 2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 64, 64, 128, 128, 256, 512, 1024];

/// Times that users ask for, in minutes: half of all keep what the site gives by default.
const REQUESTED_MIN: [u64; 16] =
    [1440, 1440, 1440, 1440, 1440, 1440, 1440, 1440, 15, 30, 60, 120, 240, 360, 720, 1080];

/// Hours of the day in which users submit, the busy ones more than once.
const HOURS: [u64; 16] = [8, 9, 9, 10, 10, 11, 13, 14, 14, 15, 15, 16, 17, 19, 22, 3];

/// Users submit some jobs alike at a time, and now and then a study of up to three thousand on a node each.
fn generate(jobs: usize) -> Workload {
    let mut rng = Rng(2);
    let mut batches = Batches::of(jobs);
    while batches.lack_some() {
        let study = rng.below(700) == 0;
        let count = if study { 300 + rng.below(2_700) } else { 1 + rng.below(16) * rng.below(3) };
        let choices = if study { &NODES[..6] } else { &NODES[..] };
        // One in eight asks for cores that fill no node.
        let odd = if rng.below(8) == 0 { rng.below(15) as u32 } else { 0 };
        let procs = 16 * rng.one_of(choices) - odd;
        let requested_s = 60 * rng.one_of(&REQUESTED_MIN);
        let user = rng.below(580) as i32;
        batches.add(count, procs, requested_s, user, &mut rng);
    }
    let days = batches.span_s(LOG.processors, LOAD_THOUSANDTHS) / 86_400 + 1;
    let begin_s = || {
        let day = working_day(rng.below(days), &mut rng);
        day * 86_400 + rng.one_of(&HOURS) * 3600 + rng.below(3600)
    };
    log("wide-machine", LOG.processors, batches.submitted(2, begin_s))
}

/// Two of three that would submit on a weekend do so on a day before.
fn working_day(day: u64, rng: &mut Rng) -> u64 {
    let weekend = day % 7 >= 5 && day >= 5;
    if weekend && rng.below(3) > 0 { day - 1 - rng.below(5) } else { day }
}
