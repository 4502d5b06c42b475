//! How a cluster fails, whatever its resource manager is, one test each: what is lost on the way, late, told twice, or
//! not listed.

use gleaner_core::fact::{ClusterFault, Fact, Outcome, Refusal};
use gleaner_core::ids::{CampaignId, RemoteJobId};
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{Order, OrderAction, WorkerStart};
use gleaner_runtime::sites::job::Job;

use super::fake::{Deletes, DeletionRequest, Fake, Then, Wrong, did, ended, job, over_both};
use super::{
    CLUSTER, COMMAND, LEASE, NOW, accepted, back, following, lost, order, over, refused,
    submission, taking_up, unclear, unknown,
};

// Those of OAR 2.5 answer with a page where they break.
over_both!(
    oar2 too: a_submission_that_broke_after_its_effect_is_accepted_and_not_sent_again,
    a_submission_that_broke_before_its_effect_is_given_up_after_the_lease_and_not_before,
    a_submission_of_which_a_part_was_recorded_is_told_in_part,
    a_submission_that_broke_is_found_though_its_jobs_are_over,
    half_an_answer_to_a_submission_proves_nothing,
    silence_after_the_effect_of_a_submission_is_no_loss,
    silence_before_the_effect_of_a_submission_leaves_it_in_doubt,
    whoever_stands_before_a_cluster_proves_nothing,
    a_refusal_for_now_is_no_refusal_for_good,
    a_refusal_of_a_user_does_not_lose_the_cluster,
    a_list_that_is_not_to_be_had_ends_no_job,
    half_a_list_ends_no_job,
    a_cluster_out_of_order_is_lost_once_and_comes_back;
    what_is_due_sooner_on_this_cluster_is_not_sent_late,
    a_job_that_lists_leave_out_is_unclear_and_comes_back,
    a_stale_list_does_not_bring_an_ended_job_back,
    a_submission_that_lands_late_is_found_as_a_stray,
    a_job_that_was_killed_ends_once,
    a_copy_by_the_cluster_is_followed_in_the_place_of_the_job,
    a_job_that_starts_later_waits_and_is_not_sent_again,
    a_deletion_of_which_nobody_knows_is_not_done,
    an_array_of_which_nobody_stays_goes_with_one_request,
);

fn a_submission_that_broke_after_its_effect_is_accepted_and_not_sent_again<F: Fake>() {
    let cluster = F::new();
    cluster.takes(3, Then::Breaks);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown(), accepted(&[100, 101, 102])]);
    assert_eq!(bench.look(), []);
    assert_eq!(cluster.sent().len(), 1);
}

fn a_submission_that_broke_before_its_effect_is_given_up_after_the_lease_and_not_before<F: Fake>() {
    let cluster = F::new();
    cluster.takes(0, Then::Breaks);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown()]);
    assert_eq!(bench.look(), [], "told once, and it may still be on its way");
    drop(bench);
    cluster.clock(Some(LEASE + 120));
    let bench = cluster.bench(LEASE + 120, taking_up(submission(3)));
    assert_eq!(bench.look(), [unknown(), refused(Refusal::Busy)], "later, not never");
    assert_eq!(cluster.sent().len(), 1, "it was not sent again");
}

fn a_submission_of_which_a_part_was_recorded_is_told_in_part<F: Fake>() {
    let cluster = F::new();
    cluster.takes(2, Then::Breaks);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(3));
    assert_eq!(bench.look(), [unknown(), accepted(&[100, 101, RemoteJobId::NONE.0])]);
    assert_eq!(bench.look(), [], "told once, and the rest is not sent again");
    assert_eq!(cluster.sent().len(), 1);
}

fn a_submission_that_broke_is_found_though_its_jobs_are_over<F: Fake>() {
    let cluster = F::new();
    cluster.takes(0, Then::Breaks);
    let bench = cluster.bench(NOW, WorkerStart::default());
    cluster.shows_all(vec![did(100, "1; /bin/true p0"), did(101, "2; /bin/true p1")]);
    bench.send(submission(2));
    let success = Outcome::Exited(0);
    let told = [unknown(), accepted(&[100, 101]), over(100, success), over(101, success)];
    assert_eq!(bench.look(), told);
}

