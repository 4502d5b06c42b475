//! Kills: the request (frag), Leon who sends the signal, Sarko who watches walltimes and kills
//! that do not come to an end.

use crate::oar::life::lifecycle::ENDED;
use crate::oar::model::config::Config;
use crate::oar::model::error::OarError;
use crate::oar::model::event::EventKind;
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::state::{Frag, FragState, State};
use gleaner_oar::states::JobState;

/// What Leon did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeonOutcome {
    /// Exit code: 1 if a job that did not run on nodes was ended at once.
    pub exit_code: i32,
    /// Jobs whose nodes were sent the signal.
    pub signalled: Vec<JobId>,
    /// Jobs that were given up; [`State::exterminated`] follows.
    pub exterminated: Vec<JobId>,
}

/// What Sarko found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SarkoOutcome {
    /// Exit code: 1 if Leon must come.
    pub exit_code: i32,
    /// Jobs that were sent the checkpoint signal.
    pub checkpointed: Vec<JobId>,
}

impl State {
    /// Asks to kill a job; whether this is the first such request.
    ///
    /// # Errors
    /// An unknown job.
    pub fn frag(&mut self, id: JobId, now: Date) -> Result<bool, OarError> {
        if self.job(id).is_none() {
            return Err(OarError::UnknownJob(id));
        }
        if self.frags.contains_key(&id) {
            return Ok(false);
        }
        self.set_frag(id, Frag { state: FragState::Leon, date: now });
        self.log(EventKind::FragJobRequest, id, now);
        Ok(true)
    }

    fn set_frag(&mut self, id: JobId, frag: Frag) {
        if frag.state == FragState::Fragged {
            self.active_frags.remove(&id);
        } else {
            self.active_frags.insert(id);
        }
        self.frags.insert(id, frag);
    }

    fn move_frag(&mut self, id: JobId, state: FragState) {
        if let Some(frag) = self.frags.get(&id).copied() {
            self.set_frag(id, Frag { state, ..frag });
        }
    }

    fn frags_in(&self, state: FragState) -> Vec<JobId> {
        let wanted = |id: &&JobId| self.frags.get(id).is_some_and(|frag| frag.state == state);
        self.active_frags.iter().filter(wanted).copied().collect()
    }

    /// Leon: ends what does not run, sends the kill signal to what does, gives up what Sarko says.
    pub fn leon(&mut self, now: Date, config: &Config) -> LeonOutcome {
        let mut outcome = LeonOutcome::default();
        for id in self.frags_in(FragState::Leon) {
            let Some(job) = self.job(id) else { continue };
            match job.state {
                JobState::Terminated | JobState::Error | JobState::Finishing => continue,
                JobState::Waiting | JobState::Hold => {
                    self.set_state(id, JobState::Error, now, config);
                    outcome.exit_code = 1;
                }
                _ if job.is_noop() => {
                    self.set_stop(id, now);
                    self.set_state(id, JobState::Terminated, now, config);
                    outcome.exit_code = 1;
                }
                _ => {
                    self.log(EventKind::SendKillJob, id, now);
                    outcome.signalled.push(id);
                }
            }
            self.move_frag(id, FragState::TimerArmed);
        }
        for id in self.frags_in(FragState::LeonExterminate) {
            self.set_state(id, JobState::Finishing, now, config);
            if self.job(id).is_some_and(|job| job.start == Date::UNSET) {
                self.table.update(id, |job| job.start = now);
            }
            self.set_stop(id, now);
            outcome.exterminated.push(id);
        }
        outcome
    }

    /// The launcher's part of an extermination: its event makes the next check of node states end
    /// the job and suspect its nodes.
    ///
    /// # Errors
    /// An unknown job.
    pub fn exterminated(&mut self, id: JobId, now: Date) -> Result<(), OarError> {
        if self.job(id).is_none() {
            return Err(OarError::UnknownJob(id));
        }
        if self.frags.get(&id).is_some_and(|frag| frag.state == FragState::LeonExterminate) {
            self.move_frag(id, FragState::TimerArmed);
            self.log(EventKind::ExterminateJob, id, now);
        }
        Ok(())
    }

    /// Sarko: repeats or escalates kills, asks to kill jobs beyond their walltime, sends checkpoint
    /// signals. OAR compares a job that was suspended with its suspended time alone (`Real`).
    pub fn sarko(&mut self, now: Date, config: &Config) -> SarkoOutcome {
        let mut outcome = SarkoOutcome::default();
        let exterminate_s = if config.exterminate_s <= config.kill_again_s {
            config.kill_again_s + 10
        } else {
            config.exterminate_s
        };
        for id in self.frags_in(FragState::TimerArmed) {
            let (Some(job), Some(frag)) = (self.job(id), self.frags.get(&id)) else {
                continue;
            };
            let waited_s = now.0 - frag.date.0;
            if job.state.is_final() || job.state == JobState::Finishing {
                self.move_frag(id, FragState::Fragged);
            } else if waited_s > exterminate_s {
                self.move_frag(id, FragState::LeonExterminate);
                outcome.exit_code = 1;
            } else if waited_s > config.kill_again_s {
                self.move_frag(id, FragState::Leon);
                outcome.exit_code = 1;
            }
        }
        let running: Vec<JobId> = self
            .current_jobs()
            .filter(|job| job.state == JobState::Running)
            .map(|job| job.id)
            .collect();
        for id in running {
            self.watch_walltime(id, now, config, &mut outcome);
        }
        outcome
    }

    fn watch_walltime(
        &mut self,
        id: JobId,
        now: Date,
        config: &Config,
        outcome: &mut SarkoOutcome,
    ) {
        let Some(job) = self.job(id) else { return };
        let walltime_s = job.assigned_walltime_s();
        let allowed_s = match (job.suspended, config.is_real()) {
            (false, _) => walltime_s,
            (true, true) => job.suspended_s(now),
            (true, false) => walltime_s + job.suspended_s(now),
        };
        let end = job.start.0 + allowed_s;
        let checkpoint_s = job.checkpoint_s;
        if now.0 > end {
            outcome.exit_code = 1;
            // A second request changes nothing, but the walltime is noted each time.
            let known = self.frag(id, now);
            assert!(known.is_ok(), "running jobs are known");
            self.log(EventKind::Walltime, id, now);
        } else if checkpoint_s > 0 && now.0 >= end - checkpoint_s {
            self.log(EventKind::Checkpoint, id, now);
            self.log(EventKind::CheckpointSuccessful, id, now);
            outcome.checkpointed.push(id);
        }
    }

    /// The nodes end a job by themselves: shorthand for [`State::job_end`] with code 0.
    ///
    /// # Errors
    /// An unknown job.
    pub fn job_done(
        &mut self,
        id: JobId,
        exit_code: i32,
        now: Date,
        config: &Config,
    ) -> Result<(), OarError> {
        self.job_end(id, ENDED, Some(exit_code), now, config)
    }
}
