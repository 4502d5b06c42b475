//! What must be true after every cycle: each task in exactly one state, at most one live attempt of
//! it, and counts that add up. Checked by tests, and by the simulator in every run.

use std::collections::BTreeSet;

use crate::ids::{CampaignId, ClusterId, TaskId};
use crate::job::StateCounts;
use crate::ledger::attempt::AttemptWork;
use crate::ledger::task_state::{TaskCounts, TaskState};
use crate::report::EventCause;
use crate::scheduler::Scheduler;

/// Something that must never be, and is therefore a bug of this crate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The tasks of a campaign, state by state, are not all its tasks.
    #[error("campaign {campaign} has {total} tasks, but counts {counted} in all states")]
    TotalDiffers {
        /// The campaign.
        campaign: CampaignId,
        /// Its tasks.
        total: u32,
        /// The sum over the states.
        counted: u64,
    },
    /// A running count differs from what is really there.
    #[error("campaign {campaign} counts {counted} {what}, but there are {real}")]
    CountDiffers {
        /// The campaign.
        campaign: CampaignId,
        /// What is counted.
        what: &'static str,
        /// The running count.
        counted: u64,
        /// What a recount gives.
        real: u64,
    },
    /// The jobs by state of a campaign on a cluster differ from what is really there.
    #[error("campaign {campaign} miscounts its jobs on cluster {cluster}")]
    JobsDiffer {
        /// The campaign.
        campaign: CampaignId,
        /// The cluster.
        cluster: ClusterId,
    },
    /// A task has a job although it is somewhere else, or has two.
    #[error("task {task} is not with the one job that says so")]
    NotItsJob {
        /// The task.
        task: TaskId,
    },
    /// The events that block a campaign or a cluster are not those that are open.
    #[error(
        "the open events of cluster {cluster} are not those that it, or a campaign there, counts"
    )]
    EventsDiffer {
        /// The cluster.
        cluster: ClusterId,
    },
    /// The names of jobs on a cluster, or their deadlines, do not lead to the jobs that have them.
    #[error(
        "cluster {cluster} misnames its jobs, or forgets when something has to be done about one"
    )]
    NamesDiffer {
        /// The cluster.
        cluster: ClusterId,
    },
    /// The order in which a cluster looks at its campaigns does not hold each of them once.
    #[error("cluster {cluster} leaves a campaign out of its order, or has one in it twice")]
    CampaignsDiffer {
        /// The cluster.
        cluster: ClusterId,
    },
    /// The bag's order for some cluster does not hold the pending tasks.
    #[error("campaign {campaign} has pending tasks that no order knows, or the other way round")]
    OrderDiffers {
        /// The campaign.
        campaign: CampaignId,
    },
}

impl Scheduler {
    /// Checks the running counts of all campaigns that are not over. Cheap enough for every cycle:
    /// its work does not depend on the number of tasks.
    ///
    /// # Errors
    /// The first [`Violation`] found.
    pub fn check_invariants(&self) -> Result<(), Violation> {
        for &slot in &self.ledger.open {
            let campaign = self.ledger.campaign(slot);
            let (id, counts) = (campaign.id, campaign.bag.counts());
            let total = campaign.bag.total();
            if counts.total() != u64::from(total) {
                let counted = counts.total();
                return Err(Violation::TotalDiffers { campaign: id, total, counted });
            }
            let (mut queued, mut jobs, mut scripts) = (0_u64, 0_u64, 0_u64);
            for &(cluster, pair_index) in &campaign.pairs {
                let pair = self.ledger.pair(cluster, pair_index);
                queued += u64::from(pair.queue.len());
                jobs += u64::from(pair.jobs.total());
                let under_way = crate::ledger::pair::ScriptState::UnderWay;
                scripts += u64::from(pair.prologue == under_way);
                scripts += u64::from(pair.epilogue == under_way);
            }
            agree(id, "queued tasks", counts.of(TaskState::Queued), queued)?;
            agree(id, "living jobs", campaign.live, jobs)?;
            agree(id, "tasks with a job", counts.of(TaskState::Live), jobs - scripts.min(jobs))?;
            if campaign.events < counts.of(TaskState::Blocked) {
                let (counted, real) = (campaign.events, counts.of(TaskState::Blocked));
                agree(id, "events", counted, u64::from(real))?;
            }
        }
        Ok(())
    }

