//! Changes of walltimes of running jobs (`oarwalltime`). OAR 3's own code fails at them; done here
//! is what its documentation means.

use crate::oar::model::config::{Config, WalltimeChanges};
use crate::oar::model::error::OarError;
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::job::{Job, WalltimeChange};
use crate::oar::model::state::State;
use gleaner_oar::states::{JobState, ReservationState};

impl State {
    /// Asks to change the walltime of a running job by `change_s` seconds. Time is given back at
    /// once, as far as it is left; an increase waits for a pass that can grant it.
    ///
    /// # Errors
    /// An unknown job, one that does not run, an increase beyond the maximum, a decrease of a
    /// container.
    pub fn change_walltime(
        &mut self,
        id: JobId,
        change_s: i64,
        options: WalltimeChange,
        config: &Config,
    ) -> Result<(), OarError> {
        self.expect_state(id, &[JobState::Running], "Running")?;
        let settings = config.walltime_changes.unwrap_or_default();
        let job = self.job(id).ok_or(OarError::UnknownJob(id))?;
        let bad = |must| OarError::BadRequest { job: id, what: "change of walltime", must };
        if config.walltime_changes.is_none() {
            return Err(bad("allowed by the configuration"));
        }
        if change_s > 0 && job.walltime_change.granted_s + change_s > settings.increase_max_s {
            return Err(bad("within the maximal increase"));
        }
        if change_s < 0 && job.container().is_some() {
            return Err(bad("positive for a container"));
        }
        let granted_s = job.walltime_change.granted_s;
        self.table.update(id, |job| {
            job.walltime_change = WalltimeChange { pending_s: change_s, granted_s, ..options };
        });
        self.memory.forget();
        Ok(())
    }

    /// Grants what can be granted before a pass.
    pub(in crate::oar) fn apply_walltime_changes(&mut self, now: Date, config: &Config) {
        let Some(settings) = config.walltime_changes else {
            return;
        };
        let asked =
            |job: &&Job| job.state == JobState::Running && job.walltime_change.pending_s != 0;
        let jobs: Vec<JobId> = self.current_jobs().filter(asked).map(|job| job.id).collect();
        for id in jobs {
            let Some(granted_s) = self.grantable_s(id, settings, now, config) else {
                continue;
            };
            self.table.update(id, |job| {
                let alternative = job.assigned_alternative;
                job.alternatives[alternative].walltime_s += granted_s;
                job.walltime_change.pending_s -= granted_s;
                job.walltime_change.granted_s += granted_s;
            });
            self.memory.forget();
        }
    }

    fn grantable_s(
        &self,
        id: JobId,
        settings: WalltimeChanges,
        now: Date,
        config: &Config,
    ) -> Option<i64> {
        let job = self.job(id)?;
        let change = job.walltime_change;
        let end = job.start.0 + job.assigned_walltime_s() + job.suspended_s(now);
        if change.pending_s < 0 {
            // The job keeps at least the second that runs.
            let left_s = (end - now.0 - 1).max(0);
            return Some(change.pending_s.max(-left_s)).filter(|granted| *granted != 0);
        }
        let mut wanted_s = change.pending_s;
        if !change.force {
            if settings.apply_before_end_s > 0 && end - settings.apply_before_end_s > now.0 {
                return None;
            }
            if settings.increment_s > 0 {
                wanted_s = wanted_s.min(settings.increment_s);
            }
        }
        let mut until = end + wanted_s;
        if let Some(container) = job.inner().and_then(|name| self.container_end(name)) {
            until = until.min(container);
        }
        if let Some(next) = self.next_start_on(job, end, until, config) {
            until = until.min(next - config.job_security_time_s - 1);
        }
        Some(until - end).filter(|granted| *granted > 0)
    }

    /// End of the running container of a name.
    fn container_end(&self, name: &str) -> Option<i64> {
        let container = self.current_jobs().find(|job| job.container().as_deref() == Some(name))?;
        Some(container.start.0 + container.assigned_walltime_s())
    }

    /// Earliest predicted start on the job's resources within the time it could gain, of jobs that
    /// must not be delayed.
    fn next_start_on(&self, job: &Job, end: i64, until: i64, config: &Config) -> Option<i64> {
        let window = end + 1..=until + config.job_security_time_s;
        let starts = self.gantt.predictions().into_iter().filter(|prediction| {
            let Some(other) = self.job(prediction.job) else {
                return false;
            };
            let spared =
                job.walltime_change.delay_next_jobs && other.reservation == ReservationState::None;
            other.id != job.id
                && !spared
                && !other.is_besteffort()
                && window.contains(&prediction.start.0)
                && prediction.resources.iter().any(|id| job.assigned.contains(id))
        });
        starts.map(|prediction| prediction.start.0).min()
    }
}
