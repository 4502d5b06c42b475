//! Injection policies: how many jobs of which campaign a cluster gets in a cycle. A policy serves
//! one cluster, and sees facts, snapshots and the ledger only, so that what it did can be replayed.

pub mod campaign;
pub mod catalogue;
pub mod entry;
pub mod error;
pub mod given;
pub mod injection;
pub mod parameters;
pub mod reason;
pub mod spec;
pub mod state;

use crate::ids::{CampaignId, PairIndex};
use crate::job::StateCounts;
use crate::policy::error::PolicyStateError;
use crate::policy::reason::{PolicyReason, Wording};
use crate::snapshot::ClusterSnapshot;
use crate::time::Timestamp;

/// A campaign on the policy's cluster, as the ledger knows it after the cycle's facts.
#[derive(Clone, Copy, Debug)]
pub struct PairView {
    /// Its index: small, dense, and used again after the campaign has left.
    pub pair_index: PairIndex,
    /// The campaign.
    pub campaign: CampaignId,
    /// Its jobs there, by state.
    pub jobs: StateCounts,
    /// Tasks in its queue.
    pub queued: u32,
    /// Whether it has tasks that could run here: in the queue, or in the bag.
    pub has_work: bool,
    /// Cores that each of its jobs asks for, at least 1.
    pub cores: u32,
}

/// A cluster in a cycle, as a policy may see it.
#[derive(Clone, Copy, Debug)]
pub struct ClusterView<'a> {
    /// When the cycle runs.
    pub now: Timestamp,
    /// The last known state of the cluster, possibly stale.
    pub snapshot: Option<&'a ClusterSnapshot>,
    /// Whether the cluster can be used at all.
    pub usable: bool,
    /// Its campaigns, in the order in which they are served.
    pub pairs: &'a [PairView],
}

/// What a policy grants to a campaign.
#[derive(Clone, Debug, PartialEq)]
pub enum Offer {
    /// So many jobs, at least 1; then, for the reason given, no more.
    Take(u32, PolicyReason),
    /// None, but the next campaign may have its chance.
    Skip(PolicyReason),
    /// None, neither to this campaign nor to those behind it.
    Stop(PolicyReason),
}

/// An injection policy at work on one cluster: one loop over all its campaigns. One that looks at each campaign
/// for itself is a [`campaign::CampaignPolicy`].
///
/// In each cycle the scheduler tells it the answers ([`ClusterPolicy::accepted`], [`ClusterPolicy::refused`]),
/// calls [`ClusterPolicy::begin`], fills the queues up to [`ClusterPolicy::depth`], and asks [`ClusterPolicy::offer`] for
/// campaigns in order, until one takes jobs.
pub trait ClusterPolicy: std::fmt::Debug + Send {
    /// Returns its name in the catalogue.
    fn name(&self) -> &str;

    /// A campaign arrives; its index is new, or that of a campaign that has left.
    fn add_pair(&mut self, pair_index: PairIndex);

    /// The cluster accepted `jobs` jobs of a submission.
    fn accepted(&mut self, pair_index: PairIndex, jobs: u32, now: Timestamp);

    /// A submission was refused, expired, or its outcome is unknown.
    fn refused(&mut self, pair_index: PairIndex, now: Timestamp);

    /// Takes in the state of the cluster, once a cycle.
    fn begin(&mut self, view: &ClusterView<'_>);

    /// Returns how many tasks of a campaign should stand in its queue.
    fn depth(&self, pair_index: PairIndex) -> u32;

    /// Returns what a campaign may send now. Asked at most once a cycle for each campaign.
    fn offer(&mut self, pair: &PairView) -> Offer;

    /// Returns the jobs a cycle it would grant to a campaign if nothing held it back, for plots.
    fn rate(&self, pair_index: PairIndex) -> f64;

    /// Lists the reasons that it gives: what is read of an older cycle's reasons is told in these words.
    fn wordings(&self) -> &[Wording];

    /// Returns all that it remembers between two cycles, to be given to [`ClusterPolicy::load`].
    fn save(&self) -> serde_json::Value;

    /// Takes up what a policy made from the same text has saved. Indices of pairs are below `pair_index_bound`.
    ///
    /// # Errors
    /// [`PolicyStateError`] when it has not this policy's form.
    fn load(
        &mut self,
        state: serde_json::Value,
        pair_index_bound: usize,
    ) -> Result<(), PolicyStateError>;

    /// Returns the earliest time at which it may decide otherwise than in this cycle, if no fact comes
    /// in between: `view.now` for "as soon as possible".
    fn wake(&self, view: &ClusterView<'_>) -> Timestamp {
        view.now
    }
}
