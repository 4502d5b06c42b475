//! Stopping in any way and beginning again gives what a replay from zero gives, and loses nothing.

use std::path::Path;

use gleaner_core::backend::Stop;
use gleaner_core::checkpoint::Checkpoint;
use gleaner_core::config::SchedulerConfig;
use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId};
use gleaner_core::policy::injection;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::time::Duration;
use gleaner_runtime::driver::DriverSettings;
use gleaner_runtime::order::OrderAction;
use gleaner_runtime::replay::replayer::Replayer;
use gleaner_runtime::replay::{Replayed, replay};
use gleaner_runtime::request::Request;
use gleaner_runtime::store::Store;
use gleaner_runtime::store::journal::{self, Which};
use gleaner_runtime::store::parameters::StoredParameters;
use gleaner_runtime::store::views::StoredViews;
use gleaner_runtime::views::{Meant, Page, Views};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::store::stage::{Stage, addition, config, jdl, job, settings};
use crate::store::world::World;

const CLUSTERS: usize = 3;

/// Clusters under policies of different kinds.
fn mixed() -> SchedulerConfig {
    let mut config = config(CLUSTERS, "tap");
    config.clusters[1].policy = "min(tap; greedy)".parse().expect("a policy");
    config
}

/// How a daemon ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// It is told to stop.
    Graceful,
    /// It is told to stop just after somebody has submitted a campaign.
    GracefulAsked,
    /// It dies after a cycle was durable, and its orders have been carried out.
    Sent,
    /// It dies after a cycle was durable, before its orders were sent.
    Unsent,
    /// It dies before a cycle was durable.
    Uncommitted,
}

/// The memory after everything in the journal, beginning with its oldest checkpoint.
fn from_zero(path: &Path) -> Checkpoint {
    let connection = Store::reader(path).unwrap();
    let saved = journal::checkpoint(&connection, Which::Oldest).unwrap().unwrap();
    let config = saved.checkpoint.config().clone();
    let catalogue = injection::standard();
    let mut source = StoredParameters(&connection);
    let mut scheduler =
        Scheduler::restore(config, &catalogue, saved.checkpoint, &mut source).unwrap();
    let mut replayer = Replayer::from(&connection, saved.cycle, saved.last_fact);
    while let Some(played) = replayer.replay_next(&mut scheduler).unwrap() {
        assert!(played.same(), "cycle {}", played.cycle.id.0);
    }
    scheduler.checkpoint()
}

