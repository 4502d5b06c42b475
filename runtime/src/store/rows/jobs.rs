//! Rows of jobs, kept in step with what the core is told and commands. Knows no event.

use gleaner_api::states::JobTag;
use gleaner_core::decision::{Action, Command, Work};
use gleaner_core::fact::{Fact, Outcome, RecoveredWork};
use gleaner_core::ids::{ClusterId, CommandId, RemoteJobId, TaskId};
use gleaner_core::jdl::spec::JobKind;
use gleaner_core::time::Timestamp;
use rusqlite::Connection;

use crate::clock::Moment;
use crate::order::JobNote;
use crate::store::error::StoreError;
use crate::store::rows::known_jobs::{KnownJobs, LivingJob, SubmittedJobs};
use crate::store::rows::{campaigns, job_row};

impl KnownJobs {
    /// Takes in a fact of the cycle under way.
    pub(super) fn fact(
        &mut self,
        connection: &Connection,
        fact: &Fact,
        cycle: Moment,
    ) -> Result<(), StoreError> {
        match fact {
            Fact::CommandAccepted { command, jobs } => self.named(connection, *command, jobs),
            Fact::DeletionRefused { cluster, jobs, words, .. } => {
                for known in jobs.iter().filter_map(|job| self.living.get(&(*cluster, *job))) {
                    if !words.is_empty() {
                        self.cycle.words.insert((known.campaign, *cluster), words.clone());
                    }
                }
                Ok(())
            }
            Fact::CommandRefused { command, words, .. } => {
                let Some(asked) = self.submitted.remove(command) else { return Ok(()) };
                if let Some(job) = asked.nameless.first().filter(|_| !words.is_empty()) {
                    self.cycle.words.insert((job.campaign, asked.cluster), words.clone());
                }
                asked.nameless.iter().try_for_each(|job| job_row::delete(connection, job.row))
            }
            Fact::CommandExpired { command } => {
                let Some(asked) = self.submitted.remove(command) else { return Ok(()) };
                asked.nameless.iter().try_for_each(|job| job_row::delete(connection, job.row))
            }
            Fact::JobLeftOut { command, place } => self.left_out(connection, *command, *place),
            Fact::JobWaiting { cluster, job } => match self.living.get(&(*cluster, *job)) {
                Some(known) => job_row::waits(connection, known.row),
                None => Ok(()),
            },
            Fact::JobStarted { cluster, job, at } => match self.living.get(&(*cluster, *job)) {
                Some(known) => job_row::started(connection, known.row, cycle.date_of(*at)),
                None => Ok(()),
            },
            Fact::JobEnded { cluster, job, at, outcome } => {
                match self.living.remove(&(*cluster, *job)) {
                    Some(known) => {
                        self.cycle.gone.insert((*cluster, *job), known.row);
                        self.job_ended(connection, *cluster, known, *at, *outcome)
                    }
                    None => Ok(()),
                }
            }
            Fact::JobReplaced { cluster, job, copy } => {
                let Some(known) = self.living.remove(&(*cluster, *job)) else { return Ok(()) };
                self.living.insert((*cluster, *copy), known);
                job_row::set_remote(connection, known.row, *copy)
            }
            Fact::JobRecovered { cluster, job, campaign, work, submitted_at } => {
                let (task, tag) = match work {
                    RecoveredWork::Task(index) => (Some(*index), None),
                    RecoveredWork::Prologue => (None, Some(JobTag::Prologue)),
                    RecoveredWork::Epilogue => (None, Some(JobTag::Epilogue)),
                };
                let known = LivingJob { row: self.next, campaign: *campaign, task };
                self.next += 1;
                self.living.insert((*cluster, *job), known);
                job_row::insert(connection, &known, tag, *cluster, task.is_some(), *submitted_at)?;
                job_row::set_remote(connection, known.row, *job)
            }
            Fact::CampaignSubmitted { .. }
            | Fact::CampaignHeld { .. }
            | Fact::CampaignResumed { .. }
            | Fact::CampaignCancelled { .. }
            | Fact::TaskCancelled { .. }
            | Fact::JobsAdded { .. }
            | Fact::CommandUnknown { .. }
            | Fact::JobUnclear { .. }
            | Fact::JobFound { .. }
            | Fact::ClusterLost { .. }
            | Fact::ClusterBack { .. }
            | Fact::ClusterDisabled { .. }
            | Fact::ClusterStressed { .. }
            | Fact::ClusterRelaxed { .. }
            | Fact::UserPriority { .. }
            | Fact::EventFixed { .. } => Ok(()),
        }
    }

