//! The ledger: who wants what, where every task is, which jobs are or may be alive. It counts and
//! keeps order; what to do next is decided elsewhere.

pub mod attempt;
pub mod bag;
pub mod campaign;
pub(crate) mod cluster;
pub(crate) mod deadlines;
pub mod pair;
pub(crate) mod queue;
pub(crate) mod saved;
pub mod task_state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, ClusterId, CommandId, EventId, PairIndex, UserIndex};
use crate::job::JobState;
use crate::ledger::attempt::{Attempt, AttemptRef, AttemptWork, Attempts};
use crate::ledger::bag::Class;
use crate::ledger::campaign::Campaign;
use crate::ledger::cluster::Cluster;
use crate::ledger::deadlines::Deadlines;
use crate::ledger::pair::{Pair, ScriptState};
use crate::ledger::task_state::TaskState;
use crate::report::EventCause;
use crate::time::Timestamp;

/// Something that has happened and is not dealt with yet. Until it is fixed, its blacklist keeps one
/// campaign, or all, from a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenEvent {
    /// The campaign it concerns; none when it is the cluster's own affair.
    pub campaign: Option<CampaignId>,
    /// The cluster.
    pub cluster: ClusterId,
    /// What happened.
    pub cause: EventCause,
    /// When it became known.
    pub opened_at: Timestamp,
    /// The id of its blacklist, whose parent it is: an event of its own to people, which is lifted
    /// with it. None where nothing is kept from the cluster by it (stress).
    pub blacklist: Option<EventId>,
}

/// A submission that some task still waits for.
#[derive(Debug)]
pub(crate) struct PendingSubmission {
    pub(crate) cluster: ClusterId,
    pub(crate) pair_index: PairIndex,
    pub(crate) campaign: CampaignId,
    /// In the order of the command's tasks.
    pub(crate) attempts: Vec<AttemptRef>,
    pub(crate) unknown: bool,
}

/// All that the scheduler remembers, but for its policies.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) campaigns: Vec<Campaign>,
    pub(crate) by_id: BTreeMap<CampaignId, u32>,
    pub(crate) users: BTreeMap<Arc<str>, UserIndex>,
    /// Slots of campaigns to which something can still happen, in order.
    pub(crate) open: Vec<u32>,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) attempts: Attempts,
    pub(crate) submitted: BTreeMap<CommandId, PendingSubmission>,
    pub(crate) events: BTreeMap<EventId, OpenEvent>,
    pub(crate) deadlines: Deadlines,
    pub(crate) ranks: BTreeMap<(Arc<str>, ClusterId), i32>,
    pub(crate) last_command: u64,
    pub(crate) last_event: u64,
}

impl Ledger {
    pub(crate) fn slot(&self, id: CampaignId) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    /// Returns a user's index; the first time, it is given.
    pub(crate) fn user_index(&mut self, user: &Arc<str>) -> UserIndex {
        // No more users than campaigns, which are counted in `u32`.
        let next = UserIndex(self.users.len() as u32);
        *self.users.entry(Arc::clone(user)).or_insert(next)
    }

    pub(crate) fn campaign(&self, slot: u32) -> &Campaign {
        &self.campaigns[slot as usize]
    }

    pub(crate) fn campaign_mut(&mut self, slot: u32) -> &mut Campaign {
        &mut self.campaigns[slot as usize]
    }

    pub(crate) fn cluster(&self, id: ClusterId) -> &Cluster {
        &self.clusters[id.index()]
    }

    pub(crate) fn cluster_mut(&mut self, id: ClusterId) -> &mut Cluster {
        &mut self.clusters[id.index()]
    }

    pub(crate) fn pair(&self, cluster: ClusterId, pair_index: PairIndex) -> &Pair {
        self.cluster(cluster).pair(pair_index)
    }

    pub(crate) fn pair_mut(&mut self, cluster: ClusterId, pair_index: PairIndex) -> &mut Pair {
        self.cluster_mut(cluster).pair_mut(pair_index)
    }

    /// Moves the next task of a campaign from the bag to its queue on a cluster.
    pub(crate) fn queue_next(
        &mut self,
        cluster: ClusterId,
        pair_index: PairIndex,
        now: Timestamp,
    ) -> bool {
        let pair = self.pair(cluster, pair_index);
        let (slot, cluster_position) = (pair.slot, pair.cluster_position);
        let Some(index) = self.campaigns[slot as usize].bag.first(cluster_position) else {
            return false;
        };
        self.queue_task(cluster, pair_index, index, now);
        true
    }

    /// Moves a task from the bag to a campaign's queue on a cluster.
    pub(crate) fn queue_task(
        &mut self,
        cluster: ClusterId,
        pair_index: PairIndex,
        index: u32,
        now: Timestamp,
    ) {
        let Ledger { campaigns, clusters, .. } = self;
        let pair = clusters[cluster.index()].pair_mut(pair_index);
        let class = campaigns[pair.slot as usize].bag.queue(index, pair.cluster_position);
        pair.queue.push(class, index, now);
    }

    /// Takes tasks of a campaign out of its queues on other clusters, to be launched on this one: so many at
    /// most, in the order in which this cluster should get them.
    pub(crate) fn take_elsewhere(
        &mut self,
        cluster: ClusterId,
        pair_index: PairIndex,
        most: u32,
    ) -> Vec<u32> {
        let pair = self.pair(cluster, pair_index);
        let (slot, cluster_position) = (pair.slot, pair.cluster_position);
        let campaign = self.campaign(slot);
        let mut found: Vec<(Class, u16, u32)> = Vec::new();
        let others: Vec<(ClusterId, PairIndex)> =
            campaign.pairs.iter().copied().filter(|(other, _)| *other != cluster).collect();
        for &(other, pair_index) in &others {
            let queue = &self.pair(other, pair_index).queue;
            found.extend(queue.iter_by_class().map(|(class, index)| {
                (class, campaign.bag.penalty(index, cluster_position), index)
            }));
        }
        found.sort_unstable();
        found.truncate(most as usize);
        let taken: Vec<u32> = found.into_iter().map(|(_, _, index)| index).collect();
        let gone: BTreeSet<u32> = taken.iter().copied().collect();
        for (other, pair_index) in others {
            self.pair_mut(other, pair_index).queue.remove_all(&gone);
        }
        taken
    }

