//! Clocks that are set, ours or the cluster's: no doubt is settled early, no job is hidden, no job is
//! taken for late that ran.

use std::sync::Arc;

use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{Order, OrderAction, WorkerStart};

use super::server::{Shared, World};
use super::{
    Bench, COMMAND, CRASH, LEASE, NAME, NOW, accepted, bench, following, leased_until, refused,
    shared, submission, unknown, without_unclear, world,
};

const JOB: u64 = 100;
/// A job may be launched by a node whose clock is behind by so much.
const MARGIN_S: i64 = 60;

/// A worker, at a grid time of ours, that takes up what a dead one may have sent.
fn successor_at(world: &Shared, now_s: i64, order: Order) -> Bench {
    let begin = WorkerStart {
        unanswered: vec![order],
        epoch: "k2x9ab".to_owned(),
        ..WorkerStart::default()
    };
    bench(world, now_s, begin)
}

/// An order of a release that did not note the lease by the cluster's clock.
fn without_lease_there(mut order: Order) -> Order {
    if let OrderAction::Submit(batch) = &mut order.action {
        batch.lease_there = None;
    }
    order
}

#[test]
fn a_doubt_is_settled_by_the_clusters_clock_and_not_by_ours() {
    let world = shared(World { time_s: NOW + 100, submit: Some(CRASH), ..world() });
    let bench = successor_at(&world, LEASE + 7200, submission(2));
    assert_eq!(bench.look(), [unknown()], "ours was set forward: a late POST may still start");
    world.lock().unwrap().time_s = LEASE + MARGIN_S;
    assert_eq!(bench.look(), [], "a node may be behind");
    world.lock().unwrap().time_s = LEASE + MARGIN_S + 1;
    assert_eq!(bench.look(), [refused(Refusal::Busy)]);
}

#[test]
fn a_late_post_after_a_step_of_our_clock_is_found_and_not_done_twice() {
    let world = shared(World { time_s: NOW + 100, ..world() });
    let bench = successor_at(&world, LEASE + 7200, submission(2));
    assert_eq!(bench.look(), [unknown()]);
    let late = (0..2).map(|job| (JOB + job, NAME.to_owned()));
    world.lock().unwrap().current.extend(late);
    assert_eq!(bench.look(), [accepted(&[JOB, JOB + 1])]);
}

#[test]
fn a_doubt_is_not_settled_by_a_look_in_which_no_time_was_told() {
    let world = shared(World { time_s: LEASE + 600, ..world() });
    let bench = successor_at(&world, NOW + 100, submission(2));
    // The first question of a look with a doubt is for the time.
    world.lock().unwrap().wrong = [CRASH].into();
    let facts = bench.look();
    assert!(!facts.contains(&refused(Refusal::Busy)), "{facts:?}");
    assert!(bench.look().contains(&refused(Refusal::Busy)));
}

#[test]
fn a_doubt_of_an_older_release_is_settled_as_it_was_then() {
    let world = shared(World { time_s: NOW - 3600, ..world() });
    let bench = successor_at(&world, LEASE + MARGIN_S, without_lease_there(submission(2)));
    assert_eq!(bench.look(), [unknown()], "the cluster's clock is behind, and its lease was, too");
    drop(bench);
    let bench = successor_at(&world, LEASE + MARGIN_S + 1, without_lease_there(submission(2)));
    assert_eq!(bench.look(), [unknown(), refused(Refusal::Busy)]);
}

#[test]
fn what_ended_is_looked_for_by_the_clusters_clock_whatever_was_set_in_between() {
    let ended = vec![(JOB, NAME.to_owned(), NOW), (JOB + 1, NAME.to_owned(), NOW)];
    // This server lists what ended since a time if its clock is not before it.
    let world = shared(World { time_s: NOW + 30, ended, ..world() });
    let grid_s = NOW - 50_000;
    let order = Order { intent_at: Timestamp::from_seconds(NOW - 86_400), ..submission(2) };
    let order = with_lease_until(order, NOW - 86_400 + 1800);
    let bench = successor_at(&world, grid_s, leased_until(LEASE, order));
    assert_eq!(without_unclear(bench.look()), [unknown(), accepted(&[JOB, JOB + 1])]);
}

#[test]
fn what_ended_is_found_though_the_clusters_clock_was_set_back() {
    let world = shared(World { time_s: NOW - 40_000, ..world() });
    let bench = successor_at(&world, NOW, submission(2));
    assert_eq!(bench.look(), [unknown()]);
    world.lock().unwrap().ended =
        vec![(JOB, NAME.to_owned(), NOW), (JOB + 1, NAME.to_owned(), NOW)];
    assert_eq!(without_unclear(bench.look()), [accepted(&[JOB, JOB + 1])]);
}