    /// Counts everything anew and compares. Its work grows with the number of tasks ever tried.
    ///
    /// # Errors
    /// The first [`Violation`] found.
    pub fn check_invariants_fully(&self) -> Result<(), Violation> {
        self.check_invariants()?;
        for campaign in &self.ledger.campaigns {
            let (id, counts) = (campaign.id, campaign.bag.counts());
            let real: TaskCounts = campaign.bag.recount();
            for (what, state) in STATES {
                agree(id, what, counts.of(state), u64::from(real.of(state)))?;
            }
            if !campaign.bag.orders_agree() && !campaign.pairs.is_empty() {
                return Err(Violation::OrderDiffers { campaign: id });
            }
        }
        self.check_order()?;
        self.check_queues()?;
        self.check_events()?;
        self.check_names()?;
        self.check_jobs()
    }

    fn check_order(&self) -> Result<(), Violation> {
        for (cluster, known) in ClusterId::with_each(&self.ledger.clusters) {
            let mut pairs = known.order().to_vec();
            pairs.sort_unstable();
            if !pairs.into_iter().eq(known.pair_indices()) {
                return Err(Violation::CampaignsDiffer { cluster });
            }
        }
        Ok(())
    }

    fn check_events(&self) -> Result<(), Violation> {
        for (id, cluster) in ClusterId::with_each(&self.ledger.clusters) {
            let here = self.ledger.events.iter().filter(|(_, event)| event.cluster == id);
            let mut of_cluster = 0_usize;
            let mut of_pairs = 0_usize;
            let mut waiting = 0_usize;
            for (event_id, event) in here {
                let known = match event.cause {
                    EventCause::Undeleted(_) if event.campaign.is_some() => continue,
                    EventCause::Undeleted(_) => None,
                    EventCause::Fault(_) => cluster.fault.map(|fault| fault.event),
                    EventCause::Disabled => cluster.disabled,
                    EventCause::Stress => cluster.stress,
                    EventCause::Refused(_) if !event.cause.blocks() => {
                        let waits = cluster.pairs().any(|(_, pair)| {
                            Some(pair.campaign) == event.campaign
                                && pair.back_off.map(|waits| waits.event) == Some(*event_id)
                        });
                        if !waits {
                            return Err(Violation::EventsDiffer { cluster: id });
                        }
                        waiting += 1;
                        continue;
                    }
                    EventCause::Task { .. }
                    | EventCause::Prologue(_)
                    | EventCause::Epilogue(_)
                    | EventCause::Refused(_) => {
                        of_pairs += usize::from(event.cause.blocks());
                        continue;
                    }
                };
                of_cluster += 1;
                if known != Some(*event_id) || event.campaign.is_some() {
                    return Err(Violation::EventsDiffer { cluster: id });
                }
            }
            let named = [cluster.fault.map(|fault| fault.event), cluster.disabled, cluster.stress];
            let counted: usize = cluster.pairs().map(|(_, pair)| pair.events as usize).sum();
            let back_offs = cluster.pairs().filter(|(_, pair)| pair.back_off.is_some());
            if named.iter().flatten().count() != of_cluster
                || counted != of_pairs
                || back_offs.count() != waiting
            {
                return Err(Violation::EventsDiffer { cluster: id });
            }
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), Violation> {
        let mut named = vec![0; self.ledger.clusters.len()];
        let deadlines: BTreeSet<_> = self.ledger.deadlines.iter().collect();
        let mut due = 0;
        for (at, attempt) in self.ledger.attempts.iter() {
            let id = attempt.cluster;
            let cluster = self.ledger.cluster(id);
            named[id.index()] += usize::from(attempt.remote.is_some());
            due += usize::from(!attempt.deadline.is_never());
            let found = attempt.remote.is_none_or(|job| {
                cluster.remote.get(&job) == Some(&at) && !cluster.orphans.contains_key(&job)
            });
            let remembered =
                attempt.deadline.is_never() || deadlines.contains(&(attempt.deadline, at));
            // A job that nobody wants is deleted, or else will be when it is due.
            if !found || !remembered || (attempt.remote.is_some() == attempt.deadline.is_never()) {
                return Err(Violation::NamesDiffer { cluster: id });
            }
        }
        for (id, cluster) in ClusterId::with_each(&self.ledger.clusters) {
            if cluster.remote.len() != named[id.index()] || due != self.ledger.deadlines.holding() {
                return Err(Violation::NamesDiffer { cluster: id });
            }
        }
        Ok(())
    }

    fn check_queues(&self) -> Result<(), Violation> {
        for cluster in &self.ledger.clusters {
            for (_, pair) in cluster.pairs() {
                let campaign = self.ledger.campaign(pair.slot);
                for index in pair.queue.iter() {
                    let cell = campaign.bag.cell(index);
                    if cell.state != TaskState::Queued
                        || cell.link != u32::from(pair.cluster_position)
                    {
                        let task = TaskId { campaign: campaign.id, index };
                        return Err(Violation::NotItsJob { task });
                    }
                }
            }
        }
        Ok(())
    }

    fn check_jobs(&self) -> Result<(), Violation> {
        let mut tasks = 0_u64;
        let mut counts: Vec<Vec<StateCounts>> = Vec::new();
        for cluster in &self.ledger.clusters {
            counts.push(vec![StateCounts::default(); cluster.pair_index_bound()]);
        }
        for (at, attempt) in self.ledger.attempts.iter() {
            counts[attempt.cluster.index()][attempt.pair_index.index()].add(attempt.state);
            let campaign = self.ledger.campaign(attempt.campaign);
            if let AttemptWork::Task(index) = attempt.work {
                tasks += 1;
                let cell = campaign.bag.cell(index);
                if cell.state != TaskState::Live || cell.link != at.slot {
                    return Err(Violation::NotItsJob {
                        task: TaskId { campaign: campaign.id, index },
                    });
                }
            }
        }
        for (position, cluster) in (0..).zip(&self.ledger.clusters) {
            for (pair_index, pair) in cluster.pairs() {
                if pair.jobs != counts[usize::from(position)][pair_index.index()] {
                    let (campaign, cluster) = (pair.campaign, ClusterId(position));
                    return Err(Violation::JobsDiffer { campaign, cluster });
                }
            }
        }
        let live = |campaign: &crate::ledger::campaign::Campaign| {
            u64::from(campaign.bag.counts().of(TaskState::Live))
        };
        let counted: u64 = self.ledger.campaigns.iter().map(live).sum();
        // With every attempt at its task, equal numbers mean one attempt each.
        match self.ledger.campaigns.first() {
            Some(first) if counted != tasks => {
                let campaign = first.id;
                Err(Violation::CountDiffers { campaign, what: "live tasks", counted, real: tasks })
            }
            _ => Ok(()),
        }
    }
}

const STATES: [(&str, TaskState); 7] = [
    ("pending tasks", TaskState::Pending),
    ("queued tasks", TaskState::Queued),
    ("live tasks", TaskState::Live),
    ("blocked tasks", TaskState::Blocked),
    ("done tasks", TaskState::Done),
    ("failed tasks", TaskState::Failed),
    ("cancelled tasks", TaskState::Cancelled),
];

fn agree(
    campaign: CampaignId,
    what: &'static str,
    counted: u32,
    real: u64,
) -> Result<(), Violation> {
    let counted = u64::from(counted);
    if counted == real {
        Ok(())
    } else {
        Err(Violation::CountDiffers { campaign, what, counted, real })
    }
}
