//! A job's life between passes: launched, ended, copied, held, resumed. Latencies are the caller's:
//! each function says what OAR's modules write when they are told.

use crate::oar::life::priority::Use;
use crate::oar::model::config::Config;
use crate::oar::model::error::OarError;
use crate::oar::model::event::EventKind;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::{Job, PastEvents, WalltimeChange};
use crate::oar::model::state::State;
use gleaner_oar::states::{JobState, ReservationState};
use std::sync::Arc;

/// How the node's daemon says a job ended (`oarexec`'s code).
pub type EndCode = i32;

/// The daemon's code for a job that ended by itself.
pub const ENDED: EndCode = 0;
/// The daemon's code for a job that was killed.
pub const KILLED: EndCode = 3;

impl State {
    /// Puts a job into a state, with what follows from it; final states are never left.
    pub(in crate::oar) fn set_state(
        &mut self,
        id: JobId,
        state: JobState,
        now: Date,
        config: &Config,
    ) {
        let Some(job) = self.job(id) else { return };
        let from = job.state;
        if from == state || from.is_final() {
            return;
        }
        let paused = |state| matches!(state, JobState::Suspended | JobState::Resuming);
        self.table.update(id, |job| {
            job.state = state;
            if paused(from)
                && let Some((_, open @ None)) = job.suspended_periods.last_mut()
            {
                *open = Some(now);
            }
            if paused(state) {
                job.suspended_periods.push((now, None));
            }
            if state.is_final() && job.stop < job.start {
                job.stop = job.start;
            }
        });
        // A job that launches or runs on takes exactly the place it was planned on.
        if !matches!(
            (from, state),
            (JobState::ToLaunch | JobState::Launching, JobState::Running | JobState::Launching)
        ) {
            self.memory.forget();
        }
        if state == JobState::ToLaunch {
            self.update_priority(id, Use::Begins, now, config);
        }
        if state.is_final() {
            let assigned = self.job(id).map(|job| Arc::clone(&job.assigned)).unwrap_or_default();
            self.change_column(&assigned, "last_job_date", config, |r| r.last_job_date = now);
            if self.job(id).is_some_and(|job| job.suspended) {
                self.note_suspended(config);
            }
            self.update_priority(id, Use::Ends, now, config);
        }
    }

    /// A pass starts a waiting job on some resources.
    pub(in crate::oar) fn start_job(
        &mut self,
        id: JobId,
        alternative: usize,
        assigned: Arc<[ResourceId]>,
        now: Date,
        config: &Config,
    ) {
        self.table.update(id, |job| {
            job.start = now;
            job.assigned_alternative = alternative;
            job.assigned = assigned;
            job.booking = None;
        });
        self.set_state(id, JobState::ToLaunch, now, config);
    }

    /// The nodes took the job: it runs.
    ///
    /// # Errors
    /// An unknown job, or one that is not being launched.
    pub fn launched(&mut self, id: JobId, now: Date, config: &Config) -> Result<(), OarError> {
        self.expect_state(id, &[JobState::ToLaunch, JobState::Launching], "toLaunch or Launching")?;
        self.set_state(id, JobState::Running, now, config);
        Ok(())
    }

    /// The nodes report that a job ended, with the daemon's code and the command's raw exit code.
    /// It is Finishing until [`State::check_node_states`]. Reports about jobs that do not run are
    /// ignored, as OAR does.
    ///
    /// # Errors
    /// An unknown job.
    pub fn job_end(
        &mut self,
        id: JobId,
        code: EndCode,
        exit_code: Option<i32>,
        now: Date,
        config: &Config,
    ) -> Result<(), OarError> {
        use JobState::{Launching, Resuming, Running, Suspended};
        let state = self.job(id).ok_or(OarError::UnknownJob(id))?.state;
        if !matches!(state, Running | Launching | Suspended | Resuming) {
            return Ok(());
        }
        self.set_stop(id, now);
        self.set_state(id, JobState::Finishing, now, config);
        if exit_code.is_some() {
            self.table.update(id, |job| job.exit_code = exit_code);
        }
        let mut kinds = events_of(code).to_vec();
        let job = self.job(id).ok_or(OarError::UnknownJob(id))?;
        let copied = job.is_besteffort() && job.is_idempotent() && job.past.besteffort_kill;
        if code == KILLED && copied && self.resubmit(id).is_some() {
            kinds.push(EventKind::ResubmitJobAutomatically);
        }
        for kind in kinds {
            self.log(kind, id, now);
        }
        Ok(())
    }

    /// Sets the end of a job, not before its start.
    pub(in crate::oar) fn set_stop(&mut self, id: JobId, now: Date) {
        self.table.update(id, |job| job.stop = now.max(job.start));
    }

    /// Submits a copy of an ended job under a new id, and lets the jobs that wait for it wait for
    /// the copy. Interactive jobs are not copied.
    pub(in crate::oar) fn resubmit(&mut self, id: JobId) -> Option<JobId> {
        let old = self.job(id)?;
        let ended = old.state.is_final() || old.state == JobState::Finishing;
        if old.interactive || !ended {
            return None;
        }
        let fresh = self.next_job_id();
        let copy = Job {
            id: fresh,
            state: JobState::Waiting,
            resubmit_of: Some(id),
            exit_code: None,
            assigned: Arc::new([]),
            assigned_alternative: 0,
            depends_on: Vec::new(),
            suspended_periods: Vec::new(),
            booking: None,
            walltime_change: WalltimeChange::default(),
            past: PastEvents::default(),
            ..old.clone()
        };
        let queue = self.table.entry(self.table.index(id)?).queue;
        self.insert(copy, queue);
        self.memory.forget();
        for dependent in self.table.dependents_of(id) {
            self.table.update(dependent, |job| {
                for required in job.depends_on.iter_mut().filter(|required| **required == id) {
                    *required = fresh;
                }
            });
        }
        self.table.update(id, |job| job.past.resubmitted = true);
        Some(fresh)
    }