fn with_lease_until(mut order: Order, seconds: i64) -> Order {
    if let OrderAction::Submit(batch) = &mut order.action {
        batch.lease_until = Timestamp::from_seconds(seconds);
    }
    order
}

#[test]
fn the_lease_that_is_sent_is_the_one_that_was_noted() {
    // The cluster's clock is 5 s ahead of what it was when the lease was made.
    let world = shared(World { time_s: NOW + 5, records: 1, ..world() });
    let bench = bench(&world, NOW, WorkerStart::default());
    bench.send(submission(1));
    assert_eq!(bench.look(), [accepted(&[JOB])]);
    let command = world.lock().unwrap().posts[0]["command"].clone();
    let lease = format!("[ $(date +%s) -lt {LEASE} ] || exit 68; ");
    assert!(command.as_str().unwrap().starts_with(&lease), "{command}");
}

#[test]
fn a_lease_that_was_made_for_another_time_of_the_clusters_clock_is_not_sent() {
    for (order, why) in [
        (leased_until(NOW - 1, submission(1)), "it is over"),
        (leased_until(LEASE + 3600, submission(1)), "it would hold a doubt for too long"),
        (without_lease_there(submission(1)), "nobody could settle a doubt about it"),
    ] {
        let world = shared(World { records: 1, ..world() });
        let bench = bench(&world, NOW, WorkerStart::default());
        bench.send(order);
        assert_eq!(bench.look(), [Fact::CommandExpired { command: COMMAND }], "{why}");
        assert!(world.lock().unwrap().posts.is_empty(), "{why}");
    }
}

/// How a job is told to have ended that started at `start_s` and exited with 68.
fn exited_68(start_s: i64, command: Option<String>) -> Outcome {
    let world = shared(world());
    end_with_68(&world, start_s, command);
    told_end(&bench(&world, NOW, following(JOB..JOB + 1)))
}

fn end_with_68(world: &Shared, start_s: i64, command: Option<String>) {
    let mut world = world.lock().expect("no test has panicked with it");
    world.end(JOB, "Terminated", Some(68 << 8), &[]);
    let detail = world.details.get_mut(&JOB).expect("it was just described");
    detail["start_time"] = start_s.into();
    detail["command"] = command.into();
}

fn told_end(bench: &Bench) -> Outcome {
    match bench.look()[..] {
        [Fact::JobEnded { job: RemoteJobId(JOB), outcome, .. }] => outcome,
        ref other => panic!("{other:?}"),
    }
}

fn ours(lease_s: i64) -> Option<String> {
    Some(format!("[ $(date +%s) -lt {lease_s} ] || exit 68; export CIGRI_CAMPAIGN_ID=7; run a"))
}

#[test]
fn a_program_that_exits_with_68_is_not_taken_for_a_late_start() {
    let (late, own) = (Outcome::LeaseExpired, Outcome::Exited(68));
    for (start_s, outcome) in [
        (LEASE + 3600, late),
        (LEASE, late),
        (LEASE - 1, Outcome::LateOrFailed),
        (LEASE - MARGIN_S, Outcome::LateOrFailed),
        (LEASE - MARGIN_S - 1, own),
        (NOW, own),
        (0, Outcome::LateOrFailed),
    ] {
        assert_eq!(exited_68(start_s, ours(LEASE)), outcome, "{start_s}");
    }
}

#[test]
fn an_exit_with_68_of_a_job_whose_lease_nobody_knows_is_for_a_person() {
    assert_eq!(exited_68(LEASE + 3600, None), Outcome::LateOrFailed);
    assert_eq!(exited_68(LEASE + 3600, Some("run a".to_owned())), Outcome::LateOrFailed);
}

#[test]
fn the_lease_of_a_job_is_known_though_its_command_is_not_shown() {
    for (start_s, outcome) in [(LEASE, Outcome::LeaseExpired), (NOW, Outcome::Exited(68))] {
        let world = shared(World { records: 1, ..world() });
        let bench = bench(&Arc::clone(&world), NOW, WorkerStart::default());
        bench.send(submission(1));
        assert_eq!(bench.look(), [accepted(&[JOB])]);
        end_with_68(&world, start_s, None);
        assert_eq!(told_end(&bench), outcome);
    }
}