/// Makes the next cycles fail as they are written, or lets them pass again.
fn jam(path: &Path, jam: bool) {
    let sql = if jam {
        "CREATE TRIGGER jam BEFORE INSERT ON cycles BEGIN SELECT raise(ABORT, 'jammed'); END"
    } else {
        "DROP TRIGGER jam"
    };
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// Somebody asks for something, most of the time.
fn people(stage: &mut Stage, world: &World, choice: u64, taken: &mut Vec<Submitted>) {
    let campaign = CampaignId(1 + (choice >> 8) as u32 % (taken.len().max(1) as u32));
    let retry = choice & 0x80 != 0;
    let request = match choice % 12 {
        0..3 => return submit(stage, choice, taken),
        3 => Request::Hold(campaign),
        4 | 5 => Request::Resume(campaign),
        6 if choice & 0x300 == 0 => Request::Cancel(campaign),
        7 => {
            let row = StoredViews::open(&stage.path).unwrap().campaign(campaign).unwrap();
            addition(campaign, row.map_or(0, |row| row.total), &[&format!("more {choice}")])
        }
        8 => match world.alive() {
            Some((cluster, job)) => Request::KillJob(cluster, job),
            None => return,
        },
        9 => Request::FixCampaign { campaign, retry },
        10 => Request::DisableCluster(ClusterId((choice >> 8) as u16 % CLUSTERS as u16)),
        _ => {
            let cluster = ClusterId((choice >> 8) as u16 % CLUSTERS as u16);
            Request::UserPriority {
                user: "amy".into(),
                cluster,
                priority: (choice >> 16) as i32 % 5,
            }
        }
    };
    // It may be in the wrong state: then it is refused, which is an answer too.
    drop(stage.ask("boss", request));
}

type Submitted = tokio::sync::oneshot::Receiver<
    Result<gleaner_runtime::request::Receipt, gleaner_runtime::request::Refused>,
>;

fn submit(stage: &mut Stage, choice: u64, taken: &mut Vec<Submitted>) {
    let texts: Vec<String> = (0..1 + choice % 20).map(|index| format!("t{index}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let clusters = [&["c0"][..], &["c0", "c1"], &["c0", "c1", "c2"]][(choice >> 8) as usize % 3];
    let user = if choice & 0x400 == 0 { "amy" } else { "bob" };
    let request = stage.submission(&jdl(&texts, clusters));
    taken.push(stage.ask(user, request));
}

/// Runs one cycle with what the world tells before it.
fn cycle(stage: &mut Stage, world: &mut World, send: bool) -> Result<(), Stop> {
    for id in (0..CLUSTERS as u16).map(ClusterId) {
        let facts = world.turn(id, stage.now);
        stage.tell(id.0, facts);
    }
    for (id, order) in stage.cycle()? {
        if send {
            world.carry_out(id, order, stage.now);
        }
    }
    stage.scheduler.check_invariants_fully().unwrap();
    Ok(())
}

fn live(seed: u64, checkpoint_cycles: u32, lives: &[(u8, End)]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.db");
    let mut world = World::new(seed, CLUSTERS);
    let (mut now, mut cycles, mut taken) = (1_000, 0, Vec::new());
    for &(length, end) in lives {
        now += 45;
        let mut stage = Stage::begin(folder.path(), mixed(), checkpoint_cycles, now);
        // Far too long to be printed.
        assert!(stage.scheduler.checkpoint() == from_zero(&path), "the memory is another one");
        for (id, start) in std::mem::take(&mut stage.starts).into_iter().enumerate() {
            world.start(ClusterId(id as u16), start, stage.now);
        }
        for _ in 0..length {
            let choice = world.plan.below(u64::MAX);
            people(&mut stage, &world, choice, &mut taken);
            cycle(&mut stage, &mut world, true).unwrap();
            cycles += 1;
        }
        match end {
            End::Graceful => stage.stop(),
            End::GracefulAsked => {
                submit(&mut stage, seed, &mut taken);
                stage.stop();
            }
            End::Sent => drop(stage),
            End::Unsent => {
                cycle(&mut stage, &mut world, false).unwrap();
                cycles += 1;
            }
            End::Uncommitted => {
                jam(&path, true);
                assert!(matches!(cycle(&mut stage, &mut world, true), Err(Stop::Failed(_))));
                drop(stage);
                jam(&path, false);
            }
        }
    }
    cycles += finish(folder.path(), &mut world, checkpoint_cycles, now);
    let replayed = replay(&path, &injection::standard(), None, &mut |_, _| ()).unwrap();
    assert!(
        matches!(replayed, Replayed::Same { cycles: all, .. } if all == cycles),
        "{replayed:?}, not {cycles} cycles"
    );
    // Everybody who was told that a campaign is taken finds it done.
    let answers = taken.iter_mut().map(|answer| answer.try_recv());
    let granted = answers.filter(|answer| matches!(answer, Ok(Ok(_)))).count();
    let views = StoredViews::open(&path).unwrap();
    assert_eq!(views.campaign_counts().unwrap().iter().sum::<u64>(), granted as u64);
    for id in (1..=granted as u32).map(CampaignId) {
        let row = views.campaign(id).unwrap().unwrap();
        let done = world.done.iter().filter(|(campaign, _)| *campaign == id).count();
        assert_eq!(row.finished as usize, done, "{row:?}");
        for couple in views.pairs(id).unwrap() {
            assert_eq!((couple.active, couple.queued), (0, 0), "{id}: {couple:?}");
        }
    }
}

/// Nothing goes wrong any more and everything is let go on: all ends.
fn finish(folder: &Path, world: &mut World, checkpoint_cycles: u32, mut now: i64) -> u64 {
    world.kind = true;
    let mut cycles = 0;
    for _ in 0..100 {
        now += 60;
        let mut stage = Stage::begin(folder, mixed(), checkpoint_cycles, now);
        for (id, start) in std::mem::take(&mut stage.starts).into_iter().enumerate() {
            world.start(ClusterId(id as u16), start, stage.now);
        }
        let views = StoredViews::open(&stage.path).unwrap();
        let all = Page { offset: 0, limit: 1000 };
        for event in views.global_events(all).unwrap().0 {
            drop(stage.ask("boss", Request::FixEvent { event: event.id, retry: true }));
        }
        for row in views.campaigns(&Meant::active(), None, 1000).unwrap().0 {
            drop(stage.ask("boss", Request::FixCampaign { campaign: row.id, retry: true }));
            drop(stage.ask("boss", Request::Resume(row.id)));
        }
        for _ in 0..6 {
            cycle(&mut stage, world, true).unwrap();
            cycles += 1;
        }
        if stage.scheduler.is_idle() {
            stage.stop();
            return cycles;
        }
    }
    panic!("not all campaigns end");
}

fn ends() -> impl Strategy<Value = Vec<(u8, End)>> {
    let end = prop_oneof![
        Just(End::Graceful),
        Just(End::GracefulAsked),
        Just(End::Sent),
        Just(End::Unsent),
        Just(End::Uncommitted)
    ];
    prop::collection::vec((0_u8..6, end), 1..8)
}

/// A store whose facts are all older than what is kept of the journal.
fn idle_for_long(folder: &Path) {
    let keep_journal = Duration::from_seconds(250);
    for now in [1000, 2000] {
        let store = Store::open(&folder.join("gleaner.db")).unwrap();
        let settings = DriverSettings { keep_journal, ..settings(1) };
        let mut stage = Stage::try_begin(store, config(1, "tap"), settings, now).unwrap();
        if now == 1000 {
            stage.submit("amy", &jdl(&["a"], &["c0"]));
        }
        stage.tell(0, Vec::new());
        stage.cycle().unwrap();
    }
    let reader = Store::reader(&folder.join("gleaner.db")).unwrap();
    let facts = reader.query_row("SELECT count(*) FROM facts", [], |row| row.get(0));
    assert_eq!(facts, Ok(0_i64), "all are forgotten");
}

#[test]
fn what_is_granted_after_a_long_idle_time_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    idle_for_long(folder.path());
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 3000);
    jam(&stage.path, true);
    let mut answer = stage.ask("amy", stage.submission(&jdl(&["b"], &["c0"])));
    assert!(stage.cycle().is_err());
    assert!(answer.try_recv().unwrap().is_ok(), "it was promised");
    jam(&stage.path, false);
    drop(stage);
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 4000);
    stage.cycle().unwrap();
    assert_eq!(stage.scheduler.campaigns().count(), 2);
}

