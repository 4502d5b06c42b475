//! How jobs end: killed by the server, or over by themselves; and the copies that OAR submits of
//! them. Must not know why a job has to leave.

use crate::actions::{Actions, Kill};
use crate::job::{EndReason, JobSlot, JobSpec, JobState as WorldState, JobTable};
use crate::oar::life::lifecycle::KILLED;
use crate::oar::model::config::JobPriority;
use crate::oar::model::ids::JobId;
use crate::oar::model::state::FragState;
use crate::oar::server::{OarServer, date};
use crate::time::SimTime;

/// The exit code by which a command asks to be run again.
const RUN_AGAIN: i32 = 99;

impl OarServer {
    /// Leon: whoever is to be killed dies after a while; in the ideal rhythm at once. Who does not
    /// run, or executes nothing, is gone at once.
    pub(super) fn kill(
        &mut self,
        now: SimTime,
        reason: EndReason,
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        let asked = self.state.frags().iter().filter(|(_, frag)| frag.state == FragState::Leon);
        let asked: Vec<JobId> = asked.map(|(id, _)| *id).collect();
        let outcome = self.state.leon(date(now), &self.config);
        for id in asked {
            let Some(slot) = self.slots.get(&id).copied() else { continue };
            let job = jobs.job(slot);
            if job.is_dying() {
                continue;
            }
            if outcome.signalled.binary_search(&id).is_ok() {
                let dead = (now + self.rhythm.kill).max(job.begins()).min(job.end.max(now));
                let clean = dead + self.rhythm.cleanup_killed;
                actions.kills.push(Kill { job: slot, dead, clean, reason });
                if clean == now {
                    // The World does not tell of an end that happens at once.
                    self.over(now, slot, KILLED, None, jobs, actions);
                }
                continue;
            }
            match job.state {
                WorldState::Waiting => {
                    actions.withdrawn.push(slot);
                    self.forget(slot);
                }
                WorldState::Promised | WorldState::Running | WorldState::Suspended => {
                    let dead = now.max(job.begins());
                    actions.kills.push(Kill { job: slot, dead, clean: dead, reason });
                    if dead == now {
                        self.forget(slot);
                    }
                }
                WorldState::CleaningUp => {}
            }
        }
    }

    /// A job has left its cores.
    pub(super) fn over(
        &mut self,
        now: SimTime,
        slot: JobSlot,
        code: i32,
        exit_code: Option<i32>,
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        let id = self.id(slot);
        let first = self.state.next_job_id();
        let ended = self.state.job_end(id, code, exit_code, date(now), &self.config);
        assert!(ended.is_ok(), "a job of the World is known");
        self.state.check_node_states(date(now), &self.config);
        let fresh = first.0..self.state.next_job_id().0;
        for copy in fresh.map(JobId) {
            self.copy(copy, jobs, actions);
        }
        self.forget(slot);
    }

    /// OAR has submitted a copy of a job: the World gets one, too.
    pub(super) fn copy(&mut self, id: JobId, jobs: &JobTable, actions: &mut Actions) {
        let copy = self.state.job(id).expect("a copy is known");
        let old = copy.resubmit_of.and_then(|old| self.slots.get(&old));
        let spec = &jobs.job(*old.expect("the original lives until its end is told")).spec;
        // Whoever asked to be run again has what it wants: nothing is copied for ever.
        let exit_code = if spec.exit_code == RUN_AGAIN { 0 } else { spec.exit_code };
        actions.copies.push((id.0, JobSpec { exit_code, ..spec.clone() }));
    }

    /// Forgets a job whose slot becomes vacant.
    pub(super) fn forget(&mut self, slot: JobSlot) {
        self.unwatch(slot);
        let id = self.id(slot);
        self.slots.remove(&id);
        self.told.noted.remove(&id);
        self.paused.remove(&id);
        self.changing.remove(&id);
        self.forget_ended(id);
    }

    /// Forgets a job that has ended, unless others may still ask how.
    fn forget_ended(&mut self, id: JobId) {
        self.state.drop_events();
        let job = self.state.job(id).expect("an ended job is known");
        if self.config.job_priority != JobPriority::Fifo {
            let job = job.clone();
            self.accounting.note(&mut self.state, &job, &self.config);
        }
        let job = self.state.job(id).expect("an ended job is known");
        // A job that depends on a failed one never starts; on an unknown one it would.
        let failed = job.exit_code.is_some_and(|code| code != 0);
        let kept = failed && self.asked.remove(&id);
        self.asked.remove(&id);
        if !kept {
            let forgotten = self.state.forget(id);
            assert!(forgotten.is_ok(), "an ended job can be forgotten");
        }
    }
}
