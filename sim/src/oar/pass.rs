//! The pass: OAR's metascheduler with its internal scheduler, in one function. World, golden
//! vectors and benchmarks call this one. Knows no latencies: it decides, others carry out.

pub mod blockers;
pub mod energy;
pub mod fast_path;
pub mod load;
pub mod order;
pub mod outcome;
pub mod quotas;
pub mod reuse;
pub mod run;
mod standing;

use crate::oar::model::config::Config;
use crate::oar::model::ids::Date;
use crate::oar::model::state::State;
use crate::oar::pass::fast_path::fast_path;
use crate::oar::pass::outcome::PassOutcome;
use crate::oar::pass::reuse::{remember, repeat};
use crate::oar::pass::run::early_stop::EarlyStop;
use crate::oar::pass::run::{Group, Run};
use crate::oar::pass::standing::standing_pass;
use gleaner_oar::states::JobState;
use std::sync::Arc;

/// Runs one pass at `now`, which never goes back. The settings of a server are the same in every call,
/// but for [`Config::predictions`].
pub fn pass(state: &mut State, now: Date, config: &Config) -> PassOutcome {
    state.apply_walltime_changes(now, config);
    if let Some(outcome) = repeat(state, now, config) {
        return outcome;
    }
    if let Some(outcome) = fast_path(state, now, config) {
        return outcome;
    }
    if let Some(outcome) = standing_pass(state, now, config) {
        return outcome;
    }
    let mut run = Run::new(state, now, config);
    run.load();
    let groups = run.schedule();
    run.finish(&groups)
}

impl Run<'_> {
    /// Step 2 and 3: who holds or has booked what.
    fn load(&mut self) {
        self.state.memory.standing = None;
        if !self.begin_with_kept_slots() {
            self.load_occupants();
            self.subtract_absences();
            self.subtract_occupants(false);
            self.keep_slots();
        }
    }

    /// Step 4: the queues, by descending priority.
    fn schedule(&mut self) -> Vec<Group> {
        let groups = Arc::clone(&self.state.queue_groups);
        let groups: Vec<Group> = groups.iter().map(|queues| self.group(queues)).collect();
        let mut early_stop = EarlyStop::new(self, &groups);
        self.note_free();
        for (index, group) in groups.iter().enumerate() {
            if group.besteffort {
                self.subtract_occupants(true);
            }
            self.place_jobs(index, group, &mut early_stop);
            for &queue in &group.queues {
                self.treat_booked(queue);
                self.examine_reservations(queue);
            }
        }
        self.gantt.complete = !early_stop.stopped();
        groups
    }

    /// Steps 5 to 7: kills or launches, power, and what was under way.
    fn finish(mut self, groups: &[Group]) -> PassOutcome {
        let candidates = self.launch_candidates(0);
        self.kill_besteffort(&candidates);
        if self.outcome.victims.is_empty() && self.outcome.checkpointed.is_empty() {
            self.launch(&candidates);
        } else {
            self.postpone(&candidates);
            self.outcome.exit_code = 2;
        }
        self.note_unmet(groups);
        let gantt = std::mem::take(&mut self.gantt);
        self.state.gantt = gantt;
        if let Some(energy) = &self.config.energy_saving {
            self.outcome.power = self.state.node_power(*energy, self.config.end_of_time, self.now);
        }
        self.state.resume_jobs(self.now, self.config);
        self.conclude_reservations();
        remember(&mut self, groups);
        let Run { state: State { memory, .. }, main, outcome, .. } = self;
        if memory.kept.is_some() && memory.plan.is_none() {
            memory.spare = Some(main);
        }
        outcome
    }

    /// Refused reservations end, accepted ones wait for their time. A start that is due asks for
    /// another pass at once.
    fn conclude_reservations(&mut self) {
        for id in self.state.table.to_error() {
            self.state.set_state(id, JobState::Error, self.now, self.config);
        }
        for id in self.state.table.to_ack() {
            self.state.set_state(id, JobState::Waiting, self.now, self.config);
            let due = self.state.job(id).is_some_and(|job| job.start.0 - 1 <= self.now.0);
            if due && self.outcome.exit_code == 0 {
                self.outcome.exit_code = 1;
            }
        }
    }
}