#[test]
fn what_is_decided_after_a_long_idle_time_is_decided_again() {
    let folder = tempfile::tempdir().unwrap();
    idle_for_long(folder.path());
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 3000);
    stage.submit("amy", &jdl(&["b"], &["c0"]));
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    let path = stage.path.clone();
    drop(stage);
    let stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 4000);
    assert_eq!(stage.scheduler.campaigns().count(), 2);
    let replayed = replay(&path, &injection::standard(), None, &mut |_, _| ()).unwrap();
    assert!(matches!(replayed, Replayed::Same { .. }), "{replayed:?}");
}

#[test]
fn a_deletion_of_jobs_that_are_over_by_the_next_start_is_struck_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 1000);
    let campaign = stage.submit("amy", &jdl(&["a", "b"], &["c0"]));
    stage.tell(0, Vec::new());
    stage.cycle().unwrap();
    let command = stage.scheduler.open_submissions().next().unwrap().command;
    let jobs = stage.scheduler.open_submissions().next().unwrap().jobs.len() as u64;
    let jobs: Vec<_> = (1..=jobs).map(job).collect();
    stage.tell(0, vec![Fact::CommandAccepted { command, jobs: jobs.clone() }]);
    stage.cycle().unwrap();
    drop(stage.ask("amy", Request::Cancel(campaign)));
    let sent = stage.cycle().unwrap();
    assert!(
        matches!(&sent[..], [(_, order)] if matches!(order.action, OrderAction::Cancel { .. }))
    );
    // They end by themselves, and the daemon dies before it hears that they were deleted.
    let (cluster, at, outcome) = (ClusterId(0), stage.now, Outcome::Deleted);
    let over = jobs.into_iter().map(|job| Fact::JobEnded { cluster, job, at, outcome });
    stage.tell(0, over.collect());
    stage.cycle().unwrap();
    drop(stage);

    let stage = Stage::begin(folder.path(), config(1, "tap"), 1000, 2000);
    assert_eq!(stage.starts[0].unanswered, []);
    let reader = Store::reader(&stage.path).unwrap();
    let sql = "SELECT count(*) FROM intents";
    let open: i64 = reader.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(open, 0, "nobody will ever answer it");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_cycle_a_checkpoint(seed in any::<u64>(), lives in ends()) {
        live(seed, 1, &lives);
    }

    #[test]
    fn a_checkpoint_every_third_cycle(seed in any::<u64>(), lives in ends()) {
        live(seed, 3, &lives);
    }

    #[test]
    fn hardly_ever_a_checkpoint(seed in any::<u64>(), lives in ends()) {
        live(seed, 1000, &lives);
    }
}
