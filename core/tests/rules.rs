//! The selections that come with the core, held against their rules written plainly: over lists of turns,
//! not in loops that end early.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::ids::{CampaignId, PairIndex, UserIndex};
use gleaner_core::job::JobState;
use gleaner_core::ledger::bag::Class;
use gleaner_core::ledger::task_state::TaskCounts;
use gleaner_core::sharing::Candidate;
use gleaner_core::sharing::selection::{
    FirstServed, Grant, Selected, Selection, Served, Source, Turns,
};
use proptest::prelude::*;

/// What is selected, and who was asked for.
type Outcome = (Selected, BTreeSet<usize>);

fn candidate() -> impl Strategy<Value = (Candidate, Grant)> {
    let numbers = (0..3_u32, any::<bool>(), 0..2_i32, 0..2_u32, [0..2_u32, 0..2, 0..2]);
    let limits = (1..3_u32, prop_oneof![0..4_u32, Just(u32::MAX)], prop::bool::weighted(0.8));
    let grant = prop_oneof![
        3 => (1..6_u32).prop_map(Grant::Jobs),
        2 => Just(Grant::Skip),
        1 => Just(Grant::Stop)
    ];
    (numbers, limits, grant).prop_map(|(numbers, (cores, room, ready), grant)| {
        let (user, test_mode, priority, jobs, queued) = numbers;
        let candidate = Candidate {
            pair_index: PairIndex(0),
            campaign: CampaignId(0),
            user: UserIndex(user),
            test_mode: test_mode && priority > 0,
            priority,
            jobs: [(JobState::Running, jobs)].into_iter().collect(),
            queued,
            tasks: TaskCounts::default(),
            cores,
            room,
            ready,
        };
        (candidate, grant)
    })
}

/// Campaigns of a cluster and what its policy grants them.
fn cluster() -> impl Strategy<Value = (Vec<Candidate>, Vec<Grant>)> {
    prop::collection::vec(candidate(), 0..7).prop_map(|list| {
        let numbered = (0..).zip(list).map(|(number, (candidate, grant))| {
            let (pair_index, campaign) = (PairIndex(number), CampaignId(number + 1));
            (Candidate { pair_index, campaign, ..candidate }, grant)
        });
        numbered.unzip()
    })
}

fn source() -> impl Strategy<Value = Source> {
    let elsewhere = (0..8_u32).prop_map(|free_cores| Source::Elsewhere { free_cores });
    prop_oneof![Just(Source::Here), elsewhere]
}

/// All turns, in the order in which they come.
fn turns(source: Source, campaigns: &[Candidate]) -> Vec<(Class, usize)> {
    let mut turns = Vec::new();
    for class in Class::ALL {
        for (position, campaign) in campaigns.iter().enumerate() {
            let tasks = match source {
                Source::Here => campaign.queued[class as usize] > 0,
                Source::Elsewhere { .. } => class == Class::Front,
            };
            if tasks && campaign.ready {
                turns.push((class, position));
            }
        }
    }
    turns
}

/// One campaign gets what it is granted: from its first turn on that gives it anything, up to the first
/// turn of another that is not passed over. A stop that comes before ends everything.
fn in_turn(
    turns: &[(Class, usize)],
    (source, campaigns, grants): (Source, &[Candidate], &[Grant]),
    users: u32,
) -> Outcome {
    let stop = turns.iter().position(|(_, at)| grants[*at] == Grant::Stop).unwrap_or(turns.len());
    let most = |at: usize| match source {
        Source::Here => u32::MAX,
        Source::Elsewhere { free_cores } => {
            campaigns[at].room.min(free_cores / campaigns[at].cores)
        }
    };
    let jobs = |at: usize| match grants[at] {
        Grant::Jobs(granted) => granted.div_ceil(users).min(most(at)),
        Grant::Skip | Grant::Stop => 0,
    };
    let first = turns[..stop].iter().position(|(_, at)| jobs(*at) > 0);
    let Some(first) = first else {
        let asked = turns.iter().take(stop + 1).map(|(_, at)| *at).collect();
        let held_by = turns.get(stop).map(|(_, at)| campaigns[*at].campaign);
        return (Selected { served: None, held_by }, asked);
    };
    let at = turns[first].1;
    let others = |(_, other): &(Class, usize)| *other != at && grants[*other] != Grant::Skip;
    let end = turns[first..].iter().position(others).map_or(turns.len(), |more| first + more);
    let last = turns[..end].iter().filter(|(_, of)| *of == at).map(|(class, _)| *class).max();
    let last = last.expect("it has a turn");
    let held = turns.get(end).filter(|(_, by)| grants[*by] == Grant::Stop);
    let selected = Selected {
        served: Some(Served { position: at, jobs: jobs(at), last }),
        held_by: held.map(|(_, by)| campaigns[*by].campaign),
    };
    (selected, turns.iter().take(end + 1).map(|(_, at)| *at).collect())
}