    /// Asks to hold a waiting job, or to suspend a running one; it happens at the next check of
    /// node states.
    ///
    /// # Errors
    /// An unknown job, or one that neither waits nor runs.
    pub fn hold(&mut self, id: JobId, now: Date) -> Result<(), OarError> {
        use JobState::{Resuming, Running, Waiting};
        let state = self.expect_state(id, &[Waiting, Resuming, Running], "Waiting or Running")?;
        let kind =
            if state == Running { EventKind::HoldRunningJob } else { EventKind::HoldWaitingJob };
        self.log(kind, id, now);
        Ok(())
    }

    /// Asks to release a held or suspended job; it happens at the next check of node states.
    ///
    /// # Errors
    /// An unknown job, or one that is neither held nor suspended.
    pub fn resume(&mut self, id: JobId, now: Date) -> Result<(), OarError> {
        self.expect_state(id, &[JobState::Hold, JobState::Suspended], "Hold or Suspended")?;
        self.log(EventKind::ResumeJob, id, now);
        Ok(())
    }

    /// Suspends a running job.
    pub(in crate::oar) fn suspend(&mut self, id: JobId, now: Date, config: &Config) {
        self.set_state(id, JobState::Suspended, now, config);
        self.table.update(id, |job| job.suspended = true);
        self.note_suspended(config);
    }

    /// Lets suspended jobs that were told to go on run again, once nobody else is launching,
    /// running or leaving on their resources.
    pub(in crate::oar) fn resume_jobs(&mut self, now: Date, config: &Config) {
        let resuming: Vec<JobId> = self
            .current_jobs()
            .filter(|job| job.state == JobState::Resuming)
            .map(|job| job.id)
            .collect();
        for id in resuming {
            let Some(job) = self.job(id) else { continue };
            let in_the_way = |other: &Job| {
                use JobState::{Finishing, Launching, Running, ToLaunch};
                other.id != id
                    && matches!(other.state, ToLaunch | Launching | Running | Finishing)
                    && other.assigned.iter().any(|resource| job.assigned.contains(resource))
            };
            if !self.current_jobs().any(in_the_way) {
                self.set_state(id, JobState::Running, now, config);
                self.note_suspended(config);
            }
        }
    }

    /// Notes at the resources whether suspended jobs hold them.
    fn note_suspended(&mut self, config: &Config) {
        let held: std::collections::BTreeSet<_> = self
            .current_jobs()
            .filter(|job| matches!(job.state, JobState::Suspended | JobState::Resuming))
            .flat_map(|job| job.assigned.iter().copied())
            .collect();
        let changed: Vec<_> = self
            .resources()
            .iter()
            .filter(|resource| resource.suspended_jobs != held.contains(&resource.id))
            .map(|resource| resource.id)
            .collect();
        self.change_column(&changed, "suspended_jobs", config, |resource| {
            resource.suspended_jobs = !resource.suspended_jobs;
        });
    }

    pub(in crate::oar) fn expect_state(
        &self,
        id: JobId,
        states: &[JobState],
        wanted: &'static str,
    ) -> Result<JobState, OarError> {
        let state = self.job(id).ok_or(OarError::UnknownJob(id))?.state;
        if states.contains(&state) {
            return Ok(state);
        }
        Err(OarError::WrongState { job: id, state, wanted })
    }

    /// Copies a job once, if it is of the kind that OAR copies by itself.
    pub(in crate::oar) fn resubmit_once(&mut self, id: JobId) -> Option<JobId> {
        let job = self.job(id)?;
        if job.past.resubmitted || job.reservation != ReservationState::None {
            return None;
        }
        self.resubmit(id)
    }
}

/// What OAR logs for each code of the node's daemon.
fn events_of(code: EndCode) -> &'static [EventKind] {
    use EventKind::{
        BadHashtableDump, CannotCreateTmpDirectory, CannotWriteNodeFile, CannotWritePidFile,
        EpilogueError, ExitValueOarexec, LaunchingOarexecTimeout, OutputFiles, PrologueError,
        SshTransferTimeout, SwitchIntoErrorState, SwitchIntoTerminateState, UserShell,
        WorkingDirector, WorkingDirectory,
    };
    match code {
        0 | 34 | 40 | 42 => &[SwitchIntoTerminateState],
        1 => &[PrologueError],
        2 => &[EpilogueError],
        3 => &[SwitchIntoErrorState],
        5 => &[CannotWriteNodeFile],
        6 => &[CannotWritePidFile],
        7 => &[UserShell],
        8 => &[CannotCreateTmpDirectory],
        10 => &[SwitchIntoErrorState, WorkingDirector],
        12 => &[SwitchIntoErrorState, WorkingDirectory, EpilogueError],
        20 => &[SwitchIntoErrorState, OutputFiles],
        22 => &[SwitchIntoErrorState, OutputFiles, EpilogueError],
        30 => &[SshTransferTimeout],
        31 => &[BadHashtableDump],
        33 | 41 => &[SwitchIntoTerminateState, EpilogueError],
        50 => &[LaunchingOarexecTimeout],
        _ => &[ExitValueOarexec],
    }
}
