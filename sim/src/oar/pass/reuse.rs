//! The plan of the last pass, kept while it stays right: when nothing changed but time, within the
//! first slot, a new pass would decide the same; and jobs that arrive behind all others are placed
//! behind them. Results are those of a whole pass (a property test holds it to that).
//!
//! Why it is right: jobs launched by the last pass take exactly the places they were planned on,
//! so all others find the same free sets at the same borders, or smaller ones that still hold what
//! they had chosen. Cases in which this does not hold (quotas, sharing, containers, dependencies,
//! half of the best, OAR's extra second, other orders than FIFO) are not remembered.

use crate::oar::model::config::{Config, JobPriority, Predictions};
use crate::oar::model::ids::{Date, JobId};
use crate::oar::model::memory::Plan;
use crate::oar::model::state::State;
use crate::oar::model::state::entry::Entry;
use crate::oar::pass::outcome::PassOutcome;
use crate::oar::pass::run::{Group, Occupant, Run};
use std::sync::Arc;

/// Decides as a whole pass would, if the last plan still holds.
pub(super) fn repeat(state: &mut State, now: Date, config: &Config) -> Option<PassOutcome> {
    let fits = |plan: &Plan| {
        plan.now <= now && now.0 < plan.slots.end(0) && plan.predictions == config.predictions
    };
    if !state.memory.plan.as_ref().is_some_and(fits) {
        state.memory.forget();
        return None;
    }
    let plan = state.memory.plan.take()?;
    let arrivals = std::mem::take(&mut state.memory.arrivals);
    if !arrivals.is_empty() {
        return append(state, now, config, plan, &arrivals);
    }
    let mut outcome = PassOutcome { reused: true, ..PassOutcome::default() };
    state.memory.plan = Some(Plan { now, ..plan });
    if let Some(energy) = &config.energy_saving {
        outcome.power = state.node_power(*energy, config.end_of_time, now);
    }
    Some(outcome)
}

/// Places arrivals behind all others.
fn append(
    state: &mut State,
    now: Date,
    config: &Config,
    mut plan: Plan,
    arrivals: &[JobId],
) -> Option<PassOutcome> {
    let groups = Arc::clone(&state.queue_groups);
    let limit = config.jobs_per_round_max.unwrap_or(usize::MAX);
    let complete = state.gantt.complete && config.predictions == Predictions::All;
    plan.slots.advance(now);
    let mut new_entries = Vec::new();
    for &id in arrivals {
        // A job that came and went is none.
        let Some(entry_index) = state.table.index(id) else {
            continue;
        };
        let entry = state.table.entry(entry_index);
        let group = groups.iter().position(|group| group.contains(&entry.queue))?;
        let waits = state.table.waiting(entry.queue).contains_key(&id);
        let behind = plan.last_job[group].is_none_or(|last| last < id);
        let tail = plan.tail_group.is_none_or(|tail| tail <= group);
        let active = state.queues[entry.queue].active;
        if !(waits && entry.plain && behind && tail && active) {
            return None;
        }
        plan.tail_group = Some(group);
        plan.last_job[group] = Some(id);
        if plan.examined[group] >= limit {
            plan.truncated = true;
        } else if complete {
            plan.examined[group] += 1;
            new_entries.push((id, entry_index));
        } else if can_wait(&plan, entry, config) {
            plan.examined[group] += 1;
            state.gantt.complete = false;
        } else {
            return None;
        }
    }
    let gantt = std::mem::take(&mut state.gantt);
    let platform = Arc::clone(&plan.platform);
    let mut run = Run::over(state, now, config, platform, plan.slots, gantt, None);
    let first_new = run.gantt.entries.len();
    run.place_arrivals(&new_entries);
    run.launch_arrivals(first_new);
    run.note_unmet_arrivals(arrivals);
    let Run { main, gantt, repeatable, mut outcome, .. } = run;
    outcome.reused = true;
    state.gantt = gantt;
    let in_view = outcome.launched.is_empty() || !plan.truncated;
    let same = !state.resources_changed() && !main.depends_on_order();
    let kept = repeatable && in_view && same;
    for id in &outcome.launched {
        if let Some(entry_index) = state.table.index(*id) {
            let queue = state.table.entry(entry_index).queue;
            for (group, examined) in groups.iter().zip(&mut plan.examined) {
                *examined -= usize::from(group.contains(&queue));
            }
        }
    }
    plan.slots = main;
    state.memory.forget();
    if kept {
        state.memory.plan = Some(Plan { now, ..plan });
    }
    if let Some(energy) = &config.energy_saving {
        outcome.power = state.node_power(*energy, config.end_of_time, now);
    }
    Some(outcome)
}