fn half_an_answer_to_a_submission_proves_nothing<F: Fake>() {
    let cluster = F::new();
    cluster.takes(2, Then::IsCut);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(2));
    assert_eq!(bench.look(), [unknown(), accepted(&[100, 101])]);
}

fn silence_after_the_effect_of_a_submission_is_no_loss<F: Fake>() {
    let cluster = F::new();
    cluster.takes(2, Then::IsSilent);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(2));
    let facts = bench.look();
    assert_eq!(facts, [lost(ClusterFault::Timeout), unknown(), back(), accepted(&[100, 101])]);
    assert_eq!(cluster.sent().len(), 1);
}

fn silence_before_the_effect_of_a_submission_leaves_it_in_doubt<F: Fake>() {
    let cluster = F::new();
    cluster.takes(0, Then::IsSilent);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(2));
    assert_eq!(bench.look(), [lost(ClusterFault::Timeout), unknown(), back()]);
    assert_eq!(bench.look(), [], "it may still arrive");
    assert_eq!(cluster.sent().len(), 1);
}

fn whoever_stands_before_a_cluster_proves_nothing<F: Fake>() {
    let cluster = F::new();
    cluster.takes(2, Then::IsAway);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(2));
    let facts = bench.look();
    assert_eq!(facts, [lost(ClusterFault::OutOfOrder), unknown(), back(), accepted(&[100, 101])]);
}

fn a_refusal_for_now_is_no_refusal_for_good<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW, WorkerStart::default());
    for reason in [Refusal::NotNow, Refusal::BadRequest] {
        cluster.takes(0, Then::Refuses(reason));
        bench.send(submission(3));
        assert_eq!(bench.look(), [refused(reason)]);
    }
}

fn a_refusal_of_a_user_does_not_lose_the_cluster<F: Fake>() {
    let cluster = F::new();
    cluster.takes(0, Then::Refuses(Refusal::NotAllowed));
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(2));
    assert_eq!(bench.look(), [refused(Refusal::NotAllowed)]);
}

fn what_is_due_sooner_on_this_cluster_is_not_sent_late<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW + 61, WorkerStart::default());
    let later = Timestamp::from_seconds(NOW + 600);
    bench.send(Order { send_before: later, ..submission(2) });
    assert_eq!(bench.look(), [Fact::CommandExpired { command: COMMAND }]);
    assert!(cluster.sent().is_empty());
}

fn a_list_that_is_not_to_be_had_ends_no_job<F: Fake>() {
    let cluster = F::new();
    cluster.shows(job(100));
    let bench = cluster.bench(NOW, following(100..101));
    assert_eq!(bench.look(), []);
    cluster.fails(1, Wrong::OutOfOrder);
    assert_eq!(bench.look(), [lost(ClusterFault::OutOfOrder)]);
    assert_eq!(bench.look(), [back()]);
}

fn half_a_list_ends_no_job<F: Fake>() {
    let cluster = F::new();
    cluster.shows(job(100));
    let bench = cluster.bench(NOW, following(100..101));
    assert_eq!(bench.look(), []);
    cluster.fails(1, Wrong::Cut);
    assert_eq!(bench.look(), [], "one in many is no loss of the cluster either");
    assert_eq!(bench.look(), []);
}

fn a_cluster_out_of_order_is_lost_once_and_comes_back<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW, WorkerStart::default());
    assert_eq!(bench.look(), []);
    cluster.fails(2, Wrong::OutOfOrder);
    assert_eq!(bench.look(), [lost(ClusterFault::OutOfOrder)]);
    assert_eq!(bench.look(), [], "told once");
    assert_eq!(bench.look(), [back()]);
}

fn a_job_that_lists_leave_out_is_unclear_and_comes_back<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW, following(100..101));
    assert_eq!(bench.look(), [unclear(100)]);
    assert_eq!(bench.look(), [], "told once");
    cluster.shows(ended(100, Outcome::Exited(0)));
    assert_eq!(bench.look(), [over(100, Outcome::Exited(0))]);
}

fn found(job: u64) -> Fact {
    Fact::JobFound { cluster: CLUSTER, job: RemoteJobId(job), campaign: CampaignId(7) }
}

