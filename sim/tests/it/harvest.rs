//! Harvesting costs the owners nothing where killing and cleaning take no time.

use gleaner_sim::sizes::Sizes;
use gleaner_sim::textbook::harvest::Victims;
use gleaner_sim::time::SimSpan;

use crate::instance::{Instance, Kind, for_seeds, textbook};

/// With victims by resource order this holds on any cluster, nodes that fail, come and leave included; with
/// other victims on clusters without (there, where a job runs decides whether it loses its node).
#[test]
fn best_effort_jobs_change_no_owners_start() {
    for_seeds("best_effort_jobs_change_no_owners_start", 500, |seed| {
        let mut with = Instance::random(seed);
        with.harvest.latencies.kill = SimSpan::ZERO;
        with.harvest.latencies.cleanup = SimSpan::ZERO;
        if with.harvest.victims != Victims::ResourceOrder {
            with.faults = None;
            with.sizes = Sizes::default();
        }
        let mut without = with.clone();
        without.besteffort.clear();
        for entry in textbook() {
            let kind = Kind::Textbook(entry);
            let (harvested, quiet) = (with.run(kind), without.run(kind));
            assert_eq!(harvested.owner_starts(), quiet.owner_starts(), "{kind:?} seed {seed}");
        }
    });
}

/// OAR chooses victims by resource order alone; in the ideal rhythm killing takes no time.
#[test]
fn best_effort_jobs_change_no_owners_start_under_ideal_oar() {
    for_seeds("best_effort_jobs_change_no_owners_start_under_ideal_oar", 300, |seed| {
        let with = Instance::random(seed);
        let mut without = with.clone();
        without.besteffort.clear();
        let (harvested, quiet) = (with.run(Kind::OarIdeal), without.run(Kind::OarIdeal));
        assert_eq!(harvested.owner_starts(), quiet.owner_starts(), "seed {seed}");
    });
}