/// Whether an arrival behind a plan that holds only what launches needed cannot start now: then it
/// needs no place in it either.
fn can_wait(plan: &Plan, entry: &Entry, config: &Config) -> bool {
    let shortest_s = entry.job.alternatives.iter().map(|asked| asked.walltime_s).min();
    let width_s = shortest_s.unwrap_or(1) + config.job_security_time_s;
    config.only_launches_count() && plan.slots.lasting(width_s, &[], entry.least).is_none()
}

/// Remembers the plan of a whole pass, if it can be used again.
pub(super) fn remember(run: &mut Run<'_>, groups: &[Group]) {
    run.state.memory.forget();
    let quiet = run.outcome.exit_code == 0 && run.outcome.accepted.is_empty();
    // Killing ahead of time depends on time itself.
    let fifo =
        run.config.job_priority == JobPriority::Fifo && run.config.besteffort_kill_before_s == 0;
    let same = !run.state.resources_changed() && run.quotas.is_none() && run.inner.is_empty();
    if !(run.repeatable && quiet && fifo && same) || run.main.depends_on_order() {
        return;
    }
    // A best-effort job over its time is in nobody's slots, but must be killed.
    let over = |o: &Occupant| o.besteffort && o.span.end() < run.now.0;
    if run.occupants.iter().any(over) {
        return;
    }
    let waiting = groups.iter().rposition(|group| !group.jobs.is_empty());
    let besteffort = run.occupants.iter().any(|occupant| occupant.besteffort);
    // Best-effort jobs are in the slots: whoever ignores them cannot be placed there.
    let tail_group = if besteffort { Some(groups.len().saturating_sub(1)) } else { waiting };
    let examined: Vec<usize> = groups.iter().map(|group| run.still_waiting(group)).collect();
    let all = |group: &Group| -> usize {
        group.queues.iter().map(|queue| run.state.table.waiting(*queue).len()).sum()
    };
    let truncated = groups.iter().zip(&examined).any(|(group, seen)| all(group) > *seen);
    if truncated && !run.outcome.launched.is_empty() {
        return;
    }
    let nothing = run.empty_slots(0..1);
    run.state.memory.plan = Some(Plan {
        slots: std::mem::replace(&mut run.main, nothing),
        now: run.now,
        predictions: run.config.predictions,
        platform: Arc::clone(&run.platform),
        tail_group,
        last_job: groups.iter().map(|group| group.jobs.last().map(|(id, _)| *id)).collect(),
        examined,
        truncated,
    });
}

impl<'a> Run<'a> {
    /// Examined jobs of a group that were not launched.
    fn still_waiting(&self, group: &Group) -> usize {
        let waits = |(id, _): &&(JobId, u32)| {
            group.queues.iter().any(|queue| self.state.table.waiting(*queue).contains_key(id))
        };
        group.jobs.iter().filter(waits).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use crate::oar::model::config::OarCompat;
    use crate::oar::model::ids::ResourceId;
    use crate::oar::model::job::Job;
    use crate::oar::model::resource::Resource;
    use crate::oar::model::state::Queue;
    use crate::oar::pass::pass;
    use gleaner_oar::states::ResourceState;

    #[test]
    fn an_arrival_that_waits_for_a_node_is_told_at_once() {
        let predictions = Predictions::All;
        let compat = OarCompat::Intended;
        let config = Config { compat, predictions, notes_waits: true, ..Config::default() };
        let mut asleep = Resource::new(ResourceId(2), "n2".to_owned());
        asleep.state = ResourceState::Absent;
        asleep.available_upto = 2_147_483_646;
        let resources = [Resource::new(ResourceId(1), "n1".to_owned()), asleep];
        let resources = resources.into_iter().collect();
        let mut state = State::new(resources, Queue::packaged(), &config).expect("valid");
        let submit = |state: &mut State, now| {
            let id = state.next_job_id();
            let job = Job::new(id, now).asking(&[("resource_id", 1)], 600);
            state.submit(job, &config).expect("valid");
            id
        };
        let now = Date(1_700_000_000);
        let first = submit(&mut state, now);
        assert_eq!(pass(&mut state, now, &config).launched, [first]);
        state.launched(first, now, &config).expect("launching");
        pass(&mut state, now, &config);
        let second = submit(&mut state, now);
        let outcome = pass(&mut state, now, &config);
        assert!(outcome.reused && outcome.launched.is_empty(), "{outcome:?}");
        assert_eq!(outcome.waits.held, [(second, Cause::Nodes)]);
    }
}
