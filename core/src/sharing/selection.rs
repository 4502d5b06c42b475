//! Which campaign a cluster serves now, and how much of it is sent. One campaign is served a cycle.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ids::{CampaignId, UserIndex};
use crate::ledger::bag::Class;
use crate::sharing::Candidate;

/// Says which campaign of a cluster is served.
pub trait Selection: fmt::Debug + Send {
    /// Selects among the campaigns of a cluster, which are given in order. `ask` tells what the cluster's
    /// policy grants to the one at a position: the first time that it is asked in a cycle, the policy may
    /// take note that the turn of this campaign has come.
    fn select(
        &self,
        source: Source,
        campaigns: &[Candidate],
        ask: &mut dyn FnMut(usize) -> Grant,
    ) -> Selected;
}

/// What a cluster's policy grants to a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// So many jobs, at least 1.
    Jobs(u32),
    /// None, but the next campaign may have its chance.
    Skip,
    /// None, neither to this campaign nor to those behind it.
    Stop,
}

/// From where tasks are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the cluster's own queues.
    Here,
    /// From the queues of other clusters, where the own one is empty.
    Elsewhere {
        /// Cores on which nobody's job runs, and for which none of ours is on its way.
        free_cores: u32,
    },
}

/// Who is served on a cluster, or why nobody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Who is served, if anybody.
    pub served: Option<Served>,
    /// The campaign that its policy holds up, and with it all behind it.
    pub held_by: Option<CampaignId>,
}

/// What is sent of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The campaign's position in the order.
    pub position: usize,
    /// So many jobs at most, and at least 1.
    pub jobs: u32,
    /// Tasks up to this class, those of the first class first.
    pub last: Class,
}

/// The first campaign in order that its cluster's policy grants something.
#[derive(Clone, Copy, Debug)]
pub struct FirstServed;

/// The same, but a user who has no job on the cluster goes before users who have some, within test mode and
/// rank. If there are several such users, each is sent a part of what is granted.
#[derive(Clone, Copy, Debug)]
pub struct Turns;

impl Selection for FirstServed {
    fn select(
        &self,
        source: Source,
        campaigns: &[Candidate],
        ask: &mut dyn FnMut(usize) -> Grant,
    ) -> Selected {
        first_served(None, source, campaigns, ask)
    }
}

impl Selection for Turns {
    fn select(
        &self,
        source: Source,
        campaigns: &[Candidate],
        ask: &mut dyn FnMut(usize) -> Grant,
    ) -> Selected {
        if let Some(newcomers) = newcomers(campaigns)
            && !is_held(source, campaigns, ask)
        {
            let selected = first_served(Some(&newcomers), source, campaigns, ask);
            if selected.served.is_some() {
                return selected;
            }
        }
        first_served(None, source, campaigns, ask)
    }
}

impl Source {
    /// Returns whether the turn of a campaign comes when tasks of a class are looked at. What is queued
    /// elsewhere is taken for one class.
    fn has_turn(self, campaign: &Candidate, class: Class) -> bool {
        campaign.ready
            && match self {
                Source::Here => campaign.queued[class as usize] > 0,
                Source::Elsewhere { .. } => class == Class::Front,
            }
    }

    /// Returns how many jobs of a campaign may be sent at once, whatever its policy grants.
    pub fn most(self, campaign: &Candidate) -> u32 {
        match self {
            Source::Here => u32::MAX,
            Source::Elsewhere { free_cores } => campaign.room.min(free_cores / campaign.cores),
        }
    }
}

/// Those whose turn comes before all others' on a cluster.
#[derive(Debug)]
struct Newcomers {
    /// Positions of the campaigns whose user has no job there.
    positions: Vec<usize>,
    /// Their users: each is to have a share.
    users: u32,
}

/// Returns the campaigns that go before the others: none of their user's jobs is there, while other
/// users could take all. Test mode and ranks go before this.
fn newcomers(campaigns: &[Candidate]) -> Option<Newcomers> {
    let ready = || campaigns.iter().enumerate().filter(|(_, it)| it.ready);
    let (_, first) = ready().next()?;
    if ready().all(|(_, it)| it.user == first.user) {
        return None;
    }
    let mut jobs: BTreeMap<UserIndex, u32> = BTreeMap::new();
    for campaign in campaigns {
        *jobs.entry(campaign.user).or_default() += campaign.jobs.total();
    }
    let rank = |it: &Candidate| (it.test_mode, it.priority);
    let new = ready().filter(|(_, it)| rank(it) == rank(first) && jobs[&it.user] == 0);
    let (positions, users): (Vec<usize>, BTreeSet<UserIndex>) =
        new.map(|(position, it)| (position, it.user)).unzip();
    // No more users than campaigns, which are counted in `u32`.
    (!positions.is_empty()).then_some(Newcomers { positions, users: users.len() as u32 })
}

/// Returns whether a policy holds all campaigns up before anybody's turn has come.
fn is_held(source: Source, campaigns: &[Candidate], ask: &mut dyn FnMut(usize) -> Grant) -> bool {
    let turns = Class::ALL.into_iter().flat_map(|class| {
        let turn = move |(_, it): &(usize, &Candidate)| source.has_turn(it, class);
        campaigns.iter().enumerate().filter(turn)
    });
    let mut answers = turns.map(|(position, _)| ask(position));
    answers.find(|answer| *answer != Grant::Skip) == Some(Grant::Stop)
}

/// Returns what the first campaign is sent, or why nobody is; among newcomers, with a share of what is
/// granted, and without holding up those behind.
///
/// Tasks are looked at by class, then in the order of the campaigns. A second campaign that could be served
/// ends the search, since one is served a cycle.
fn first_served(
    newcomers: Option<&Newcomers>,
    source: Source,
    campaigns: &[Candidate],
    ask: &mut dyn FnMut(usize) -> Grant,
) -> Selected {
    let mut served: Option<Served> = None;
    let count = newcomers.map_or(campaigns.len(), |new| new.positions.len());
    for class in Class::ALL {
        for turn in 0..count {
            let position = newcomers.map_or(turn, |new| new.positions[turn]);
            let campaign = &campaigns[position];
            if !source.has_turn(campaign, class) {
                continue;
            }
            match ask(position) {
                Grant::Skip => {}
                Grant::Stop if newcomers.is_some() => {}
                Grant::Stop => return Selected { served, held_by: Some(campaign.campaign) },
                Grant::Jobs(granted) => {
                    if served.is_some_and(|it| it.position != position) {
                        return Selected { served, held_by: None };
                    }
                    let share = granted.div_ceil(newcomers.map_or(1, |new| new.users));
                    let jobs = share.min(source.most(campaign));
                    if jobs > 0 {
                        served = Some(Served { position, jobs, last: class });
                    }
                }
            }
        }
    }
    Selected { served, held_by: None }
}
