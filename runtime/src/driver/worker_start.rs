//! What a cluster's worker has to know when the daemon starts: the jobs that live there, and how it was last. Asks no
//! cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_core::fact::{Fact, RecoveredWork};
use gleaner_core::ids::{CampaignId, ClusterId};
use gleaner_core::job::JobState;
use gleaner_core::listing::ListedState;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::tracking::{JobWork, LiveJob};

use crate::order::{KnownJob, WorkerStart};
use crate::store::epoch::Epoch;

/// Notes in the start of a worker what the core knows of its cluster.
pub(super) fn know(
    worker: &mut WorkerStart,
    scheduler: &Scheduler,
    cluster: ClusterId,
    epoch: &Epoch,
) {
    let owner = |campaign| Arc::clone(scheduler.user(campaign).expect("whoever has jobs is known"));
    let jobs = scheduler.jobs_on(cluster).map(|(job, live)| KnownJob {
        job,
        user: owner(live.campaign),
        state: listed(&live),
        task: match live.work {
            JobWork::Task(task) => Some(task.index),
            JobWork::Prologue(_) | JobWork::Epilogue(_) => None,
        },
    });
    // Of a campaign that nobody knows, there is nobody to delete it as.
    let orphans = scheduler.orphans_on(cluster).filter_map(|(job, campaign)| {
        let user = Arc::clone(scheduler.user(campaign)?);
        Some(KnownJob { job, user, state: None, task: None })
    });
    let health = scheduler.cluster_health(cluster);
    worker.lost = health.is_some_and(|health| !health.answers);
    worker.stressed = health.is_some_and(|health| health.stressed);
    worker.epoch = epoch.to_string();
    worker.jobs = jobs.chain(orphans).collect();
}

/// Returns the jobs that were found again when a backup was restored, and that the core has not heard of
/// yet: those that were not over then are to be followed.
pub(super) fn recovered(asked: &[Fact], scheduler: &Scheduler) -> Vec<(ClusterId, KnownJob)> {
    let mut users: BTreeMap<CampaignId, Arc<str>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for fact in asked {
        match fact {
            Fact::CampaignSubmitted { campaign, user, .. } => {
                users.insert(*campaign, Arc::clone(user));
            }
            Fact::JobRecovered { cluster, job, campaign, .. }
            | Fact::JobFound { cluster, job, campaign } => {
                let user = scheduler.user(*campaign).or_else(|| users.get(campaign));
                let task = match fact {
                    Fact::JobRecovered { work: RecoveredWork::Task(index), .. } => Some(*index),
                    _ => None,
                };
                let known = user.map(|user| KnownJob {
                    job: *job,
                    user: Arc::clone(user),
                    state: None,
                    task,
                });
                found.extend(known.map(|known| ((*cluster, *job), known)));
            }
            Fact::JobEnded { cluster, job, .. } => drop(found.remove(&(*cluster, *job))),
            _ => {}
        }
    }
    found.into_iter().map(|((cluster, _), known)| (cluster, known)).collect()
}

/// Returns what a listing showed of a job last.
fn listed(live: &LiveJob) -> Option<ListedState> {
    match live.state {
        JobState::Sent | JobState::Unknown | JobState::Accepted => None,
        JobState::Waiting => Some(ListedState::Waiting),
        JobState::Running => live.started_at.map(ListedState::Running),
        JobState::Unclear => Some(ListedState::Unclear),
    }
}
