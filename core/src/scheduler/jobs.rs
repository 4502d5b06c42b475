//! Facts about jobs, and what the end of each leads to.

use crate::config::OnFailure;
use crate::fact::{Fact, Outcome};
use crate::ids::{ClusterId, RemoteJobId, TaskId};
use crate::job::JobState;
use crate::ledger::attempt::{Attempt, AttemptRef, AttemptWork};
use crate::ledger::bag::Class;
use crate::ledger::campaign::CampaignState;
use crate::ledger::pair::ScriptState;
use crate::ledger::task_state::TaskState;
use crate::report::{CancelReason, CycleReport, EventCause, Notice};
use crate::scheduler::Scheduler;
use crate::time::Timestamp;

/// The exit code with which a task asks to be done again at once.
const EXIT_AGAIN: u8 = 66;
/// The exit code with which a task asks to be done again after all others.
const EXIT_AGAIN_LAST: u8 = 67;

/// What the end of a job means.
pub(super) enum AfterJob {
    /// It has done its work.
    Done,
    /// It says, or cannot help, that it must be done again.
    Again(Class),
    /// Killed at its walltime: again, but not for ever.
    TooLong,
    /// It has failed.
    Failed,
}

/// Returns what this outcome means.
pub(super) fn after(outcome: Outcome) -> AfterJob {
    match outcome {
        Outcome::Exited(0) => AfterJob::Done,
        Outcome::Exited(EXIT_AGAIN) => AfterJob::Again(Class::Front),
        Outcome::Exited(EXIT_AGAIN_LAST) => AfterJob::Again(Class::End),
        Outcome::KilledBestEffort
        | Outcome::Exterminated
        | Outcome::Deleted
        | Outcome::LeaseExpired => AfterJob::Again(Class::Front),
        Outcome::KilledWalltime => AfterJob::TooLong,
        Outcome::Exited(_)
        | Outcome::Signalled(_)
        | Outcome::WorkingDirectory
        | Outcome::NotStarted
        | Outcome::LateOrFailed
        | Outcome::OtherTask
        | Outcome::Unsendable
        | Outcome::Unreadable
        | Outcome::Unknown => AfterJob::Failed,
    }
}

impl Scheduler {
    pub(super) fn job_fact(
        &mut self,
        cluster: ClusterId,
        job: RemoteJobId,
        fact: &Fact,
        report: &mut CycleReport,
    ) -> bool {
        let Some(known) = self.ledger.clusters.get(cluster.index()) else {
            return false;
        };
        let Some(&at) = known.remote.get(&job) else {
            return if known.orphans.contains_key(&job) {
                self.orphan_fact(cluster, job, fact)
            } else {
                self.keep_early(cluster, fact)
            };
        };
        match fact {
            Fact::JobWaiting { .. } => self.job_waits(at),
            Fact::JobUnclear { .. } => self.job_unclear(at),
            Fact::JobStarted { at: since, .. } => self.job_started(at, *since),
            Fact::JobEnded { outcome, .. } => self.job_ended(at, *outcome, report),
            Fact::JobReplaced { copy, .. } => self.job_replaced(at, *copy, report),
            Fact::CampaignSubmitted { .. }
            | Fact::CampaignHeld { .. }
            | Fact::CampaignResumed { .. }
            | Fact::CampaignCancelled { .. }
            | Fact::TaskCancelled { .. }
            | Fact::JobFound { .. }
            | Fact::JobRecovered { .. }
            | Fact::DeletionRefused { .. }
            | Fact::ClusterDisabled { .. }
            | Fact::JobsAdded { .. }
            | Fact::CommandAccepted { .. }
            | Fact::CommandRefused { .. }
            | Fact::JobLeftOut { .. }
            | Fact::CommandUnknown { .. }
            | Fact::CommandExpired { .. }
            | Fact::ClusterLost { .. }
            | Fact::ClusterBack { .. }
            | Fact::ClusterStressed { .. }
            | Fact::ClusterRelaxed { .. }
            | Fact::UserPriority { .. }
            | Fact::EventFixed { .. } => false,
        }
    }

    fn state_of(&self, at: AttemptRef) -> JobState {
        self.ledger.attempts.get(at).expect("a job with a name is alive").state
    }

    /// Takes in a fact about a job that is only there to be deleted.
    fn orphan_fact(&mut self, cluster: ClusterId, job: RemoteJobId, fact: &Fact) -> bool {
        let orphans = &mut self.ledger.cluster_mut(cluster).orphans;
        matches!(fact, Fact::JobEnded { .. }) && orphans.remove(&job).is_some()
    }

