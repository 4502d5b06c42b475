//! What the ledger holds for each cluster: its last snapshot, its campaigns in order, its jobs.

pub(crate) mod saved;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fact::{ClusterFault, Fact};
use crate::ids::{CampaignId, CommandId, EventId, PairIndex, RemoteJobId};
use crate::ledger::attempt::AttemptRef;
use crate::ledger::pair::Pair;
use crate::policy::reason::Wording;
use crate::report::{CancelReason, Reason};
use crate::snapshot::ClusterSnapshot;
use crate::time::Timestamp;

/// The most facts kept for jobs whose acceptance is not known yet.
pub(crate) const EARLY_MAX: usize = 10_000;

/// The most jobs of submissions given up that are kept to be deleted.
pub(crate) const ORPHANS_MAX: usize = 10_000;

/// What is wrong with a cluster's server.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) event: EventId,
    pub(crate) fault: ClusterFault,
    /// When it was last told of.
    pub(crate) seen_at: Timestamp,
    /// It has answered since.
    pub(crate) answers: bool,
    /// A person says that it is dealt with.
    pub(crate) fixed: bool,
}

/// One cluster.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    pub(crate) snapshot: Option<ClusterSnapshot>,
    /// What is wrong with its server.
    pub(crate) fault: Option<Fault>,
    /// The event by which the operator takes it out of use.
    pub(crate) disabled: Option<EventId>,
    /// The event that is open as long as it is under stress.
    pub(crate) stress: Option<EventId>,
    /// By [`PairIndex`]; none where a campaign has left.
    pairs: Vec<Option<Pair>>,
    /// Indices without a pair.
    free: Vec<PairIndex>,
    /// Indices of the pairs, in the order in which they are served.
    order: Vec<PairIndex>,
    /// Nobody has come since they were put in order, and no rank has changed.
    in_order: bool,
    /// The one submission without an answer.
    pub(crate) unanswered: Option<CommandId>,
    /// Submissions whose outcome is unknown.
    pub(crate) unknown: u32,
    pub(crate) remote: BTreeMap<RemoteJobId, AttemptRef>,
    /// Facts about jobs that an open submission may yet turn out to own.
    pub(crate) early: Vec<Fact>,
    /// Jobs of submissions given up, with whose they are and when they are to be deleted (again).
    pub(crate) orphans: BTreeMap<RemoteJobId, (CampaignId, Timestamp)>,
    /// Jobs to be deleted.
    pub(crate) cancels: BTreeMap<AttemptRef, CancelReason>,
}

impl Cluster {
    pub(crate) fn add_pair(&mut self, pair: Pair) -> PairIndex {
        let pair_index = match self.free.pop() {
            Some(pair_index) => pair_index,
            None => {
                self.pairs.push(None);
                // One pair a campaign, and campaigns are counted in `u32`.
                PairIndex(self.pairs.len() as u32 - 1)
            }
        };
        self.pairs[pair_index.index()] = Some(pair);
        self.order.push(pair_index);
        self.in_order = false;
        pair_index
    }

    pub(crate) fn remove_pair(&mut self, pair_index: PairIndex) {
        self.pairs[pair_index.index()] = None;
        self.order.retain(|taken| *taken != pair_index);
        self.free.push(pair_index);
    }

    /// Returns whether the campaigns are in the order in which they are served.
    pub(crate) fn is_in_order(&self) -> bool {
        self.in_order
    }

    /// Asks for the campaigns to be put in order before they are served.
    pub(crate) fn disorder(&mut self) {
        self.in_order = false;
    }

    /// Puts the pairs in order: the indices of all, each once.
    pub(crate) fn put_in_order(&mut self, pairs: impl Iterator<Item = PairIndex>) {
        self.order.clear();
        self.order.extend(pairs);
        self.in_order = true;
    }

    /// Returns whether commands can be sent there.
    pub(crate) fn answers(&self) -> bool {
        self.fault.is_none_or(|fault| fault.answers)
    }

    pub(crate) fn order(&self) -> &[PairIndex] {
        &self.order
    }

    pub(crate) fn pair(&self, pair_index: PairIndex) -> &Pair {
        self.pairs[pair_index.index()].as_ref().expect("an index is kept as long as its pair")
    }

    pub(crate) fn pair_mut(&mut self, pair_index: PairIndex) -> &mut Pair {
        self.pairs[pair_index.index()].as_mut().expect("an index is kept as long as its pair")
    }

    /// Adds to the reasons of a checkpoint the sentences of the policy that they are from.
    pub(crate) fn say_reasons(&mut self, wordings: &[Wording]) {
        for pair in self.pairs.iter_mut().flatten() {
            if let Some(Reason::Policy(reason)) = &mut pair.reason {
                reason.say(wordings);
            }
        }
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (PairIndex, &Pair)> {
        self.order.iter().map(|&pair_index| (pair_index, self.pair(pair_index)))
    }

    /// Returns the indices of the pairs, the smallest first.
    pub(crate) fn pair_indices(&self) -> impl Iterator<Item = PairIndex> {
        (0..)
            .map(PairIndex)
            .zip(&self.pairs)
            .filter(|(_, pair)| pair.is_some())
            .map(|(pair_index, _)| pair_index)
    }

    /// Returns the number that every index of a pair is below.
    pub(crate) fn pair_index_bound(&self) -> usize {
        self.pairs.len()
    }
}
