//! Orders from outside to a simulated OAR server: hold, resume, suspend, delete, change a walltime. Each says no with the reason, or does what the command of that name does.

use gleaner_oar::states::JobState;

use crate::actions::Actions;
use crate::job::{EndReason, JobState as WorldState, JobTable};
use crate::oar::model::error::OarError;
use crate::oar::model::ids::JobId;
use crate::oar::model::job::WalltimeChange;
use crate::oar::server::{OarServer, date};
use crate::time::{SimSpan, SimTime};

impl OarServer {
    /// A job that does what its state says: none that is being launched or cleaned up.
    fn settled(&self, id: JobId, jobs: &JobTable) -> Result<JobState, OarError> {
        let job = self.state.job(id).ok_or(OarError::UnknownJob(id))?;
        let slot = self.slots.get(&id).ok_or(OarError::UnknownJob(id))?;
        let world = jobs.job(*slot);
        let wrong =
            |state| Err(OarError::WrongState { job: id, state, wanted: "Waiting or Running" });
        match world.state {
            WorldState::Promised => wrong(JobState::Launching),
            WorldState::CleaningUp => wrong(JobState::Finishing),
            _ if world.kill_ordered => wrong(JobState::Finishing),
            WorldState::Waiting | WorldState::Running | WorldState::Suspended => Ok(job.state),
        }
    }

    /// Holds a waiting job back, or suspends a running one.
    ///
    /// # Errors
    /// An unknown job, or one that neither waits nor runs.
    pub(super) fn order_hold(
        &mut self,
        now: SimTime,
        id: JobId,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> Result<(), OarError> {
        let before = self.settled(id, jobs)?;
        self.state.hold(id, date(now))?;
        self.state.check_node_states(date(now), &self.config);
        match before {
            JobState::Running => {
                actions.suspended.push(self.slots[&id]);
                self.paused.insert(id);
            }
            JobState::Waiting => self.tell_queued(id, actions),
            _ => {}
        }
        self.after_order(now, actions);
        Ok(())
    }

    /// Lets a held job wait again, or a suspended one run as soon as its cores are free.
    ///
    /// # Errors
    /// An unknown job, or one that is neither held nor suspended.
    pub(super) fn order_resume(
        &mut self,
        now: SimTime,
        id: JobId,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> Result<(), OarError> {
        let before = self.settled(id, jobs)?;
        self.state.resume(id, date(now))?;
        self.state.check_node_states(date(now), &self.config);
        if before == JobState::Hold {
            self.tell_queued(id, actions);
        }
        self.after_order(now, actions);
        Ok(())
    }

    /// Kills a job, whatever it does.
    ///
    /// # Errors
    /// An unknown job.
    pub(super) fn order_delete(
        &mut self,
        now: SimTime,
        id: JobId,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> Result<(), OarError> {
        if !self.slots.contains_key(&id) {
            return Err(OarError::UnknownJob(id));
        }
        self.state.frag(id, date(now))?;
        self.kill(now, EndReason::Cancelled, jobs, actions);
        self.after_order(now, actions);
        Ok(())
    }

    /// Asks to change the walltime of a running job.
    ///
    /// # Errors
    /// An unknown job, one that does not run, a change that the configuration does not allow.
    pub(super) fn order_walltime(
        &mut self,
        now: SimTime,
        id: JobId,
        change: SimSpan,
        jobs: &JobTable,
        actions: &mut Actions,
    ) -> Result<(), OarError> {
        self.settled(id, jobs)?;
        let options = WalltimeChange::default();
        self.state.change_walltime(id, change.ms() / 1000, options, &self.config)?;
        self.changing.insert(id);
        self.after_order(now, actions);
        Ok(())
    }

    fn after_order(&mut self, now: SimTime, actions: &mut Actions) {
        self.state.drop_events();
        self.ask_for_pass(now);
        self.wake(now, actions);
    }
}
