//! The fast schedulers start every job when the plain ones do, whether or not nodes come and leave.

use gleaner_sim::sizes::Leave;
use gleaner_sim::textbook::Rhythm;
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
                    let fast = instance.run(Kind::Textbook(entry)).owner_starts();
                    let fast: Vec<_> = fast.iter().map(|(job, start)| (*job, start.ms())).collect();
                    let plain = plain::starts(&instance, entry.name);
                    let differs = fast.iter().zip(&plain).find(|(fast, plain)| fast != plain);
                    let what = format!("{entry:?} {rhythm:?} {estimates:?} seed {seed}");
                    assert!(fast.len() == plain.len() && differs.is_none(), "{what}: {differs:?}");
                }
            }
        }
    });
}
