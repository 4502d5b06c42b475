//! Clocks that are set, ours or the cluster's: no unconfirmed submission is settled early, no job is hidden, no job is
//! taken for late that ran.

use gleaner_core::fact::{Fact, Outcome, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{Order, OrderAction, WorkerStart};
use gleaner_runtime::sites::job::Job;

use super::fake::{Fake, Then, Wrong, did, ended, job, over_both};
use super::{
    Bench, COMMAND, LEASE, NOW, accepted, following, leased_until, over, refused, submission,
    taking_up, unknown,
};

over_both!(
    a_doubt_is_settled_by_the_clusters_clock_and_not_by_ours,
    a_late_submission_after_a_step_of_our_clock_is_found_and_not_done_twice,
    a_doubt_is_not_settled_by_a_look_in_which_no_time_was_told,
    a_doubt_of_an_older_release_is_settled_as_it_was_then,
    what_ended_is_found_though_the_clusters_clock_is_an_hour_behind,
    what_ended_is_looked_for_by_the_clusters_clock_whatever_was_set_in_between,
    what_ended_is_found_though_the_clusters_clock_was_set_back,
    the_lease_that_is_sent_is_the_one_that_was_noted,
    a_lease_that_was_made_for_another_time_of_the_clusters_clock_is_not_sent,
    a_program_that_exits_with_68_is_not_taken_for_a_late_start,
    an_exit_with_68_of_a_job_whose_lease_nobody_knows_is_for_a_person,
    the_lease_of_a_job_is_known_though_its_command_is_not_shown,
);

const JOB: u64 = 100;
/// A job may be launched by a node whose clock is behind by so much.
const MARGIN_S: i64 = 60;

/// An order of a release that did not note the lease by the cluster's clock.
fn without_lease_there(mut order: Order) -> Order {
    if let OrderAction::Submit(batch) = &mut order.action {
        batch.lease_there = None;
    }
    order
}

fn with_lease_until(mut order: Order, seconds: i64) -> Order {
    if let OrderAction::Submit(batch) = &mut order.action {
        batch.lease_until = Timestamp::from_seconds(seconds);
    }
    order
}

/// The first two tasks, done.
fn both_done() -> Vec<Job> {
    vec![did(JOB, "1; /bin/true p0"), did(JOB + 1, "2; /bin/true p1")]
}

/// That both were found, and are over.
fn found_done() -> [Fact; 3] {
    let success = Outcome::Exited(0);
    [accepted(&[JOB, JOB + 1]), over(JOB, success), over(JOB + 1, success)]
}

fn a_doubt_is_settled_by_the_clusters_clock_and_not_by_ours<F: Fake>() {
    let cluster = F::new();
    cluster.clock(Some(NOW + 100));
    let bench = cluster.bench(LEASE + 7200, taking_up(submission(2)));
    assert_eq!(bench.look(), [unknown()], "ours was set forward: a late one may still start");
    cluster.clock(Some(LEASE + MARGIN_S));
    assert_eq!(bench.look(), [], "a node may be behind");
    cluster.clock(Some(LEASE + MARGIN_S + 1));
    assert_eq!(bench.look(), [refused(Refusal::Busy)]);
}

fn a_late_submission_after_a_step_of_our_clock_is_found_and_not_done_twice<F: Fake>() {
    let cluster = F::new();
    cluster.clock(Some(NOW + 100));
    let bench = cluster.bench(LEASE + 7200, taking_up(submission(2)));
    assert_eq!(bench.look(), [unknown()]);
    cluster.shows_all(vec![job(JOB), job(JOB + 1)]);
    assert_eq!(bench.look(), [accepted(&[JOB, JOB + 1])]);
}

fn a_doubt_is_not_settled_by_a_look_in_which_no_time_was_told<F: Fake>() {
    let cluster = F::new();
    cluster.clock(Some(LEASE + 600));
    let bench = cluster.bench(NOW + 100, taking_up(submission(2)));
    // The first question of a look with an unconfirmed submission is for the time.
    cluster.fails(1, Wrong::OutOfOrder);
    let facts = bench.look();
    assert!(!facts.contains(&refused(Refusal::Busy)), "{facts:?}");
    assert!(bench.look().contains(&refused(Refusal::Busy)));
}

fn a_doubt_of_an_older_release_is_settled_as_it_was_then<F: Fake>() {
    let cluster = F::new();
    cluster.clock(Some(NOW - 3600));
    let old = || taking_up(without_lease_there(submission(2)));
    let bench = cluster.bench(LEASE + MARGIN_S, old());
    assert_eq!(bench.look(), [unknown()], "the cluster's clock is behind, and its lease was, too");
    drop(bench);
    let bench = cluster.bench(LEASE + MARGIN_S + 1, old());
    assert_eq!(bench.look(), [unknown(), refused(Refusal::Busy)]);
}

fn what_ended_is_found_though_the_clusters_clock_is_an_hour_behind<F: Fake>() {
    let cluster = F::new();
    cluster.clock(Some(NOW - 3600));
    cluster.takes(0, Then::Breaks);
    let bench = cluster.bench(NOW, WorkerStart::default());
    let behind = Some(Timestamp::from_seconds(NOW - 3600));
    let jobs = both_done().into_iter();
    cluster.shows_all(jobs.map(|job| Job { stopped_at: behind, ..job }).collect());
    bench.send(leased_until(LEASE - 3600, submission(2)));
    assert_eq!(bench.look()[..2], [unknown(), accepted(&[JOB, JOB + 1])]);
    let lease = format!("[ $(date +%s) -lt {} ] || exit 68; ", LEASE - 3600);
    let sent = cluster.sent();
    assert!(sent[0].opening.starts_with(&lease), "{sent:?}");
}

fn what_ended_is_looked_for_by_the_clusters_clock_whatever_was_set_in_between<F: Fake>() {
    let cluster = F::new();
    // A server of OAR 3 lists what ended since a time if its clock is not before it.
    cluster.clock(Some(NOW + 30));
    cluster.shows_all(both_done());
    let grid_s = NOW - 50_000;
    let order = Order { intent_at: Timestamp::from_seconds(NOW - 86_400), ..submission(2) };
    let order = leased_until(LEASE, with_lease_until(order, NOW - 86_400 + 1800));
    let bench = cluster.bench(grid_s, taking_up(order));
    let facts = bench.look();
    assert_eq!((&facts[0], &facts[1..]), (&unknown(), &found_done()[..]));
}

fn what_ended_is_found_though_the_clusters_clock_was_set_back<F: Fake>() {
    let cluster = F::new();
    cluster.clock(Some(NOW - 40_000));
    let bench = cluster.bench(NOW, taking_up(submission(2)));
    assert_eq!(bench.look(), [unknown()]);
    cluster.shows_all(both_done());
    assert_eq!(bench.look(), found_done());
}

fn the_lease_that_is_sent_is_the_one_that_was_noted<F: Fake>() {
    let cluster = F::new();
    // The cluster's clock is 5 s ahead of what it was when the lease was made.
    cluster.clock(Some(NOW + 5));
    cluster.takes(1, Then::Answers);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(1));
    assert_eq!(bench.look(), [accepted(&[JOB])]);
    let lease = format!("[ $(date +%s) -lt {LEASE} ] || exit 68; ");
    let sent = cluster.sent();
    assert!(sent[0].opening.starts_with(&lease), "{sent:?}");
}

