//! The worker as the state machine that it is: turned by hand, with a clock by hand and a cluster that is a few fields.
//! No sockets, no waiting.

mod cluster;

use std::time::Duration;

use gleaner_core::fact::{ClusterFault, Fact, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_runtime::order::{Order, ToWorker, WorkerStart};
use gleaner_runtime::sites::answer::{Answer, Refused, SubmissionOutcome};
use gleaner_runtime::sites::failure::Failure;
use gleaner_runtime::sites::port::Question;
use gleaner_runtime::worker::machine::Want;

use super::{
    COMMAND, LEASE, NOW, accepted, back, following, leased_until, lost, refused, submission,
    unclear, unknown,
};
use cluster::{Hand, answer_to_submission, row};

/// The fault of a failure that says one.
const FAULT: ClusterFault = ClusterFault::Timeout;

fn hand() -> Hand {
    Hand::begin(WorkerStart { epoch: "k2x9ab".to_owned(), ..WorkerStart::default() })
}

#[test]
fn each_failure_of_a_submission_says_whether_its_jobs_may_be_there() {
    let cause = || "why".into();
    type Failing = fn(gleaner_runtime::sites::failure::Cause) -> Failure;
    let cases: [(Failing, Vec<Fact>); 8] = [
        (|_| Failure::NotSent(FAULT), vec![lost(FAULT), refused(Refusal::Unreachable)]),
        (|_| Failure::Unanswered(FAULT), vec![lost(FAULT), unknown()]),
        (|_| Failure::Odd(FAULT), vec![lost(FAULT), unknown()]),
        (Failure::Unreadable, vec![unknown()]),
        (Failure::TooMuch, vec![unknown()]),
        (|_| Failure::NoLogin("alice".into()), vec![refused(Refusal::NoLogin)]),
        (|_| Failure::NoToken("alice".into()), vec![refused(Refusal::NoToken)]),
        (Failure::Unsendable, vec![refused(Refusal::BadRequest)]),
    ];
    for (failure, told) in cases {
        let mut hand = hand();
        hand.cluster.outcomes.push_back(Err(failure(cause())));
        hand.send(submission(2));
        assert_eq!(hand.rest(), told);
        assert_eq!(hand.cluster.sent, 1);
    }
}

#[test]
fn a_doubt_ends_when_the_clusters_own_clock_is_a_margin_behind_the_lease() {
    let mut hand = hand();
    hand.cluster.outcomes.push_back(Err(Failure::Unanswered(FAULT)));
    hand.send(submission(2));
    assert_eq!(hand.rest(), [lost(FAULT), unknown()]);
    // The worker's own time goes far beyond it, and proves nothing.
    hand.pass(Duration::from_secs(9 * 3600));
    assert_eq!(hand.rest(), [back()]);
    hand.cluster.there_s = LEASE + 60;
    hand.pass(Duration::from_secs(60));
    assert_eq!(hand.rest(), []);
    hand.cluster.there_s += 1;
    hand.pass(Duration::from_secs(60));
    assert_eq!(hand.rest(), [refused(Refusal::Busy)]);
    assert_eq!(hand.cluster.sent, 1, "it was not sent again");
}

#[test]
fn a_doubt_that_is_explained_ends_with_the_first_look_that_finds_nothing() {
    let words = Refused::new(Refusal::NotNow, "");
    let crashed =
        || SubmissionOutcome::Unclear { sent: 2, explained: Some(words.clone()), failure: None };
    let mut hand = hand();
    hand.cluster.outcomes.push_back(Ok(answer_to_submission(crashed())));
    hand.send(submission(2));
    assert_eq!(hand.rest(), [unknown()]);
    hand.pass(Duration::from_secs(15));
    assert_eq!(hand.rest(), [refused(Refusal::NotNow)]);
    hand.cluster.outcomes.push_back(Ok(answer_to_submission(crashed())));
    hand.send(submission(2));
    hand.rest();
    hand.cluster.living = vec![row(100), row(101)];
    hand.pass(Duration::from_secs(15));
    assert_eq!(hand.rest(), [accepted(&[100, 101])], "it had arrived all the same");
}

#[test]
fn whose_each_job_of_a_doubt_is_is_asked_where_numbers_tell_nothing() {
    for (in_order, jobs) in [(true, [100, 101]), (false, [101, 100])] {
        let mut hand = hand();
        hand.cluster.in_order = in_order;
        hand.cluster.outcomes.push_back(Err(Failure::Unanswered(FAULT)));
        hand.send(submission(2));
        hand.rest();
        // The later number is the first task's.
        hand.cluster.lives(100, 2);
        hand.cluster.lives(101, 1);
        hand.pass(Duration::from_secs(15));
        assert!(hand.rest().contains(&accepted(&jobs)), "in order: {in_order}");
    }
}

#[test]
fn what_is_not_worth_sending_is_not_asked_for() {
    let late = Timestamp::from_seconds(NOW - 1);
    for order in [
        Order { send_before: late, ..submission(1) },
        leased_until(NOW, submission(1)),
        leased_until(LEASE + 3600, submission(1)),
    ] {
        let mut hand = hand();
        hand.send(order);
        assert_eq!(hand.rest(), [Fact::CommandExpired { command: COMMAND }]);
        assert_eq!(hand.cluster.sent, 0);
    }
}

#[test]
fn the_lease_goes_by_the_clusters_clock_as_it_is_when_it_is_sent() {
    let mut hand = hand();
    hand.cluster.there_s = NOW - 3600;
    hand.pass(Duration::from_secs(15));
    assert_eq!(hand.rest(), []);
    hand.cluster
        .outcomes
        .push_back(Ok(answer_to_submission(SubmissionOutcome::Taken(vec![RemoteJobId(100)]))));
    hand.send(leased_until(LEASE - 3600, submission(1)));
    assert_eq!(hand.rest(), [accepted(&[100])]);
    let request = hand.cluster.request.as_ref().unwrap();
    assert_eq!(request.lease, Timestamp::from_seconds(LEASE - 3600));
    assert_eq!(request.cluster_now, Timestamp::from_seconds(NOW - 3600));
}

#[test]
fn a_cluster_that_does_not_answer_is_asked_ever_less_often_but_every_two_minutes() {
    let mut hand = hand();
    assert_eq!(hand.pause_s(), 15);
    let mut pauses = Vec::new();
    hand.cluster.away = Some(FAULT);
    for _ in 0..6 {
        hand.pass(Duration::from_secs(120));
        hand.rest();
        pauses.push(hand.pause_s());
    }
    assert_eq!(pauses, [30, 60, 120, 120, 120, 120]);
    let asked = hand.asked;
    hand.pass(Duration::from_secs(119));
    hand.rest();
    assert_eq!(hand.asked, asked, "nothing is asked before");
    hand.cluster.away = None;
    hand.pass(Duration::from_secs(1));
    assert_eq!(hand.rest(), [back()]);
    assert_eq!(hand.pause_s(), 15);
}

#[test]
fn nothing_is_concluded_from_an_answer_that_makes_no_sense() {
    type Failing = fn() -> Failure;
    let cases: [(Failing, usize); 4] = [
        (|| Failure::TooMuch("a list does not end".into()), 4),
        (|| Failure::Unreadable("it was cut".into()), 4),
        (|| Failure::Odd(ClusterFault::BadAnswers), 1),
        (|| Answer::Known(None).listed().expect_err("another answer"), 1),
    ];
    for (failure, until_lost) in cases {
        let mut hand = Hand::begin(following(100..101));
        hand.cluster.living = vec![row(100)];
        assert_eq!(hand.rest(), []);
        hand.cluster.living.clear();
        for nth in 1..=until_lost {
            hand.cluster.lists.push_back(failure());
            hand.pass(Duration::from_secs(120));
            let told =
                if nth == until_lost { vec![lost(ClusterFault::BadAnswers)] } else { vec![] };
            assert_eq!(hand.rest(), told, "{nth} of {until_lost}");
        }
    }
}

#[test]
fn what_was_not_asked_for_is_not_told_to_be_unclear() {
    let mut hand = Hand::begin(following(100..103));
    hand.cluster.unasked = [101, 102].map(RemoteJobId).into();
    assert_eq!(hand.rest(), [unclear(100)]);
    hand.cluster.unasked.clear();
    hand.pass(Duration::from_secs(15));
    assert_eq!(hand.rest(), [unclear(101), unclear(102)]);
}

#[test]
fn one_question_is_under_way_and_orders_wait_for_its_answer() {
    let mut hand = hand();
    hand.pass(Duration::from_secs(15));
    let Want::Ask(Question::Living) = hand.turn() else { panic!("a look begins with the list") };
    hand.machine.tell(ToWorker::Order(submission(1)));
    hand.pass(Duration::from_secs(600));
    let Want::Ask(Question::Living) = hand.turn() else { panic!("it is still the same") };
    hand.cluster
        .outcomes
        .push_back(Ok(answer_to_submission(SubmissionOutcome::Taken(vec![RemoteJobId(100)]))));
    let told = hand.rest();
    assert_eq!(told, [Fact::CommandExpired { command: COMMAND }], "the answer came too late");
}

#[test]
fn what_is_wanted_of_it_goes_before_a_look_that_is_due() {
    let mut hand = Hand::new(WorkerStart::default(), false);
    let Want::Rest { until: Some(Duration::ZERO) } = hand.turn() else {
        panic!("it looks at once, unless there is something to do")
    };
    hand.cluster
        .outcomes
        .push_back(Ok(answer_to_submission(SubmissionOutcome::Taken(vec![RemoteJobId(100)]))));
    hand.send(submission(1));
    let mut first = None;
    hand.rest_with(|question| {
        let submits = match question {
            Question::Submit(_) => true,
            Question::Living => false,
            _ => return,
        };
        first.get_or_insert(submits);
    });
    assert_eq!(first, Some(true));
}

#[test]
fn a_worker_with_a_clock_by_hand_looks_when_it_is_told_to() {
    let mut hand = Hand::new(WorkerStart::default(), true);
    hand.cluster.living = vec![row(100)];
    assert!(matches!(hand.turn(), Want::Rest { until: None }));
    hand.pass(Duration::from_secs(3600));
    assert_eq!((hand.rest(), hand.asked), (vec![], 0));
    hand.machine.tell(ToWorker::Look { in_any_case: false });
    hand.rest();
    assert!(hand.asked > 0 && hand.looked == 1);
}

#[test]
fn a_submission_that_cannot_be_recalled_is_no_reason_to_delete_a_job() {
    let mut hand = hand();
    hand.cluster.living = vec![row(100)];
    hand.forgetful = true;
    hand.pass(Duration::from_secs(15));
    assert_eq!(hand.rest(), []);
    hand.forgetful = false;
    hand.pass(Duration::from_secs(15));
    let (cluster, job, campaign) = (super::CLUSTER, RemoteJobId(100), super::CampaignId(7));
    assert_eq!(hand.rest(), [Fact::JobFound { cluster, job, campaign }]);
}

#[test]
fn it_ends_when_it_is_told_to_and_not_before() {
    let mut hand = hand();
    hand.machine.tell(ToWorker::Stop);
    assert!(matches!(hand.turn(), Want::End));
    hand.machine.tell(ToWorker::Look { in_any_case: true });
    assert!(matches!(hand.turn(), Want::End), "nothing wakes it");
}
