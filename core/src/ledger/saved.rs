//! The ledger in a checkpoint. Counts and indexes that follow from something else are not written,
//! but made anew, so that they cannot contradict it; parameters come from outside.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, ClusterId, CommandId, EventId, PairIndex, UserIndex};
use crate::jdl::params::Parameters;
use crate::jdl::params::tasks::TaskParameters;
use crate::jdl::spec::{CampaignSpec, ClusterSettings};
use crate::ledger::attempt::saved::SavedAttempts;
use crate::ledger::attempt::{AttemptRef, AttemptWork, Attempts};
use crate::ledger::bag::Bag;
use crate::ledger::bag::saved::SavedBag;
use crate::ledger::campaign::{Campaign, CampaignState};
use crate::ledger::cluster::Cluster;
use crate::ledger::cluster::saved::SavedCluster;
use crate::ledger::deadlines::Deadlines;
use crate::ledger::task_state::TaskState;
use crate::ledger::{Ledger, OpenEvent, PendingSubmission};
use crate::report::EventCause;
use crate::restore::{ParameterSource, RestoreError};

/// All that the ledger remembers, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedLedger {
    campaigns: Vec<SavedCampaign>,
    open: Vec<u32>,
    clusters: Vec<SavedCluster>,
    attempts: SavedAttempts,
    submitted: Vec<SavedSubmission>,
    events: Vec<(EventId, OpenEvent)>,
    ranks: Vec<(Arc<str>, ClusterId, i32)>,
    last_command: u64,
    last_event: u64,
}

/// A campaign, as it is written: without its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedCampaign {
    id: CampaignId,
    user: Arc<str>,
    name: Box<str>,
    settings: Vec<Arc<ClusterSettings>>,
    parts: Vec<u32>,
    state: CampaignState,
    bag: SavedBag,
    #[serde(rename = "seats")]
    pairs: Vec<(ClusterId, PairIndex)>,
    attempts: u64,
    killed: u64,
}

/// A submission without its final answer, as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedSubmission {
    command: CommandId,
    cluster: ClusterId,
    #[serde(rename = "seat")]
    pair_index: PairIndex,
    attempts: Vec<(u32, u64)>,
    unknown: bool,
}

impl Ledger {
    pub(crate) fn save(&self) -> SavedLedger {
        let Ledger {
            campaigns,
            by_id: _,
            users: _,
            open,
            clusters,
            attempts,
            submitted,
            events,
            deadlines: _,
            ranks,
            last_command,
            last_event,
        } = self;
        let ranks = ranks.iter();
        SavedLedger {
            campaigns: campaigns.iter().map(Campaign::save).collect(),
            open: open.clone(),
            clusters: clusters.iter().map(Cluster::save).collect(),
            attempts: attempts.save(),
            submitted: submitted.iter().map(|(id, found)| found.save(*id)).collect(),
            events: events.iter().map(|(id, event)| (*id, *event)).collect(),
            ranks: ranks.map(|((user, at), rank)| (Arc::clone(user), *at, *rank)).collect(),
            last_command: *last_command,
            last_event: *last_event,
        }
    }