    /// A job that was never asked for: its row goes.
    fn left_out(
        &mut self,
        connection: &Connection,
        command: CommandId,
        place: u32,
    ) -> Result<(), StoreError> {
        let Some(asked) = self.submitted.get_mut(&command) else { return Ok(()) };
        let row = asked.first + u64::from(place);
        let Some(at) = asked.nameless.iter().position(|job| job.row == row) else { return Ok(()) };
        asked.nameless.remove(at);
        job_row::delete(connection, row)
    }

    fn named(
        &mut self,
        connection: &Connection,
        command: CommandId,
        names: &[RemoteJobId],
    ) -> Result<(), StoreError> {
        let Some(SubmittedJobs { cluster, first, nameless }) = self.submitted.remove(&command)
        else {
            return Ok(());
        };
        let mut left = Vec::new();
        for known in nameless {
            // Each answer names all jobs from the first on.
            match names.get((known.row - first) as usize) {
                Some(&name) if name != RemoteJobId::NONE => {
                    job_row::set_remote(connection, known.row, name)?;
                    self.living.insert((cluster, name), known);
                }
                Some(_) | None => left.push(known),
            }
        }
        if !left.is_empty() {
            self.submitted.insert(command, SubmittedJobs { cluster, first, nameless: left });
        }
        Ok(())
    }

    fn job_ended(
        &mut self,
        connection: &Connection,
        cluster: ClusterId,
        known: LivingJob,
        at: Timestamp,
        outcome: Outcome,
    ) -> Result<(), StoreError> {
        job_row::ended(connection, known.row, at, outcome)?;
        let Some(index) = known.task else {
            self.cycle.scripts.insert((known.campaign, cluster), known.row);
            return Ok(());
        };
        let task = TaskId { campaign: known.campaign, index };
        self.cycle.ended.insert((task, cluster), known.row);
        if outcome != Outcome::Exited(0) {
            return Ok(());
        }
        campaigns::count_finished(connection, known.campaign)
    }

    /// Writes what workers noted about jobs, after the facts of the cycle.
    pub(super) fn notes(
        &mut self,
        connection: &Connection,
        notes: &[(ClusterId, JobNote)],
    ) -> Result<(), StoreError> {
        notes.iter().try_for_each(|(cluster, note)| {
            let key = (*cluster, note.job);
            let living = self.living.get(&key).map(|known| known.row);
            match living.or_else(|| self.cycle.gone.get(&key).copied()) {
                Some(row) => job_row::note(connection, row, note),
                None => Ok(()),
            }
        })
    }

    /// Writes the jobs that a command asks for; returns the row of the first.
    pub(super) fn command(
        &mut self,
        connection: &Connection,
        command: &Command,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let Action::Submit(submission) = &command.action else { return Ok(None) };
        let first = self.next;
        let besteffort = submission.kind == JobKind::BestEffort;
        let mut nameless = Vec::with_capacity(submission.len());
        let mut add = |task: Option<u32>, tag: Option<JobTag>| {
            let (row, campaign) = (self.next, submission.campaign);
            self.next += 1;
            let job = LivingJob { row, campaign, task };
            nameless.push(job);
            job_row::insert(connection, &job, tag, command.cluster, besteffort, now)
        };
        match &submission.work {
            Work::Tasks(tasks) => tasks.iter().try_for_each(|task| add(Some(task.index), None))?,
            Work::Prologue => add(None, Some(JobTag::Prologue))?,
            Work::Epilogue => add(None, Some(JobTag::Epilogue))?,
        }
        self.submitted
            .insert(command.id, SubmittedJobs { cluster: command.cluster, first, nameless });
        Ok(Some(first))
    }
}