    /// Puts every queued task of a campaign on a cluster back into the bag, as if it had not been placed.
    pub(crate) fn flush_queue(&mut self, cluster: ClusterId, pair_index: PairIndex) {
        let Ledger { campaigns, clusters, .. } = self;
        let pair = clusters[cluster.index()].pair_mut(pair_index);
        let bag = &mut campaigns[pair.slot as usize].bag;
        for class in Class::ALL {
            while let Some(index) = pair.queue.pop(class) {
                bag.put_back(index, TaskState::Queued, class);
            }
        }
    }

    /// Makes the attempt for a piece of work that is about to be asked for.
    pub(crate) fn launch(
        &mut self,
        cluster: ClusterId,
        pair_index: PairIndex,
        work: AttemptWork,
        now: Timestamp,
    ) -> AttemptRef {
        let at = self.attempts.next();
        let Ledger { campaigns, clusters, attempts, .. } = self;
        let pair = clusters[cluster.index()].pair_mut(pair_index);
        let campaign = &mut campaigns[pair.slot as usize];
        match work {
            AttemptWork::Task(index) => {
                campaign.bag.launch(index, at.slot);
                campaign.attempts += 1;
            }
            AttemptWork::Prologue => pair.prologue = ScriptState::UnderWay,
            AttemptWork::Epilogue => pair.epilogue = ScriptState::UnderWay,
        }
        campaign.live += 1;
        pair.jobs.add(JobState::Sent);
        attempts.insert(Attempt {
            serial: at.serial,
            campaign: pair.slot,
            cluster,
            pair_index,
            work,
            state: JobState::Sent,
            remote: None,
            submitted_at: now,
            started_at: Timestamp::NEVER,
            deadline: Timestamp::NEVER,
            gave_up_waiting: false,
            unwanted: false,
            recalled_for: None,
            copies: 0,
            deletions: 0,
        });
        at
    }

    /// Changes the state of a living attempt.
    pub(crate) fn set_state(&mut self, at: AttemptRef, state: JobState) {
        let Ledger { clusters, attempts, .. } = self;
        let attempt = attempts.get_mut(at).expect("only living attempts change their state");
        let pair = clusters[attempt.cluster.index()].pair_mut(attempt.pair_index);
        pair.jobs.remove(attempt.state);
        pair.jobs.add(state);
        attempt.state = state;
    }

    /// Sets when something has to be done about a living attempt.
    pub(crate) fn set_deadline(&mut self, at: AttemptRef, deadline: Timestamp) {
        let attempt = self.attempts.get_mut(at).expect("only living attempts have a deadline");
        let before = std::mem::replace(&mut attempt.deadline, deadline);
        if before == deadline {
            return;
        }
        self.drop_deadline(before, at);
        if !deadline.is_never() {
            self.deadlines.insert(deadline, at);
        }
    }

    /// An attempt has another deadline than this, or none any more.
    fn drop_deadline(&mut self, deadline: Timestamp, at: AttemptRef) {
        let Ledger { attempts, deadlines, .. } = self;
        if !deadline.is_never() {
            deadlines.drop_one(deadline, at, |deadline, at| {
                attempts.get(at).is_some_and(|attempt| attempt.deadline == deadline)
            });
        }
    }

    /// Removes an attempt that is over. What becomes of its work is still to be settled.
    pub(crate) fn end(&mut self, at: AttemptRef) -> Option<Attempt> {
        let attempt = self.attempts.remove(at)?;
        self.drop_deadline(attempt.deadline, at);
        self.campaign_mut(attempt.campaign).live -= 1;
        let cluster = self.cluster_mut(attempt.cluster);
        cluster.pair_mut(attempt.pair_index).jobs.remove(attempt.state);
        if let Some(remote) = attempt.remote {
            cluster.remote.remove(&remote);
        }
        Some(attempt)
    }

    /// Opens an event, with a blacklist if it blocks anything.
    pub(crate) fn open_event(
        &mut self,
        campaign: Option<CampaignId>,
        cluster: ClusterId,
        cause: EventCause,
        now: Timestamp,
    ) -> (EventId, Option<EventId>) {
        let mut next = || {
            self.last_event += 1;
            EventId(self.last_event)
        };
        let id = next();
        let blacklist = cause.blocks().then(&mut next);
        self.events.insert(id, OpenEvent { campaign, cluster, cause, opened_at: now, blacklist });
        (id, blacklist)
    }

    /// Finds the event that an id names: its own, or that of its blacklist.
    pub(crate) fn event_of(&self, id: EventId) -> Option<EventId> {
        if self.events.contains_key(&id) {
            return Some(id);
        }
        // A blacklist is numbered right behind its parent.
        let parent = EventId(id.0.checked_sub(1)?);
        let event = self.events.get(&parent)?;
        (event.blacklist == Some(id)).then_some(parent)
    }

    /// Returns the index of a campaign's pair on a cluster; none when it is not there.
    pub(crate) fn pair_index(&self, slot: u32, cluster: ClusterId) -> Option<PairIndex> {
        let pairs = &self.campaign(slot).pairs;
        pairs.iter().find(|(id, _)| *id == cluster).map(|(_, pair_index)| *pair_index)
    }
}
