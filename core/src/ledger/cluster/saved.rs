//! A cluster in a checkpoint: who sits where, what it was last seen to be, what is still to be told
//! and deleted there. What follows from attempts and submissions is not written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::ids::{CampaignId, CommandId, EventId, RemoteJobId, Seat};
use crate::ledger::attempt::{AttemptRef, StateCounts};
use crate::ledger::bag::Local;
use crate::ledger::campaign::Campaign;
use crate::ledger::cluster::{Cluster, Fault};
use crate::ledger::couple::{BackOff, Couple, ScriptState};
use crate::ledger::queue::Queue;
use crate::observation::ClusterSnapshot;
use crate::report::{CancelReason, Reason};
use crate::time::Timestamp;

/// A cluster, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedCluster {
    snapshot: Option<ClusterSnapshot>,
    fault: Option<Fault>,
    disabled: Option<EventId>,
    stress: Option<EventId>,
    seats: u32,
    free: Vec<Seat>,
    couples: Vec<(Seat, SavedCouple)>,
    unanswered: Option<CommandId>,
    early: Vec<Fact>,
    strays: Vec<(RemoteJobId, CampaignId, Timestamp)>,
    cancels: Vec<(u32, u64, CancelReason)>,
}

/// A campaign on a cluster, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedCouple {
    slot: u32,
    local: Local,
    queue: [Vec<(u32, Timestamp)>; 3],
    prologue: ScriptState,
    epilogue: ScriptState,
    script_retries: u16,
    priority: i32,
    reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    back_off: Option<BackOff>,
}

impl Couple {
    fn save(&self) -> SavedCouple {
        let Couple {
            slot,
            campaign: _,
            local,
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
        SavedCouple {
            slot: *slot,
            local: *local,
            queue: queue.rows(),
            prologue: *prologue,
            epilogue: *epilogue,
            script_retries: *script_retries,
            priority: *priority,
            reason: reason.clone(),
            back_off: *back_off,
        }
    }

    fn load(saved: SavedCouple, campaigns: &[Campaign]) -> Option<Couple> {
        let SavedCouple {
            slot,
            local,
            queue,
            prologue,
            epilogue,
            script_retries,
            priority,
            reason,
            back_off,
        } = saved;
        let campaign = campaigns.get(slot as usize)?;
        Some(Couple {
            slot,
            campaign: campaign.id,
            local,
            settings: Arc::clone(campaign.spec.clusters.get(usize::from(local))?),
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
            seats,
            free,
            order: _,
            in_order: _,
            unanswered,
            unknown: _,
            remote: _,
            early,
            strays,
            cancels,
        } = self;
        let couples = (0..).zip(seats);
        let couples =
            couples.filter_map(|(seat, couple)| Some((Seat(seat), couple.as_ref()?.save())));
        let strays = strays.iter().map(|(job, (campaign, due))| (*job, *campaign, *due));
        let cancels = cancels.iter().map(|(at, reason)| (at.slot, at.serial, *reason));
        SavedCluster {
            snapshot: snapshot.clone(),
            fault: *fault,
            disabled: *disabled,
            stress: *stress,
            // One seat a campaign, and campaigns are counted in `u32`.
            seats: seats.len() as u32,
            free: free.clone(),
            couples: couples.collect(),
            unanswered: *unanswered,
            early: early.clone(),
            strays: strays.collect(),
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
            seats,
            free,
            couples,
            unanswered,
            early,
            strays,
            cancels,
        } = saved;
        if seats as usize != free.len() + couples.len() {
            return None;
        }
        let mut cluster = Cluster {
            snapshot,
            fault,
            disabled,
            stress,
            unanswered,
            early,
            strays: strays.into_iter().map(|(job, campaign, due)| (job, (campaign, due))).collect(),
            cancels: cancels
                .into_iter()
                .map(|(slot, serial, reason)| (AttemptRef { slot, serial }, reason))
                .collect(),
            ..Cluster::default()
        };
        cluster.seats.resize_with(seats as usize, || None);
        for (seat, couple) in couples {
            let place = cluster.seats.get_mut(seat.index()).filter(|place| place.is_none())?;
            *place = Some(Couple::load(couple, campaigns)?);
            cluster.order.push(seat);
        }
        let mut unused = vec![true; cluster.seats.len()];
        for seat in &free {
            let unused = unused.get_mut(seat.index())?;
            if !std::mem::replace(unused, false) || cluster.seats[seat.index()].is_some() {
                return None;
            }
        }
        cluster.free = free;
        Some(cluster)
    }

    /// Returns the campaign on a seat; none when nobody sits there.
    pub(crate) fn seated_mut(&mut self, seat: Seat) -> Option<&mut Couple> {
        self.seats.get_mut(seat.index())?.as_mut()
    }
}
