//! Runs that end before their time: stopped by who watches, by a limit, or because nothing can happen.

use gleaner_experiments::built::Built;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::observer::RunObserver;
use gleaner_experiments::result::Ending;
use gleaner_experiments::run::run;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::observer::{Counts, Observer, Unobserved};
use gleaner_sim::time::SimTime;

use crate::run::{TWO_HOURS, built, scenario};

/// Events of the World between two looks at who watches.
const EVENTS_BETWEEN_LOOKS: u32 = 512;

/// Wishes to stop at an event of the World, and counts those that come nevertheless.
struct Impatient {
    patience: u32,
    later: u32,
}

impl Observer for Impatient {
    fn changed(&mut self, _now: SimTime, _cluster: ClusterIndex, _counts: &Counts) {
        match self.patience {
            0 => self.later += 1,
            _ => self.patience -= 1,
        }
    }

    fn go_on(&mut self, _now: SimTime) -> bool {
        self.patience > 0
    }
}

impl RunObserver for Impatient {}

/// Many owners' jobs and nothing else: there is one cycle for all of it.
fn busy() -> Built {
    let text = "[[cluster]]\nname = \"a\"\nnodes = 16\nscheduler = \"easy\"\n\
                [cluster.owners.generate]\nmodel = \"lublin\"\njobs = 3000\n";
    built(&scenario(text, "".as_ref()))
}

#[test]
fn a_run_stops_soon_after_it_is_told_to() {
    for built in [busy(), built(&scenario(TWO_HOURS, "".as_ref()))] {
        let whole = run(&built, &mut Unobserved).unwrap().metrics.grid;
        for patience in [1, 300, 600] {
            let mut observer = Impatient { patience, later: 0 };
            let result = run(&built, &mut observer).unwrap();
            assert_eq!(result.ending, Ending::Interrupted, "after {patience}");
            assert!(observer.later <= EVENTS_BETWEEN_LOOKS, "{} events later", observer.later);
            // The figures are those of the time until then.
            let part = result.metrics.grid;
            assert!(part.jobs + part.done < whole.jobs + whole.done, "{part:?}");
            assert!(part.horizon_end_s < whole.horizon_end_s);
        }
    }
}

#[test]
fn a_wish_from_before_leaves_a_result_too() {
    let mut cancel = Cancel::default();
    assert!(!cancel.cancel());
    let result = run(&busy(), &mut cancel).unwrap();
    assert_eq!((result.ending, result.metrics.grid.jobs), (Ending::Interrupted, 0));
}

/// A job that waits for a node which never comes back, in a run with a limit and in one without.
#[test]
fn a_stuck_run_says_who_waits_and_why() {
    for (until, campaign) in [
        ("", ""),
        ("until = \"10h\"\n", ""),
        ("until = \"10h\"\n", "[[campaign]]\ntasks = 3\nruntime = \"fixed:60\"\n"),
    ] {
        let text = format!(
            "{until}[[cluster]]\nname = \"a\"\nnodes = 2\nscheduler = \"easy\"\n\
             [[cluster.outage]]\nnode = 1\ndown = \"0s\"\n\
             [cluster.owners.generate]\nmodel = \"poisson\"\njobs = 40\nmean_gap = \"1m\"\n\
             runtime = \"fixed:60\"\nsizes = \"1-2\"\n{campaign}"
        );
        let result = run(&built(&scenario(&text, "".as_ref())), &mut Unobserved).unwrap();
        let Ending::Stuck(stuck) = result.ending else {
            panic!("it ended as {:?}", result.ending);
        };
        assert!(stuck.jobs > 0 && stuck.campaigns == 0, "{stuck:?}");
        let said = stuck.to_string();
        assert!(
            said.contains("of cluster `a` asks for 2 cores, and 1 of 2 are up for good"),
            "{said}"
        );
        assert_eq!(stuck.hint(), Some("give outages of nodes an `up` time"));
    }
}
