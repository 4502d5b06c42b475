//! Policies that look at one campaign at a time, and how one becomes a policy of a whole cluster. Knows no
//! policy.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ids::PairIndex;
use crate::policy::error::PolicyStateError;
use crate::policy::reason::Wording;
use crate::policy::{ClusterPolicy, ClusterView, Offer, PairView, state};
use crate::time::Timestamp;

/// An injection policy for one campaign on one cluster: rules that never change, and a state for each campaign
/// that they change. [`PerCampaign`] lets it serve a cluster; what is not said here is as in [`ClusterPolicy`].
pub trait CampaignPolicy: Debug + Send {
    /// What it remembers of a campaign between two cycles.
    type State: Clone + Debug + Send + Serialize + DeserializeOwned;

    /// Returns its name in the catalogue.
    fn name(&self) -> &str;

    /// Returns the state of a campaign that has just arrived.
    fn arrived(&self) -> Self::State;

    /// The cluster accepted `jobs` jobs of a submission.
    fn accepted(&self, _state: &mut Self::State, _jobs: u32, _now: Timestamp) {}

    /// A submission was refused, expired, or its outcome is unknown.
    fn refused(&self, _state: &mut Self::State, _now: Timestamp) {}

    /// Takes in the campaign and its cluster, once a cycle.
    fn begin(&self, state: &mut Self::State, pair: &PairView, cluster: &ClusterView<'_>);

    /// Returns how many of its tasks should stand in its queue.
    fn depth(&self, state: &Self::State) -> u32;

    /// Returns what it may send now. Asked at most once a cycle.
    fn offer(&self, state: &mut Self::State, pair: &PairView, now: Timestamp) -> Offer;

    /// Returns the jobs a cycle it would be granted if nothing held it back, for plots.
    fn rate(&self, state: &Self::State) -> f64;

    /// Lists the reasons that it gives.
    fn wordings(&self) -> &[Wording];

    /// Returns the earliest time at which it may decide otherwise for a campaign that has work, if no fact
    /// comes in between: `now` for "as soon as possible".
    fn wake(&self, _state: &Self::State, _pair: &PairView, now: Timestamp) -> Timestamp {
        now
    }
}

/// A policy for one campaign, at work for each campaign of a cluster.
#[derive(Debug)]
pub struct PerCampaign<P: CampaignPolicy> {
    policy: P,
    /// By [`PairIndex`].
    states: Vec<P::State>,
    now: Timestamp,
}

impl<P: CampaignPolicy> PerCampaign<P> {
    /// Makes the policy for one cluster.
    pub fn new(policy: P) -> PerCampaign<P> {
        PerCampaign { policy, states: Vec::new(), now: Timestamp::ZERO }
    }
}

impl<P: CampaignPolicy> ClusterPolicy for PerCampaign<P> {
    fn name(&self) -> &str {
        self.policy.name()
    }

    fn add_pair(&mut self, pair_index: PairIndex) {
        let arrived = self.policy.arrived();
        if self.states.len() <= pair_index.index() {
            self.states.resize(pair_index.index() + 1, arrived.clone());
        }
        self.states[pair_index.index()] = arrived;
    }

    fn accepted(&mut self, pair_index: PairIndex, jobs: u32, now: Timestamp) {
        self.policy.accepted(&mut self.states[pair_index.index()], jobs, now);
    }

    fn refused(&mut self, pair_index: PairIndex, now: Timestamp) {
        self.policy.refused(&mut self.states[pair_index.index()], now);
    }

    fn begin(&mut self, view: &ClusterView<'_>) {
        self.now = view.now;
        for pair in view.pairs {
            self.policy.begin(&mut self.states[pair.pair_index.index()], pair, view);
        }
    }

    fn depth(&self, pair_index: PairIndex) -> u32 {
        self.policy.depth(&self.states[pair_index.index()])
    }

    fn offer(&mut self, pair: &PairView) -> Offer {
        self.policy.offer(&mut self.states[pair.pair_index.index()], pair, self.now)
    }

    fn rate(&self, pair_index: PairIndex) -> f64 {
        self.policy.rate(&self.states[pair_index.index()])
    }

    fn wordings(&self) -> &[Wording] {
        self.policy.wordings()
    }

    fn save(&self) -> serde_json::Value {
        let PerCampaign { policy: _, states, now } = self;
        state::write(&(now, states))
    }

    fn load(
        &mut self,
        state: serde_json::Value,
        pair_index_bound: usize,
    ) -> Result<(), PolicyStateError> {
        let (now, states): (Timestamp, Vec<P::State>) = state::read(self.policy.name(), state)?;
        state::check_entries(self.policy.name(), states.len(), pair_index_bound)?;
        (self.now, self.states) = (now, states);
        Ok(())
    }

    fn wake(&self, view: &ClusterView<'_>) -> Timestamp {
        let working = view.pairs.iter().filter(|pair| pair.has_work);
        let wakes = working
            .map(|pair| self.policy.wake(&self.states[pair.pair_index.index()], pair, view.now));
        wakes.min().unwrap_or(Timestamp::NEVER)
    }
}
