//! The grid scheduler over random simulated grids: no task is lost or done twice, facts are those
//! of listings, and owners feel nothing where killing takes no time.

use std::collections::BTreeMap;

use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use gleaner_core::ledger::task_state::TaskState;
use gleaner_core::listing::{ListedJob, ListedState, diff_listings};
use gleaner_core::observation::Observation;
use gleaner_sim::backend::SimBackend;

use crate::grid::{Ended, Grid, Trouble, Witness};
use crate::instance::for_seeds;

/// Every task is done exactly once, by the count of the clusters and by that of the scheduler.
fn check_done(grid: &Grid, ended: &Ended) {
    let mut attempts = 0;
    for (number, campaign) in (1..).zip(&grid.campaigns) {
        let id = CampaignId(number);
        let progress = ended.scheduler.campaign(id).expect("it was submitted");
        assert_eq!(progress.total, campaign.tasks);
        assert_eq!(progress.tasks.of(TaskState::Done), campaign.tasks, "campaign {id}");
        assert_eq!((progress.live, progress.events), (0, 0), "campaign {id}");
        attempts += progress.attempts;
        for task in 0..campaign.tasks {
            let done = ended.witness.done.get(&(id, task));
            assert_eq!(done, Some(&1), "times that task {id}.{task} was done");
        }
    }
    assert!(ended.scheduler.is_idle() && ended.scheduler.live_jobs() == 0);
    assert!(attempts >= ended.witness.begun, "more jobs began than were asked for");
    let killed: u64 = ended.scheduler.campaigns().map(|progress| progress.killed).sum();
    assert!(killed <= ended.witness.killed, "scripts are killed, too, but tasks at most as often");
}

#[test]
fn no_task_is_lost_and_none_done_twice() {
    for_seeds("no_task_is_lost_and_none_done_twice", 150, |seed| {
        let grid = Grid::random(seed, Trouble::All);
        check_done(&grid, &grid.run(|_, _| {}));
    });
}

#[test]
fn the_same_seed_gives_the_same_commands() {
    for_seeds("the_same_seed_gives_the_same_commands", 15, |seed| {
        let run = || Grid::random(seed, Trouble::All).run(|_, _| {});
        let (first, second) = (run(), run());
        assert!(first.commands == second.commands, "two runs differ");
        assert_eq!(first.witness.done, second.witness.done);
        assert!(!first.commands.is_empty());
    });
}

#[test]
fn campaigns_change_no_owners_start() {
    for_seeds("campaigns_change_no_owners_start", 150, |seed| {
        let grid = Grid::random(seed, Trouble::NoneForOwners);
        let ended = grid.run(|_, _| {});
        check_done(&grid, &ended);
        assert_eq!(ended.witness.owner_starts(), grid.owners_alone(), "seed {seed}");
    });
}

/// What the last look at each cluster showed.
struct Looks {
    before: Vec<Vec<ListedJob>>,
}

impl Looks {
    /// Holds the facts told against the difference of what listings would have shown.
    fn compare(&mut self, backend: &mut SimBackend<Witness>, observation: &Observation) {
        let mut expected = Vec::new();
        for (cluster, before) in self.before.iter_mut().enumerate() {
            // A cluster that was not looked at keeps an older snapshot.
            if observation.clusters[cluster].observed_at != observation.now {
                continue;
            }
            let after = backend.observer_mut().listing(cluster);
            diff_listings(before, &after, &mut expected);
            let alive = |job: &&ListedJob| !matches!(job.state, ListedState::Ended(..));
            let shown: Vec<ListedJob> = after.iter().filter(alive).copied().collect();
            assert_eq!(backend.world().observer().listing(cluster), shown);
            *before = after;
        }
        let told = observation.facts.iter().filter(|fact| is_of_a_job(fact));
        let told: Vec<String> = told.map(|fact| format!("{fact:?}")).collect();
        let expected: Vec<String> = expected.iter().map(|fact| format!("{fact:?}")).collect();
        assert_eq!(told, expected, "at {}", observation.now.seconds());
    }
}

fn is_of_a_job(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::JobWaiting { .. }
            | Fact::JobStarted { .. }
            | Fact::JobEnded { .. }
            | Fact::JobUnclear { .. }
    )
}

#[test]
fn facts_are_the_difference_of_two_listings() {
    for_seeds("facts_are_the_difference_of_two_listings", 120, |seed| {
        let grid = Grid::random(seed, Trouble::All);
        let mut looks = Looks { before: vec![Vec::new(); grid.clusters.len()] };
        let ended = grid.run(|backend, observation| looks.compare(backend, observation));
        check_done(&grid, &ended);
    });
}

/// The properties above would mean little on grids where nothing goes wrong.
#[test]
fn random_grids_meet_every_trouble() {
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..40 {
        Grid::random(seed, Trouble::All).run(|_, observation| {
            for fact in &observation.facts {
                let word = match fact {
                    Fact::CommandRefused { reason, .. } => format!("refused: {reason}"),
                    Fact::CommandUnknown { .. } => "answer lost".to_owned(),
                    Fact::JobEnded { outcome, .. } => format!("ended: {outcome}"),
                    Fact::ClusterLost { fault, .. } => format!("lost: {fault}"),
                    Fact::ClusterBack { .. } => "back".to_owned(),
                    _ => continue,
                };
                *met.entry(word).or_default() += 1;
            }
        });
    }
    for word in [
        "answer lost",
        "lost: connection refused",
        "back",
        "refused: cluster busy",
        "refused: cluster unreachable",
        "ended: exit code 0",
        "ended: exit code 66",
        "ended: exit code 67",
        "ended: killed for an owner's job",
        "ended: killed with its node",
        "ended: deleted",
    ] {
        assert!(met.get(word).is_some_and(|times| *times > 20), "{word}: {met:?}");
    }
}