fn a_lease_that_was_made_for_another_time_of_the_clusters_clock_is_not_sent<F: Fake>() {
    for (order, why) in [
        (leased_until(NOW - 1, submission(1)), "it is over"),
        (leased_until(LEASE + 3600, submission(1)), "it would hold a doubt for too long"),
        (without_lease_there(submission(1)), "nobody could settle a doubt about it"),
    ] {
        let cluster = F::new();
        cluster.takes(1, Then::Answers);
        let bench = cluster.bench(NOW, WorkerStart::default());
        bench.send(order);
        assert_eq!(bench.look(), [Fact::CommandExpired { command: COMMAND }], "{why}");
        assert!(cluster.sent().is_empty(), "{why}");
    }
}

/// How a job is told to have ended that started at `start_s`, if that is known, and exited with 68.
fn exited_68<F: Fake>(start_s: Option<i64>, command: Option<String>) -> Outcome {
    let cluster = F::new();
    cluster.shows(late(start_s, command));
    told_end(&cluster.bench(NOW, following(JOB..JOB + 1)))
}

fn late(start_s: Option<i64>, command: Option<String>) -> Job {
    let started_at = start_s.map(Timestamp::from_seconds);
    Job { started_at, command, ..ended(JOB, Outcome::Exited(68)) }
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

fn a_program_that_exits_with_68_is_not_taken_for_a_late_start<F: Fake>() {
    let (late, own) = (Outcome::LeaseExpired, Outcome::Exited(68));
    for (start_s, outcome) in [
        (Some(LEASE + 3600), late),
        (Some(LEASE), late),
        (Some(LEASE - 1), Outcome::LateOrFailed),
        (Some(LEASE - MARGIN_S), Outcome::LateOrFailed),
        (Some(LEASE - MARGIN_S - 1), own),
        (Some(NOW), own),
        (None, Outcome::LateOrFailed),
    ] {
        assert_eq!(exited_68::<F>(start_s, ours(LEASE)), outcome, "{start_s:?}");
    }
}

fn an_exit_with_68_of_a_job_whose_lease_nobody_knows_is_for_a_person<F: Fake>() {
    let start_s = Some(LEASE + 3600);
    assert_eq!(exited_68::<F>(start_s, None), Outcome::LateOrFailed);
    assert_eq!(exited_68::<F>(start_s, Some("run a".to_owned())), Outcome::LateOrFailed);
}

fn the_lease_of_a_job_is_known_though_its_command_is_not_shown<F: Fake>() {
    for (start_s, outcome) in [(LEASE, Outcome::LeaseExpired), (NOW, Outcome::Exited(68))] {
        let cluster = F::new();
        cluster.takes(1, Then::Answers);
        let bench = cluster.bench(NOW, WorkerStart::default());
        bench.send(submission(1));
        assert_eq!(bench.look(), [accepted(&[JOB])]);
        cluster.shows(late(Some(start_s), None));
        assert_eq!(told_end(&bench), outcome);
    }
}