fn a_stale_list_does_not_bring_an_ended_job_back<F: Fake>() {
    let cluster = F::new();
    cluster.shows(ended(100, Outcome::Exited(0)));
    let bench = cluster.bench(NOW, following(100..101));
    assert_eq!(bench.look(), [over(100, Outcome::Exited(0))]);
    cluster.shows(job(100));
    assert_eq!(bench.look(), [found(100)], "an orphan, not a start");
}

fn a_submission_that_lands_late_is_found_as_a_stray<F: Fake>() {
    let cluster = F::new();
    let bench = cluster.bench(NOW, following(0..0));
    assert_eq!(bench.look(), []);
    cluster.shows(job(100));
    assert_eq!(bench.look(), [found(100)]);
    assert_eq!(bench.look(), [], "told once");
}

fn a_job_that_was_killed_ends_once<F: Fake>() {
    for outcome in [
        Outcome::KilledBestEffort,
        Outcome::KilledWalltime,
        Outcome::Deleted,
        Outcome::Signalled(9),
        Outcome::Unknown,
    ] {
        let cluster = F::new();
        cluster.shows(ended(100, outcome));
        let bench = cluster.bench(NOW, following(100..101));
        assert_eq!(bench.look(), [over(100, outcome)]);
        assert_eq!(bench.look(), []);
    }
}

fn a_copy_by_the_cluster_is_followed_in_the_place_of_the_job<F: Fake>() {
    let cluster = F::new();
    let copy = Some(RemoteJobId(104));
    cluster.shows_all(vec![Job { copy, ..ended(100, Outcome::Unknown) }, job(104)]);
    let bench = cluster.bench(NOW, following(100..101));
    let (old, copy) = (RemoteJobId(100), RemoteJobId(104));
    assert_eq!(bench.look(), [Fact::JobReplaced { cluster: CLUSTER, job: old, copy }]);
    cluster.shows(ended(104, Outcome::Exited(0)));
    assert_eq!(bench.look(), [over(104, Outcome::Exited(0))]);
}

fn a_job_that_starts_later_waits_and_is_not_sent_again<F: Fake>() {
    let cluster = F::new();
    cluster.takes(1, Then::Answers);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(1));
    assert_eq!(bench.look(), [accepted(&[100])]);
    for _ in 0..4 {
        assert_eq!(bench.look(), []);
    }
    assert_eq!(cluster.sent().len(), 1);
}

/// Alice's jobs, to be deleted.
fn cancel(jobs: std::ops::Range<u64>) -> Order {
    let jobs = jobs.map(RemoteJobId).collect();
    order(OrderAction::Cancel { user: "alice".into(), jobs })
}

fn a_deletion_of_which_nobody_knows_is_not_done<F: Fake>() {
    let cluster = F::new();
    cluster.deletes(Deletes::Unclear);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(cancel(9..10));
    assert_eq!(bench.look(), [refused(Refusal::Busy)]);
    cluster.deletes(Deletes::Well);
    bench.send(cancel(9..10));
    assert_eq!(bench.look(), [accepted(&[])]);
}

fn an_array_of_which_nobody_stays_goes_with_one_request<F: Fake>() {
    let cluster = F::new();
    cluster.takes(10, Then::Answers);
    let bench = cluster.bench(NOW, WorkerStart::default());
    bench.send(submission(10));
    bench.look();
    let deleted = |jobs: std::ops::Range<u64>| {
        bench.send(cancel(jobs));
        assert!(bench.look().contains(&accepted(&[])));
        cluster.deleted()
    };
    let singly = |jobs: std::ops::Range<u64>| jobs.map(DeletionRequest::Job).collect::<Vec<_>>();
    assert_eq!(deleted(100..103), singly(100..103), "few");
    assert_eq!(deleted(100..109), singly(100..109), "109 stays");
    assert_eq!(deleted(109..110), singly(109..110), "few");
    assert_eq!(deleted(100..109), [DeletionRequest::Array(100)], "109 was to go before");
    assert_eq!(deleted(100..110), [DeletionRequest::Array(100)]);
    cluster.shows(ended(100, Outcome::Deleted));
    assert_eq!(deleted(100..110), [DeletionRequest::Array(100)], "one is over");
}
