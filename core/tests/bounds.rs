//! `min` and `max`: whose grant holds and who says why, what each of them hears, and what they remember.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use gleaner_core::ids::{CampaignId, ClusterId, PairIndex};
use gleaner_core::job::{JobState, StateCounts};
use gleaner_core::policy::injection;
use gleaner_core::policy::{ClusterPolicy, ClusterView, Offer, PairView};
use gleaner_core::snapshot::ClusterSnapshot;
use gleaner_core::time::Timestamp;

const PAIR: PairIndex = PairIndex(0);

fn made(text: &str) -> Box<dyn ClusterPolicy> {
    let mut policy = injection::standard().build(&text.parse().unwrap()).unwrap();
    policy.add_pair(PAIR);
    policy
}

fn pair(jobs: &[(JobState, u32)]) -> PairView {
    let jobs: StateCounts = jobs.iter().copied().collect();
    PairView {
        pair_index: PAIR,
        campaign: CampaignId(1),
        jobs,
        queued: 9,
        has_work: true,
        cores: 1,
    }
}

/// A cycle at `now` in which so many cores are free; none seen when that is not known.
fn offered(
    policy: &mut dyn ClusterPolicy,
    now: i64,
    free: Option<u32>,
    jobs: &[(JobState, u32)],
) -> (String, Timestamp) {
    let (now, pair) = (Timestamp::from_seconds(now), pair(jobs));
    let snapshot = free.map(|free| ClusterSnapshot::empty(ClusterId(0), now, free));
    let pairs = [pair];
    let view = ClusterView { now, snapshot: snapshot.as_ref(), usable: true, pairs: &pairs };
    policy.begin(&view);
    let told = match policy.offer(&pair) {
        Offer::Take(jobs, reason) => format!("take {jobs}: {reason}"),
        Offer::Skip(reason) => format!("skip: {reason}"),
        Offer::Stop(reason) => format!("stop: {reason}"),
    };
    (told, policy.wake(&view))
}

#[test]
fn the_least_or_the_greatest_holds_with_its_reason() {
    let (rate, cores) = ("the rate is 3 jobs a cycle", "the policy counts on");
    let closed = "tap closed since 100, jobs wait or are unclear";
    let waiting: &[(JobState, u32)] = &[(JobState::Waiting, 1)];
    let table = [
        ("min(tap; greedy:reserve=0)", Some(8), &[][..], format!("take 3: {rate}"), 8),
        ("min(tap; greedy:reserve=0)", Some(2), &[], format!("take 2: {cores} 2 idle cores"), 2),
        ("min(tap; greedy:reserve=0)", Some(0), &[], format!("skip: {cores} 0 idle cores"), 0),
        ("min(tap; greedy)", None, &[], "skip: the cluster has not been observed yet".into(), 0),
        // Equal grants: the first speaks.
        ("min(tap; greedy:reserve=0)", Some(3), &[], format!("take 3: {rate}"), 3),
        ("min(greedy:reserve=0; tap)", Some(3), &[], format!("take 3: {cores} 3 idle cores"), 3),
        // Who holds others up is the most careful of all.
        ("min(greedy; tap)", Some(0), waiting, format!("stop: {closed}"), 3),
        (
            "min(greedy; tap:grace=0)",
            Some(8),
            waiting,
            format!("skip: {closed}; others may go first"),
            11,
        ),
        ("max(tap; greedy:reserve=0)", Some(8), &[], format!("take 8: {cores} 8 idle cores"), 30),
        ("max(tap; greedy:reserve=0)", Some(2), &[], format!("take 3: {rate}"), 30),
        (
            "max(tap; greedy:reserve=0)",
            Some(9),
            waiting,
            format!("take 8: {cores} 8 idle cores"),
            30,
        ),
        ("max(tap; greedy:reserve=0)", Some(1), waiting, format!("skip: {cores} 0 idle cores"), 30),
        (
            "max(tap; min(tap:init=9; greedy:reserve=0))",
            Some(5),
            &[],
            format!("take 5: {cores} 5 idle cores"),
            30,
        ),
    ];
    for (text, free, jobs, told, depth) in table {
        let mut policy = made(text);
        let (offer, _) = offered(&mut *policy, 100, free, jobs);
        assert_eq!((offer, policy.depth(PAIR)), (told, depth), "{text} with {free:?} free");
    }
}

#[test]
fn each_hears_all_and_any_of_them_may_wake() {
    let mut policy = made("min(tap:init=2; tap:init=8,grace=600)");
    assert_eq!((policy.rate(PAIR), policy.depth(PAIR)), (2.0, 20));
    policy.accepted(PAIR, 2, Timestamp::from_seconds(10));
    assert_eq!(policy.rate(PAIR), 3.0);
    policy.refused(PAIR, Timestamp::from_seconds(20));
    let (offer, wake) = offered(&mut *policy, 30, None, &[(JobState::Waiting, 1)]);
    assert_eq!(offer, "stop: tap closed since 20, jobs wait or are unclear");
    assert_eq!(wake, Timestamp::from_seconds(80), "the first grace period ends");
    let (offer, wake) = offered(&mut *policy, 200, None, &[(JobState::Waiting, 1)]);
    assert_eq!(offer, "stop: tap closed since 20, jobs wait or are unclear", "the second runs");
    assert_eq!(wake, Timestamp::from_seconds(620));
}

#[test]
fn what_they_remember_is_taken_up_again() {
    let text = "max(greedy:reserve=0; min(tap; tap:mode=paper))";
    let mut policy = made(text);
    policy.accepted(PAIR, 3, Timestamp::from_seconds(10));
    offered(&mut *policy, 30, Some(2), &[]);
    let saved = policy.save();
    let mut again = made(text);
    again.load(saved.clone(), 1).unwrap();
    assert_eq!(again.save(), saved);
    let later = |policy: &mut dyn ClusterPolicy| offered(policy, 60, Some(2), &[]);
    assert_eq!(later(&mut *again), later(&mut *policy));

    let refused = |text: &str| made(text).load(saved.clone(), 1).unwrap_err().to_string();
    assert_eq!(
        refused("max(greedy)"),
        "the saved state of policy `max` is of 2 policies, and 1 are there"
    );
    assert_eq!(
        refused("max(min(tap); greedy)"),
        "the saved state of policy `min` is of 2 policies, and 1 are there"
    );
    assert_eq!(refused("tap"), "the saved state of policy `tap` has another form");
    assert_eq!(
        made(text).load(saved.clone(), 2).unwrap_err().to_string(),
        "the saved state of policy `greedy` has 1 entries, and the cluster's campaigns need 2"
    );
}
