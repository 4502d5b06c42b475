//! What is in the way of one waiting job of a simulated OAR server now: found by a pass over a copy of the
//! server that plans everybody. Must not be asked often, and changes nothing.

use gleaner_oar::states::JobState;

use crate::cause::{Cause, Obstacle, Room};
use crate::job::{JobSlot, JobTable};
use crate::oar::model::config::{Config, Predictions};
use crate::oar::model::ids::JobId;
use crate::oar::model::state::State;
use crate::oar::pass::blockers::{first_in_the_way, last_to_leave};
use crate::oar::pass::outcome::PassOutcome;
use crate::oar::pass::pass;
use crate::oar::server::{OarServer, date, sim_time};
use crate::time::SimTime;

impl OarServer {
    /// What keeps a waiting job from starting now, where there is so much `room`.
    pub(super) fn obstacle(
        &self,
        now: SimTime,
        slot: JobSlot,
        jobs: &JobTable,
        room: &Room,
    ) -> Obstacle {
        let Some(id) = self.job_id(slot) else { return Obstacle::of(Cause::Pass) };
        if self.is_held(id) {
            return Obstacle::of(Cause::Hold);
        }
        let mut state = self.state.clone();
        state.forget_plan();
        let predictions = Predictions::All;
        let config = Config { predictions, notes_waits: true, ..self.config.clone() };
        let outcome = pass(&mut state, date(now), &config);
        let predicted = state.gantt().prediction(id);
        let planned = predicted.map(|predicted| sim_time(predicted.start).max(now));
        if outcome.launched.binary_search(&id).is_ok() || id > self.told.seen {
            let next = self.pass_at.map_or(now, |pass| pass.max(now)) + self.rhythm.duration;
            let planned = planned.map(|start| start.max(next));
            return Obstacle { cause: Cause::Pass, by: None, planned };
        }
        let job = jobs.job(slot);
        let noted = self.noted(&outcome.waits, jobs).get(&id).copied();
        let cause = noted.unwrap_or_else(|| room.cause(job.spec.kind, job.asked_cores));
        let by = match cause {
            Cause::Cores => last_to_leave(&state, &config, id),
            Cause::Reservation => first_in_the_way(&mut state, date(now), &config, id),
            Cause::Dependency => required(&state, id),
            Cause::Container => container(&state, id),
            Cause::Preemption => victim(&state, &outcome, id),
            Cause::Nodes
            | Cause::Order
            | Cause::Properties
            | Cause::Quotas
            | Cause::Hold
            | Cause::StartTime
            | Cause::WakeUp
            | Cause::Pass => None,
        };
        Obstacle { cause, by: by.and_then(|id| self.slot(id)), planned }
    }
}

/// The first job that must end well before and has not.
fn required(state: &State, id: JobId) -> Option<JobId> {
    let alive = |id: &JobId| state.job(*id).is_some_and(|job| !job.state.is_final());
    state.job(id)?.depends_on.iter().copied().find(alive)
}

/// The job that opens the container in which a job runs.
fn container(state: &State, id: JobId) -> Option<JobId> {
    let name = state.job(id)?.inner();
    let opens = |state: JobState| !state.is_final();
    let mut open =
        state.jobs().filter(|job| opens(job.state) && job.container().as_deref() == name);
    open.next().map(|job| job.id)
}

/// A best-effort job that leaves the resources planned for a job, or leaves others for which OAR waits.
fn victim(state: &State, outcome: &PassOutcome, id: JobId) -> Option<JobId> {
    let place = state.gantt().prediction(id).map(|planned| planned.resources).unwrap_or_default();
    let leaves = |victim: &JobId| {
        let held = state.job(*victim).map(|job| &job.assigned);
        held.is_some_and(|held| held.iter().any(|id| place.binary_search(id).is_ok()))
    };
    let victims = || outcome.victims.iter().chain(&outcome.checkpointed).copied();
    victims().find(leaves).or_else(|| victims().next())
}
