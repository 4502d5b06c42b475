//! What a simulated OAR server tells of the jobs that wait: what passes have noted, and what the server alone
//! knows. Told when it changes, and only where somebody asks. Decides nothing.

use std::collections::BTreeMap;

use gleaner_oar::states::JobState;

use crate::actions::Actions;
use crate::cause::Cause;
use crate::job::{JobSlot, JobState as WorldState, JobTable};
use crate::oar::model::ids::JobId;
use crate::oar::model::job::Job;
use crate::oar::pass::outcome::{PassOutcome, WaitNotes};
use crate::oar::server::OarServer;
use crate::time::SimTime;

impl OarServer {
    /// Whether somebody holds a waiting job back, or its queue is closed.
    pub(super) fn is_held(&self, id: JobId) -> bool {
        let held = |job: &Job| job.state == JobState::Hold || self.is_closed(&job.queue);
        self.state.job(id).is_some_and(held)
    }

    /// Whether no job of a queue may start.
    pub(super) fn is_closed(&self, name: &str) -> bool {
        let queue = self.state.queues().iter().find(|queue| &*queue.name == name);
        queue.is_some_and(|queue| !queue.active)
    }

    /// A job has been submitted. It need not wait for a pass that comes at this very instant.
    pub(super) fn tell_submitted(&mut self, now: SimTime, id: JobId, actions: &mut Actions) {
        let passes_now = self.pass_at.is_some_and(|pass| pass <= now);
        if actions.tell_held && (!passes_now || self.is_held(id)) {
            self.tell_queued(id, actions);
        }
    }

    /// A job waits from now on: for the next pass, or until it is released.
    pub(super) fn tell_queued(&mut self, id: JobId, actions: &mut Actions) {
        if !actions.tell_held {
            return;
        }
        let held = self.is_held(id);
        actions.held.push((self.slots[&id], Some(if held { Cause::Hold } else { Cause::Pass })));
        self.told.noted.remove(&id);
        if !held {
            self.told.unseen.push(id);
        }
    }

    /// Tells of the jobs with which a cluster is taken up; `seen` by a pass, if there were any before.
    pub(super) fn tell_taken_up(
        &mut self,
        live: &[JobSlot],
        seen: bool,
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        if seen {
            self.told.seen = self.last_job_id();
        }
        for slot in live.iter().filter(|slot| jobs.job(**slot).state == WorldState::Waiting) {
            let id = self.id(*slot);
            if !seen || self.is_held(id) {
                self.tell_queued(id, actions);
            }
        }
    }

    fn last_job_id(&self) -> JobId {
        JobId(self.state.next_job_id().0 - 1)
    }

    /// Tells what a pass has found out, where that is not what was told before.
    pub(super) fn tell_noted(
        &mut self,
        outcome: &PassOutcome,
        jobs: &JobTable,
        actions: &mut Actions,
    ) {
        self.told.seen = self.last_job_id();
        if !actions.tell_held {
            return;
        }
        let fresh = self.noted(&outcome.waits, jobs);
        let waits =
            |id: &JobId| self.state.job(*id).is_some_and(|job| job.state == JobState::Waiting);
        let seen = std::mem::take(&mut self.told.unseen).into_iter();
        for id in seen.filter(|id| waits(id) && !fresh.contains_key(id)) {
            actions.held.extend(self.slot(id).map(|slot| (slot, None)));
        }
        if !outcome.reused {
            let over = |id: &&JobId| waits(id) && !fresh.contains_key(id);
            for id in self.told.noted.keys().filter(over) {
                actions.held.extend(self.slot(*id).map(|slot| (slot, None)));
            }
        }
        for (id, cause) in &fresh {
            if self.told.noted.get(id) != Some(cause) {
                actions.held.extend(self.slot(*id).map(|slot| (slot, Some(*cause))));
            }
        }
        if outcome.reused {
            self.told.noted.extend(fresh);
        } else {
            self.told.noted = fresh;
        }
    }

    /// What the notes of a pass say of each job that waits. A request counts as unmet only where enough is
    /// free for it in number.
    pub(super) fn noted(&self, notes: &WaitNotes, jobs: &JobTable) -> BTreeMap<JobId, Cause> {
        let waits = |id: &JobId| self.slots.contains_key(id);
        let held = notes.held.iter().copied().filter(|(id, _)| waits(id));
        let mut noted: BTreeMap<JobId, Cause> = held.collect();
        for (id, free) in &notes.unmet {
            let Some(slot) = self.slot(*id) else { continue };
            if noted.get(id).is_some_and(|cause| *cause != Cause::Quotas) {
                continue;
            }
            if jobs.job(slot).asked_cores <= *free {
                noted.insert(*id, Cause::Properties);
            } else {
                noted.remove(id);
            }
        }
        noted
    }
}
