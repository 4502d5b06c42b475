//! What a driver has to follow, and asks for when it starts: submissions without their final answer,
//! and jobs that are or may be alive.

use std::sync::Arc;

use crate::ids::{CampaignId, ClusterId, CommandId, RemoteJobId, TaskId};
use crate::job::JobState;
use crate::ledger::attempt::{Attempt, AttemptWork};
use crate::scheduler::Scheduler;
use crate::time::Timestamp;

/// A submission for some of whose jobs no final answer has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSubmission {
    /// Its command.
    pub command: CommandId,
    /// Where it went.
    pub cluster: ClusterId,
    /// Whose jobs.
    pub campaign: CampaignId,
    /// Whether its outcome was told to be unknown; else there has been no answer at all.
    pub unknown: bool,
    /// Its jobs, in the order of the command's tasks.
    pub jobs: Vec<SubmittedJob>,
}

/// A job of a submission without its final answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmittedJob {
    /// It has no id yet: it may or may not exist.
    Nameless(JobWork),
    /// It has its id, and is alive as far as is known.
    Named(JobWork, RemoteJobId),
    /// It had its id, and is over.
    Over,
}

/// A job that is or may be alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveJob {
    /// Where.
    pub cluster: ClusterId,
    /// Whose.
    pub campaign: CampaignId,
    /// What it does.
    pub work: JobWork,
    /// The cluster's name for it; none as long as its submission has not been answered.
    pub job: Option<RemoteJobId>,
    /// What is known of it.
    pub state: JobState,
    /// When it was asked for.
    pub submitted_at: Timestamp,
    /// When it started, by the cluster's clock, if it was seen running.
    pub started_at: Option<Timestamp>,
}

/// What a job of ours does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobWork {
    /// A task.
    Task(TaskId),
    /// The prologue of this campaign.
    Prologue(CampaignId),
    /// The epilogue of this campaign.
    Epilogue(CampaignId),
}

/// How a cluster is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterHealth {
    /// Commands can be sent there.
    pub answers: bool,
    /// New work may go there: it answers, no event blocks it, and it is part of the grid.
    pub usable: bool,
    /// It is under stress: nothing new is planned there.
    pub stressed: bool,
    /// It is not part of the grid any more.
    pub retired: bool,
}

impl Scheduler {
    /// Lists the submissions without their final answer, in the order of their commands.
    pub fn open_submissions(&self) -> impl Iterator<Item = OpenSubmission> {
        self.ledger.submitted.iter().map(|(&command, submitted)| {
            let jobs = submitted.attempts.iter().map(|&at| match self.ledger.attempts.get(at) {
                None => SubmittedJob::Over,
                Some(attempt) => match attempt.remote {
                    None => SubmittedJob::Nameless(self.work_of(attempt)),
                    Some(job) => SubmittedJob::Named(self.work_of(attempt), job),
                },
            });
            OpenSubmission {
                command,
                cluster: submitted.cluster,
                campaign: submitted.campaign,
                unknown: submitted.unknown,
                jobs: jobs.collect(),
            }
        })
    }

    /// Lists the jobs that are or may be alive, those without a name included, in no order that means
    /// anything.
    pub fn jobs(&self) -> impl Iterator<Item = LiveJob> {
        self.ledger.attempts.iter().map(|(_, attempt)| self.live_job(attempt))
    }

    /// Lists the jobs on a cluster that have a name, by name.
    pub fn jobs_on(&self, cluster: ClusterId) -> impl Iterator<Item = (RemoteJobId, LiveJob)> {
        let known = self.ledger.clusters.get(cluster.index()).into_iter();
        let named = known.flat_map(|known| &known.remote);
        named.filter_map(|(&job, &at)| Some((job, self.live_job(self.ledger.attempts.get(at)?))))
    }

    /// Returns a job on a cluster; none when it is over, or not known to be ours.
    pub fn job(&self, cluster: ClusterId, job: RemoteJobId) -> Option<LiveJob> {
        let at = *self.ledger.clusters.get(cluster.index())?.remote.get(&job)?;
        self.ledger.attempts.get(at).map(|attempt| self.live_job(attempt))
    }

    /// Returns the campaign that a job on a cluster belongs to, also for one that is only there to be
    /// deleted; none when it is over, or not known to be ours.
    pub fn campaign_of(&self, cluster: ClusterId, job: RemoteJobId) -> Option<CampaignId> {
        let orphan = || {
            let known = self.ledger.clusters.get(cluster.index())?;
            known.orphans.get(&job).map(|(campaign, _)| *campaign)
        };
        self.job(cluster, job).map(|live| live.campaign).or_else(orphan)
    }

    /// Lists the jobs on a cluster that are only there to be deleted, with whose they were.
    pub fn orphans_on(
        &self,
        cluster: ClusterId,
    ) -> impl Iterator<Item = (RemoteJobId, CampaignId)> {
        let known = self.ledger.clusters.get(cluster.index()).into_iter();
        let orphans = known.flat_map(|known| &known.orphans);
        orphans.map(|(job, (campaign, _))| (*job, *campaign))
    }

    /// Returns whether a cluster can be talked to, and whether new work may go there.
    pub fn cluster_health(&self, cluster: ClusterId) -> Option<ClusterHealth> {
        let known = self.ledger.clusters.get(cluster.index())?;
        Some(ClusterHealth {
            answers: known.answers(),
            usable: self.usable(cluster),
            stressed: known.stress.is_some(),
            retired: self.retired(cluster),
        })
    }

    /// Returns the user who owns a campaign; none when it is unknown.
    pub fn user(&self, campaign: CampaignId) -> Option<&Arc<str>> {
        self.ledger.slot(campaign).map(|slot| &self.ledger.campaign(slot).user)
    }

    /// Returns the number of the last command; zero before the first.
    pub fn last_command(&self) -> CommandId {
        CommandId(self.ledger.last_command)
    }

    /// Returns when the last cycle ran.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    fn live_job(&self, attempt: &Attempt) -> LiveJob {
        LiveJob {
            cluster: attempt.cluster,
            campaign: self.ledger.campaign(attempt.campaign).id,
            work: self.work_of(attempt),
            job: attempt.remote,
            state: attempt.state,
            submitted_at: attempt.submitted_at,
            started_at: Some(attempt.started_at).filter(|at| !at.is_never()),
        }
    }

    fn work_of(&self, attempt: &Attempt) -> JobWork {
        let campaign = self.ledger.campaign(attempt.campaign).id;
        match attempt.work {
            AttemptWork::Task(index) => JobWork::Task(TaskId { campaign, index }),
            AttemptWork::Prologue => JobWork::Prologue(campaign),
            AttemptWork::Epilogue => JobWork::Epilogue(campaign),
        }
    }
}
