//! Random worlds with failures, visitors and latencies: the guards, which run inside, hold.

use crate::instance::{Instance, for_seeds, kinds};

#[test]
fn guards_hold_on_random_worlds() {
    for_seeds("guards_hold_on_random_worlds", 800, |seed| {
        let instance = Instance::random(seed);
        for kind in kinds() {
            instance.run(kind);
        }
    });
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for_seeds("the_same_seed_gives_the_same_run", 40, |seed| {
        for kind in kinds() {
            assert_eq!(Instance::random(seed).run(kind), Instance::random(seed).run(kind));
        }
    });
}