    /// The job goes on under another id, and begins anew.
    fn job_replaced(
        &mut self,
        at: AttemptRef,
        copy: RemoteJobId,
        report: &mut CycleReport,
    ) -> bool {
        let attempt = self.ledger.attempts.get_mut(at).expect("a job with a name is alive");
        let cluster = &mut self.ledger.clusters[attempt.cluster.index()];
        if cluster.remote.contains_key(&copy) {
            return false;
        }
        let job = attempt.remote.replace(copy).expect("it was found by its name");
        cluster.remote.remove(&job);
        cluster.remote.insert(copy, at);
        cluster.orphans.remove(&copy);
        attempt.started_at = Timestamp::NEVER;
        attempt.gave_up_waiting = false;
        attempt.copies = attempt.copies.saturating_add(1);
        attempt.deletions = 0;
        let (cluster, slot) = (attempt.cluster, attempt.campaign);
        let campaign = self.ledger.campaign(slot).id;
        self.ledger.set_state(at, JobState::Accepted);
        self.ledger.set_deadline(at, self.now + self.config.waiting_limit);
        self.delete_if_unwanted(at);
        report.notice(Notice::JobReplaced { cluster, campaign, job, copy });
        true
    }

    /// Deletes a job that has just got its name, if it is not to go on.
    pub(super) fn delete_if_unwanted(&mut self, at: AttemptRef) {
        if let Some(reason) = self.unwanted(at) {
            let attempt = self.ledger.attempts.get(at).expect("the attempt was just named");
            self.ledger.clusters[attempt.cluster.index()].cancels.insert(at, reason);
        }
    }

    /// Returns why an attempt is not to go on, whatever the time: nobody wants it any more, or it cannot be
    /// started.
    pub(super) fn unwanted(&self, at: AttemptRef) -> Option<CancelReason> {
        let attempt = self.ledger.attempts.get(at)?;
        if self.ledger.campaign(attempt.campaign).state == CampaignState::Cancelled {
            Some(CancelReason::CampaignCancelled)
        } else if attempt.unwanted {
            Some(CancelReason::TaskCancelled)
        } else if attempt.cannot_start() {
            Some(CancelReason::CannotStart)
        } else {
            None
        }
    }

    fn job_waits(&mut self, at: AttemptRef) -> bool {
        // A job that runs does not wait again: that is an old listing.
        let news = matches!(self.state_of(at), JobState::Accepted | JobState::Unclear);
        if news {
            self.ledger.set_state(at, JobState::Waiting);
        }
        news
    }

    fn job_unclear(&mut self, at: AttemptRef) -> bool {
        let news = self.state_of(at) != JobState::Unclear;
        if news {
            self.ledger.set_state(at, JobState::Unclear);
        }
        news
    }

    fn job_started(&mut self, at: AttemptRef, since: Timestamp) -> bool {
        if self.state_of(at) == JobState::Running {
            return false;
        }
        self.ledger.set_state(at, JobState::Running);
        let attempt = self.ledger.attempts.get_mut(at).expect("its state was just set");
        (attempt.started_at, attempt.copies, attempt.recalled_for) = (since, 0, None);
        let attempt = self.ledger.attempts.get(at).expect("it was there just now");
        let settings = &self.ledger.pair(attempt.cluster, attempt.pair_index).settings;
        let script = match attempt.work {
            AttemptWork::Task(_) => None,
            AttemptWork::Prologue => settings.prologue.as_ref(),
            AttemptWork::Epilogue => settings.epilogue.as_ref(),
        };
        let walltime = script.map_or(settings.walltime, |script| script.walltime);
        self.ledger.set_deadline(at, since + walltime + self.config.walltime_margin);
        true
    }

    fn job_ended(&mut self, at: AttemptRef, outcome: Outcome, report: &mut CycleReport) -> bool {
        let attempt = self.ledger.end(at).expect("a job with a name is alive");
        let outcome = match outcome {
            Outcome::Deleted | Outcome::Exterminated if attempt.cannot_start() => {
                Outcome::NotStarted
            }
            outcome => outcome,
        };
        let campaign = self.ledger.campaign_mut(attempt.campaign);
        campaign.killed += u64::from(outcome == Outcome::KilledBestEffort);
        match attempt.work {
            AttemptWork::Task(index) => self.task_ended(&attempt, index, outcome, report),
            AttemptWork::Prologue | AttemptWork::Epilogue => {
                self.script_ended(&attempt, outcome, report);
            }
        }
        true
    }