fn first_served_plainly(source: Source, campaigns: &[Candidate], grants: &[Grant]) -> Outcome {
    in_turn(&turns(source, campaigns), (source, campaigns, grants), 1)
}

/// The campaigns whose user has no job there, within the rank of the first that is ready, where the ready ones
/// have more than one user.
fn newcomers(campaigns: &[Candidate]) -> BTreeSet<usize> {
    let ready: Vec<usize> = (0..campaigns.len()).filter(|at| campaigns[*at].ready).collect();
    let users: BTreeSet<UserIndex> = ready.iter().map(|at| campaigns[*at].user).collect();
    let mut jobs: BTreeMap<UserIndex, u32> = BTreeMap::new();
    for campaign in campaigns {
        *jobs.entry(campaign.user).or_default() += campaign.jobs.total();
    }
    let rank = |at: usize| (campaigns[at].test_mode, campaigns[at].priority);
    let new = |at: &usize| rank(*at) == rank(ready[0]) && jobs[&campaigns[*at].user] == 0;
    if users.len() > 1 { ready.iter().copied().filter(new).collect() } else { BTreeSet::new() }
}

fn turns_plainly(source: Source, campaigns: &[Candidate], grants: &[Grant]) -> Outcome {
    let all = turns(source, campaigns);
    let new = newcomers(campaigns);
    let mut asked = BTreeSet::new();
    if !new.is_empty() {
        let first = all.iter().position(|(_, at)| grants[*at] != Grant::Skip);
        asked.extend(all.iter().take(first.map_or(all.len(), |it| it + 1)).map(|(_, at)| *at));
        if first.is_none_or(|it| grants[all[it].1] != Grant::Stop) {
            let users: BTreeSet<UserIndex> = new.iter().map(|at| campaigns[*at].user).collect();
            // A newcomer that is stopped stops nobody else.
            let heard = |at: &usize| match grants[*at] {
                Grant::Stop => Grant::Skip,
                grant => grant,
            };
            let heard: Vec<Grant> = (0..campaigns.len()).map(|at| heard(&at)).collect();
            let among: Vec<_> = all.iter().copied().filter(|(_, at)| new.contains(at)).collect();
            let (selected, more) = in_turn(&among, (source, campaigns, &heard), users.len() as u32);
            asked.extend(more);
            if selected.served.is_some() {
                return (selected, asked);
            }
        }
    }
    let (selected, more) = in_turn(&all, (source, campaigns, grants), 1);
    asked.extend(more);
    (selected, asked)
}

fn select(
    rules: &dyn Selection,
    source: Source,
    campaigns: &[Candidate],
    grants: &[Grant],
) -> Outcome {
    let mut asked = BTreeSet::new();
    let selected = rules.select(source, campaigns, &mut |position| {
        asked.insert(position);
        grants[position]
    });
    (selected, asked)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn first_come_first_served_as_written_plainly((campaigns, grants) in cluster(), source in source()) {
        let found = select(&FirstServed, source, &campaigns, &grants);
        prop_assert_eq!(found, first_served_plainly(source, &campaigns, &grants));
    }

    #[test]
    fn users_take_turns_as_written_plainly((campaigns, grants) in cluster(), source in source()) {
        let found = select(&Turns, source, &campaigns, &grants);
        prop_assert_eq!(found, turns_plainly(source, &campaigns, &grants));
    }
}
