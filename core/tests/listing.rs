//! Listings and the facts between them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{ClusterId, RemoteJobId};
use gleaner_core::listing::{ListedJob, ListedState, diff_listings};
use gleaner_core::time::Timestamp;
use proptest::prelude::*;

/// Reads `3w 4r 5e 6u`: job 3 waits, 4 runs, 5 has ended, 6 is unclear.
fn listing(text: &str) -> Vec<ListedJob> {
    let job = |word: &str| {
        let (number, state) = word.split_at(word.len() - 1);
        let state = match state {
            "w" => ListedState::Waiting,
            "r" => ListedState::Running(Timestamp::from_seconds(7)),
            "e" => ListedState::Ended(Timestamp::from_seconds(9), Outcome::Exited(0)),
            "u" => ListedState::Unclear,
            other => panic!("no such state: {other}"),
        };
        ListedJob { cluster: ClusterId(0), job: RemoteJobId(number.parse().unwrap()), state }
    };
    text.split_whitespace().map(job).collect()
}

fn facts(before: &[ListedJob], after: &[ListedJob]) -> String {
    let mut facts = Vec::new();
    diff_listings(before, after, &mut facts);
    facts.iter().map(fact_text).collect::<Vec<_>>().join(" ")
}

fn fact_text(fact: &Fact) -> String {
    match fact {
        Fact::JobWaiting { job, .. } => format!("{job}w"),
        Fact::JobStarted { job, at, .. } => format!("{job}r@{at}"),
        Fact::JobEnded { job, at, .. } => format!("{job}e@{at}"),
        Fact::JobUnclear { job, .. } => format!("{job}u"),
        other => panic!("a listing says nothing of the sort: {other:?}"),
    }
}

#[test]
fn pairs_of_listings_and_their_facts() {
    let table = [
        ("", "", ""),
        ("", "1w 2r 3e 4u", "1w 2r@7 3e@9 4u"),
        ("1w", "1w", ""),
        ("1w 2w 3w", "1r 2e 3w", "1r@7 2e@9"),
        ("1r", "1w", "1w"),
        // A live job that is no longer listed is unclear, once; one that was over stays over.
        ("1w 2r 3e 4u", "", "1u 2u"),
        ("3e", "3e", ""),
        ("3e", "3r", ""),
        ("2r 5w", "1w 2r 7w", "1w 5u 7w"),
    ];
    for (before, after, expected) in table {
        let found = facts(&listing(before), &listing(after));
        assert_eq!(found, expected, "`{before}` to `{after}`");
    }
}

#[test]
fn jobs_of_two_clusters_with_the_same_id_are_two_jobs() {
    let job =
        |cluster, state| ListedJob { cluster: ClusterId(cluster), job: RemoteJobId(1), state };
    let before = [job(0, ListedState::Waiting), job(1, ListedState::Waiting)];
    let after = [job(0, ListedState::Waiting), job(1, ListedState::Unclear)];
    let mut facts = Vec::new();
    diff_listings(&before, &after, &mut facts);
    assert!(matches!(facts[..], [Fact::JobUnclear { cluster: ClusterId(1), .. }]), "{facts:?}");
}

fn any_listing() -> impl Strategy<Value = Vec<ListedJob>> {
    prop::collection::btree_map(0_u64..12, prop::sample::select(vec!["w", "r", "e", "u"]), 0..12)
        .prop_map(|jobs| {
            let words: Vec<_> = jobs.iter().map(|(job, state)| format!("{job}{state}")).collect();
            listing(&words.join(" "))
        })
}

proptest! {
    #[test]
    fn equal_listings_say_nothing(listing in any_listing()) {
        prop_assert_eq!(facts(&listing, &listing), "");
    }

    #[test]
    fn each_change_is_told_once_and_in_order(before in any_listing(), after in any_listing()) {
        let mut told = Vec::new();
        diff_listings(&before, &after, &mut told);
        let mut jobs = Vec::new();
        for fact in &told {
            let text = fact_text(fact);
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            jobs.push(digits.parse::<u64>().unwrap());
        }
        prop_assert!(jobs.is_sorted_by(|a, b| a < b), "{:?}", jobs);
        for job in &after {
            let was = before.iter().find(|old| old.job == job.job).map(|old| old.state);
            let over = matches!(was, Some(ListedState::Ended(..)));
            let expected = was != Some(job.state) && !over;
            prop_assert_eq!(jobs.contains(&job.job.0), expected, "{:?}", job);
        }
    }
}
