//! The fast schedulers start every job when the plain ones do, whether or not nodes come and leave.

use gleaner_sim::sizes::{Leave, Sizes};
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::catalogue::TextbookEntry;
use gleaner_sim::world::Estimates;

use crate::instance::{Instance, Kind, for_seeds, textbook};
use crate::plain;

#[test]
fn fast_schedulers_equal_plain_ones() {
    for_seeds("fast_schedulers_equal_plain_ones", 150, |seed| {
        let mut instance = Instance::random(seed);
        instance.besteffort.clear();
        instance.faults = None;
        for change in &mut instance.sizes.changes {
            change.leave = Leave::Drain;
        }
        for entry in textbook() {
            for rhythm in [Rhythm::Event, Rhythm::Instant] {
                for estimates in [Estimates::Requested, Estimates::Exact, Estimates::Factor(2500)] {
                    instance.rhythm = rhythm;
                    instance.estimates = estimates;
                    equals_plain(&instance, entry, seed);
                }
            }
        }
    });
}

#[test]
fn rows_of_equal_jobs_start_when_plain_ones_do() {
    for_seeds("rows_of_equal_jobs_start_when_plain_ones_do", 40, |seed| {
        let mut instance = Instance::in_rows(seed);
        instance.besteffort.clear();
        instance.faults = None;
        instance.sizes = Sizes::default();
        for entry in textbook() {
            equals_plain(&instance, entry, seed);
        }
    });
}

fn equals_plain(instance: &Instance, entry: &'static TextbookEntry, seed: u64) {
    let Instance { rhythm, estimates, .. } = instance;
    let fast = instance.run(Kind::Textbook(entry)).owner_starts();
    let fast: Vec<_> = fast.iter().map(|(job, start)| (*job, start.ms())).collect();
    let plain = plain::starts(instance, entry.name);
    let differs = fast.iter().zip(&plain).find(|(fast, plain)| fast != plain);
    let what = format!("{entry:?} {rhythm:?} {estimates:?} seed {seed}");
    assert!(fast.len() == plain.len() && differs.is_none(), "{what}: {differs:?}");
}
