//! A cluster in a checkpoint: its campaigns, what it was last seen to be, what is still to be told
//! and deleted there. What follows from attempts and submissions is not written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::ids::{CampaignId, CommandId, EventId, PairIndex, RemoteJobId};
use crate::job::StateCounts;
use crate::ledger::attempt::AttemptRef;
use crate::ledger::bag::ClusterPosition;
use crate::ledger::campaign::Campaign;
use crate::ledger::cluster::{Cluster, Fault};
use crate::ledger::pair::{BackOff, Pair, ScriptState};
use crate::ledger::queue::Queue;
use crate::report::{CancelReason, Reason};
use crate::snapshot::ClusterSnapshot;
use crate::time::Timestamp;

/// A cluster, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedCluster {
    snapshot: Option<ClusterSnapshot>,
    fault: Option<Fault>,
    disabled: Option<EventId>,
    stress: Option<EventId>,
    #[serde(rename = "seats")]
    pair_index_bound: u32,
    free: Vec<PairIndex>,
    #[serde(rename = "couples")]
    pairs: Vec<(PairIndex, SavedPair)>,
    unanswered: Option<CommandId>,
    early: Vec<Fact>,
    #[serde(rename = "strays")]
    orphans: Vec<(RemoteJobId, CampaignId, Timestamp)>,
    cancels: Vec<(u32, u64, CancelReason)>,
}

/// A campaign on a cluster, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedPair {
    slot: u32,
    #[serde(rename = "local")]
    cluster_position: ClusterPosition,
    queue: [Vec<(u32, Timestamp)>; 3],
    prologue: ScriptState,
    epilogue: ScriptState,
    script_retries: u16,
    priority: i32,
    reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back_off: Option<BackOff>,
}

impl Pair {
    fn save(&self) -> SavedPair {
        let Pair {
            slot,
            campaign: _,
            cluster_position,
            settings: _,
            queue,
            jobs: _,
            prologue,
            epilogue,
            script_retries,
            events: _,
            back_off,
            priority,
            reason,
        } = self;
        SavedPair {
            slot: *slot,
            cluster_position: *cluster_position,
            queue: queue.rows(),
            prologue: *prologue,
            epilogue: *epilogue,
            script_retries: *script_retries,
            priority: *priority,
            reason: reason.clone(),
            back_off: *back_off,
        }
    }

    fn load(saved: SavedPair, campaigns: &[Campaign]) -> Option<Pair> {
        let SavedPair {
            slot,
            cluster_position,
            queue,
            prologue,
            epilogue,
            script_retries,
            priority,
            reason,
            back_off,
        } = saved;
        let campaign = campaigns.get(slot as usize)?;
        Some(Pair {
            slot,
            campaign: campaign.id,
            cluster_position,
            settings: Arc::clone(campaign.spec.clusters.get(usize::from(cluster_position))?),
            queue: Queue::from_rows(queue),
            jobs: StateCounts::default(),
            prologue,
            epilogue,
            script_retries,
            events: 0,
            back_off,
            priority,
            reason,
        })
    }
}

impl Cluster {
    pub(crate) fn save(&self) -> SavedCluster {
        let Cluster {
            snapshot,
            fault,
            disabled,
            stress,
            pairs,
            free,
            order: _,
            in_order: _,
            unanswered,
            unknown: _,
            remote: _,
            early,
            orphans,
            cancels,
        } = self;
        let saved = (0..).map(PairIndex).zip(pairs);
        let saved =
            saved.filter_map(|(pair_index, pair)| Some((pair_index, pair.as_ref()?.save())));
        let orphans = orphans.iter().map(|(job, (campaign, due))| (*job, *campaign, *due));
        let cancels = cancels.iter().map(|(at, reason)| (at.slot, at.serial, *reason));
        SavedCluster {
            snapshot: snapshot.clone(),
            fault: *fault,
            disabled: *disabled,
            stress: *stress,
            // One pair a campaign, and campaigns are counted in `u32`.
            pair_index_bound: pairs.len() as u32,
            free: free.clone(),
            pairs: saved.collect(),
            unanswered: *unanswered,
            early: early.clone(),
            orphans: orphans.collect(),
            cancels: cancels.collect(),
        }
    }

    /// Takes up a saved cluster, without what follows from attempts, submissions and events; none
    /// when it contradicts itself.
    pub(crate) fn load(saved: SavedCluster, campaigns: &[Campaign]) -> Option<Cluster> {
        let SavedCluster {
            snapshot,
            fault,
            disabled,
            stress,
            pair_index_bound,
            free,
            pairs,
            unanswered,
            early,
            orphans,
            cancels,
        } = saved;
        if pair_index_bound as usize != free.len() + pairs.len() {
            return None;
        }
        let mut cluster = Cluster {
            snapshot,
            fault,
            disabled,
            stress,
            unanswered,
            early,
            orphans: orphans
                .into_iter()
                .map(|(job, campaign, due)| (job, (campaign, due)))
                .collect(),
            cancels: cancels
                .into_iter()
                .map(|(slot, serial, reason)| (AttemptRef { slot, serial }, reason))
                .collect(),
            ..Cluster::default()
        };
        cluster.pairs.resize_with(pair_index_bound as usize, || None);
        for (pair_index, pair) in pairs {
            let free = cluster.pairs.get_mut(pair_index.index()).filter(|old| old.is_none())?;
            *free = Some(Pair::load(pair, campaigns)?);
            cluster.order.push(pair_index);
        }
        let mut unused = vec![true; cluster.pairs.len()];
        for pair_index in &free {
            let unused = unused.get_mut(pair_index.index())?;
            if !std::mem::replace(unused, false) || cluster.pairs[pair_index.index()].is_some() {
                return None;
            }
        }
        cluster.free = free;
        Some(cluster)
    }

    /// Returns the pair with an index; none when no pair has it.
    pub(crate) fn find_pair_mut(&mut self, pair_index: PairIndex) -> Option<&mut Pair> {
        self.pairs.get_mut(pair_index.index())?.as_mut()
    }
}