    /// Takes up a saved ledger.
    pub(crate) fn load(
        saved: SavedLedger,
        source: &mut dyn ParameterSource,
    ) -> Result<Ledger, RestoreError> {
        let SavedLedger {
            campaigns,
            open,
            clusters,
            attempts,
            submitted,
            events,
            ranks,
            last_command,
            last_event,
        } = saved;
        let mut is_open = vec![false; campaigns.len()];
        for &slot in &open {
            *is_open.get_mut(slot as usize).ok_or(damaged("a campaign is missing"))? = true;
        }
        if !open.is_sorted_by(|a, b| a < b) {
            return Err(damaged("the open campaigns are in disorder"));
        }
        let campaigns = campaigns.into_iter().zip(is_open);
        let campaigns =
            campaigns.map(|(saved, open)| Campaign::load(saved, open.then_some(&mut *source)));
        let campaigns = campaigns.collect::<Result<Vec<_>, _>>()?;
        let by_id: BTreeMap<_, _> =
            (0..).zip(&campaigns).map(|(slot, campaign)| (campaign.id, slot)).collect();
        if by_id.len() != campaigns.len() {
            return Err(damaged("a campaign is there twice"));
        }
        let clusters = clusters.into_iter().map(|saved| Cluster::load(saved, &campaigns));
        let clusters = clusters.collect::<Option<Vec<_>>>();
        let mut ledger = Ledger {
            by_id,
            users: BTreeMap::new(),
            open,
            clusters: clusters.ok_or(damaged("a cluster's campaigns"))?,
            campaigns,
            attempts: Attempts::load(attempts).ok_or(damaged("the slots of attempts"))?,
            submitted: BTreeMap::new(),
            events: events.into_iter().collect(),
            deadlines: Deadlines::default(),
            ranks: ranks.into_iter().map(|(user, at, rank)| ((user, at), rank)).collect(),
            last_command,
            last_event,
        };
        ledger.link_users();
        ledger.link_queues().ok_or(damaged("a queue holds a task that is elsewhere"))?;
        ledger.link_attempts().ok_or(damaged("an attempt has no place"))?;
        ledger.link_events().ok_or(damaged("an event is about nothing"))?;
        ledger.link_submissions(submitted).ok_or(damaged("a submission has no place"))?;
        Ok(ledger)
    }

    fn link_users(&mut self) {
        for slot in 0..self.campaigns.len() {
            let user = Arc::clone(&self.campaigns[slot].user);
            self.campaigns[slot].user_index = self.user_index(&user);
        }
    }

    fn link_queues(&mut self) -> Option<()> {
        for (position, cluster) in (0..).zip(&self.clusters) {
            for (pair_index, pair) in cluster.pairs() {
                let campaign = &mut self.campaigns[pair.slot as usize];
                if !campaign.pairs.contains(&(ClusterId(position), pair_index)) {
                    return None;
                }
                for index in pair.queue.iter() {
                    campaign.bag.link(
                        index,
                        TaskState::Queued,
                        u32::from(pair.cluster_position),
                    )?;
                }
            }
        }
        Some(())
    }

    fn link_attempts(&mut self) -> Option<()> {
        let Ledger { campaigns, clusters, attempts, deadlines, .. } = self;
        for (at, attempt) in attempts.iter() {
            let cluster = clusters.get_mut(attempt.cluster.index())?;
            let pair = cluster.find_pair_mut(attempt.pair_index)?;
            if pair.slot != attempt.campaign {
                return None;
            }
            pair.jobs.add(attempt.state);
            let campaign = campaigns.get_mut(attempt.campaign as usize)?;
            campaign.live += 1;
            if let AttemptWork::Task(index) = attempt.work {
                campaign.bag.link(index, TaskState::Live, at.slot)?;
            }
            if let Some(remote) = attempt.remote
                && cluster.remote.insert(remote, at).is_some()
            {
                return None;
            }
            if !attempt.deadline.is_never() {
                deadlines.insert(attempt.deadline, at);
            }
        }
        Some(())
    }

    fn link_events(&mut self) -> Option<()> {
        let mut waiting = 0_usize;
        for (event_id, event) in &self.events {
            let cluster = self.clusters.get_mut(event.cluster.index())?;
            // What blocks nothing is not counted.
            if let EventCause::Undeleted(_) = event.cause {
                continue;
            }
            let Some(id) = event.campaign else {
                continue;
            };
            let slot = *self.by_id.get(&id)?;
            let campaign = &mut self.campaigns[slot as usize];
            let (_, pair_index) = *campaign.pairs.iter().find(|(at, _)| *at == event.cluster)?;
            let pair = cluster.find_pair_mut(pair_index)?;
            campaign.events += u32::from(event.cause.is_awaited());
            if event.cause.blocks() {
                pair.events += 1;
            } else if !event.cause.is_awaited() {
                waiting += usize::from(pair.back_off?.event == *event_id);
            }
        }
        let pairs = self.clusters.iter().flat_map(Cluster::pairs);
        (pairs.filter(|(_, pair)| pair.back_off.is_some()).count() == waiting).then_some(())
    }