    fn task_ended(
        &mut self,
        attempt: &Attempt,
        index: u32,
        outcome: Outcome,
        report: &mut CycleReport,
    ) {
        let campaign = &mut self.ledger.campaigns[attempt.campaign as usize];
        let (cluster, pair_index) = (attempt.cluster, attempt.pair_index);
        let task = TaskId { campaign: campaign.id, index };
        let after_job = after(outcome);
        if matches!(after_job, AfterJob::Done) {
            return campaign.bag.settle(index, TaskState::Live, TaskState::Done);
        }
        if campaign.state == CampaignState::Cancelled || attempt.unwanted {
            return campaign.bag.settle(index, TaskState::Live, TaskState::Cancelled);
        }
        let cluster_position =
            self.ledger.clusters[cluster.index()].pair(pair_index).cluster_position;
        let waited = attempt.gave_up_waiting || attempt.recalled_for.is_some();
        let twice = waited || matches!(after_job, AfterJob::TooLong);
        campaign.bag.penalise(index, cluster_position, if twice { 2 } else { 1 });
        let cell = campaign.bag.cell_mut(index);
        let again = match after_job {
            AfterJob::Done | AfterJob::Failed => None,
            AfterJob::Again(class) => Some(class),
            AfterJob::TooLong => {
                cell.walltime_kills = cell.walltime_kills.saturating_add(1);
                (cell.walltime_kills <= self.config.walltime_kills_max).then_some(Class::Front)
            }
        };
        let again = again.filter(|_| cell.resubmits < self.config.resubmits_max);
        cell.resubmits += u16::from(again.is_some());
        if let Some(class) = again {
            campaign.bag.put_back(index, TaskState::Live, class);
            self.queue_where_needed(attempt, index);
            return report.notice(Notice::Resubmitted { task, cluster, outcome });
        }
        self.task_failed(attempt, task, outcome, report);
    }

    pub(super) fn task_failed(
        &mut self,
        attempt: &Attempt,
        task: TaskId,
        outcome: Outcome,
        report: &mut CycleReport,
    ) {
        let (cluster, pair_index) = (attempt.cluster, attempt.pair_index);
        let bag = &mut self.ledger.campaign_mut(attempt.campaign).bag;
        let retries = bag.cell(task.index).retries;
        match self.config.on_failure {
            OnFailure::Block => {
                bag.settle(task.index, TaskState::Live, TaskState::Blocked);
                self.raise(cluster, pair_index, EventCause::Task { task, outcome }, report);
            }
            // Nobody can tell whether its job is over, and nothing makes its parameter shorter.
            OnFailure::Retry { .. }
                if matches!(outcome, Outcome::Unreadable | Outcome::Unsendable) =>
            {
                bag.settle(task.index, TaskState::Live, TaskState::Blocked);
                self.raise(cluster, pair_index, EventCause::Task { task, outcome }, report);
            }
            OnFailure::Retry { max } if retries < max => {
                bag.cell_mut(task.index).retries += 1;
                bag.put_back(task.index, TaskState::Live, Class::Front);
                report.notice(Notice::Resubmitted { task, cluster, outcome });
            }
            OnFailure::Retry { .. } | OnFailure::Ignore => {
                bag.settle(task.index, TaskState::Live, TaskState::Failed);
                report.notice(Notice::TaskFailed { task, cluster, outcome });
            }
        }
    }

    fn script_ended(&mut self, attempt: &Attempt, outcome: Outcome, report: &mut CycleReport) {
        let (cluster, pair_index) = (attempt.cluster, attempt.pair_index);
        let cancelled = self.ledger.campaign(attempt.campaign).state == CampaignState::Cancelled;
        let state = if outcome == Outcome::Exited(0) {
            ScriptState::Done
        } else if cancelled {
            ScriptState::Skipped
        } else if self.script_retried(cluster, pair_index, outcome) {
            ScriptState::Due
        } else {
            ScriptState::Failed
        };
        let pair = self.ledger.pair_mut(cluster, pair_index);
        let prologue = attempt.work == AttemptWork::Prologue;
        *(if prologue { &mut pair.prologue } else { &mut pair.epilogue }) = state;
        if state == ScriptState::Failed {
            let cause = if prologue {
                EventCause::Prologue(outcome)
            } else {
                EventCause::Epilogue(outcome)
            };
            self.raise(cluster, pair_index, cause, report);
        }
    }
}