    fn link_submissions(&mut self, submitted: Vec<SavedSubmission>) -> Option<()> {
        for saved in submitted {
            let SavedSubmission { command, cluster: at, pair_index, attempts, unknown } = saved;
            let cluster = self.clusters.get_mut(at.index())?;
            let campaign = cluster.find_pair_mut(pair_index)?.campaign;
            cluster.unknown += u32::from(unknown);
            let attempts = attempts.into_iter();
            let attempts = attempts.map(|(slot, serial)| AttemptRef { slot, serial }).collect();
            let found = PendingSubmission { cluster: at, pair_index, campaign, attempts, unknown };
            self.submitted.insert(command, found);
        }
        let known = |cluster: &Cluster| {
            cluster.unanswered.is_none_or(|command| self.submitted.contains_key(&command))
        };
        self.clusters.iter().all(known).then_some(())
    }
}

impl PendingSubmission {
    fn save(&self, command: CommandId) -> SavedSubmission {
        // Whose it is follows from the pair.
        let PendingSubmission { cluster, pair_index, campaign: _, attempts, unknown } = self;
        SavedSubmission {
            command,
            cluster: *cluster,
            pair_index: *pair_index,
            attempts: attempts.iter().map(|at| (at.slot, at.serial)).collect(),
            unknown: *unknown,
        }
    }
}

impl Campaign {
    fn save(&self) -> SavedCampaign {
        let Campaign {
            id,
            user,
            user_index: _,
            spec,
            parameters,
            state,
            bag,
            pairs,
            live: _,
            events: _,
            attempts,
            killed,
        } = self;
        let CampaignSpec { name, clusters, parameters: _ } = &**spec;
        SavedCampaign {
            id: *id,
            user: Arc::clone(user),
            name: name.clone(),
            settings: clusters.clone(),
            parts: parameters.firsts().collect(),
            state: *state,
            bag: bag.save(),
            pairs: pairs.clone(),
            attempts: *attempts,
            killed: *killed,
        }
    }

    /// Takes up a saved campaign, with its parameters if there is a source for them.
    fn load(
        saved: SavedCampaign,
        mut source: Option<&mut dyn ParameterSource>,
    ) -> Result<Campaign, RestoreError> {
        let SavedCampaign {
            id,
            user,
            name,
            settings: clusters,
            parts: firsts,
            state,
            bag,
            pairs,
            attempts,
            killed,
        } = saved;
        let bag = Bag::load(bag, clusters.len()).ok_or(damaged("a bag miscounts its tasks"))?;
        let ascending = firsts.is_sorted_by(|a, b| a < b);
        if firsts.first() != Some(&0) || !ascending || firsts.last() > Some(&bag.total()) {
            return Err(damaged("the parts of a campaign are in disorder"));
        }
        let nothing = Arc::new(Parameters::none());
        let mut parts = Vec::with_capacity(firsts.len());
        for (position, &first) in firsts.iter().enumerate() {
            let parameters = match &mut source {
                None => Arc::clone(&nothing),
                Some(source) => {
                    let end = firsts.get(position + 1).copied().unwrap_or(bag.total());
                    part(id, first, end, *source)?
                }
            };
            parts.push((first, parameters));
        }
        let first = parts.first().map_or(nothing, |(_, first)| Arc::clone(first));
        let spec = Arc::new(CampaignSpec { name, clusters, parameters: first });
        let parameters = TaskParameters::from_parts(parts);
        let (live, events) = (0, 0);
        Ok(Campaign {
            id,
            user,
            // Given when all are there.
            user_index: UserIndex(0),
            spec,
            parameters,
            state,
            bag,
            pairs,
            live,
            events,
            attempts,
            killed,
        })
    }
}

/// Gets the parameters of the tasks from `first` to before `end`.
fn part(
    campaign: CampaignId,
    first: u32,
    end: u32,
    source: &mut dyn ParameterSource,
) -> Result<Arc<Parameters>, RestoreError> {
    let parameters = source
        .parameters(campaign, first)
        .map_err(|source| RestoreError::Parameters { campaign, first, source })?;
    let (expected, found) = (end - first, parameters.len());
    if expected != found {
        return Err(RestoreError::ParameterCount { campaign, first, expected, found });
    }
    Ok(parameters)
}

fn damaged(what: &'static str) -> RestoreError {
    RestoreError::Damaged { what }
}
