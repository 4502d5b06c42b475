//! A pass on the plan of the last one, where only launches count and jobs ask for any so many resources:
//! jobs are placed from the first on whose place could have changed. Launches are those of a whole pass (a
//! property test holds it to that). Whatever else is asked for is left to the whole pass.

use super::fast_path::is_simple;
use super::run::Run;
use super::run::keep::kept_slots;
use crate::oar::model::config::Config;
use crate::oar::model::gantt::Gantt;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::platform::Platform;
use crate::oar::model::slots::kept::{KeptSlots, Move};
use crate::oar::model::standing::Standing;
use crate::oar::model::standing::line::Line;
use crate::oar::model::standing::planned::Planned;
use crate::oar::model::state::State;
use crate::oar::pass::outcome::PassOutcome;

/// Decides a pass on the plan that stands, if that is possible.
pub(super) fn standing_pass(state: &mut State, now: Date, config: &Config) -> Option<PassOutcome> {
    let simple = is_simple(state, config)
        && state.table.holds_no_besteffort()
        && state.table.holdings(now, config.job_security_time_s).is_some();
    if !simple {
        return None;
    }
    let platform = state.platform(config);
    if !platform.is_whole_until(config.end_of_time.0) {
        return None;
    }
    let mut line = std::mem::take(&mut state.memory.line);
    if !follow_line(state, config, &platform, &mut line) {
        return None;
    }
    let known = state.memory.standing.take();
    let (under_way, moves) = slots_under_way(state, now, config, &platform)?;
    let quiet = line.is_same() && moves.as_ref().is_some_and(Vec::is_empty);
    let known = known.filter(|_| moves.is_some());
    let quiet = quiet && known.as_ref().is_some_and(|standing| standing.rests(now));
    let mut standing = known.unwrap_or_else(|| Standing::new(platform.words, now));
    let moves = moves.unwrap_or_default();
    let examined = match quiet {
        true => Some(0),
        false => standing.renew(now, &under_way, &moves, line.jobs()),
    };
    let Some(examined) = examined else {
        state.memory.kept = Some(under_way);
        return None;
    };
    let mut outcome = PassOutcome { examined, ..PassOutcome::default() };
    if config.is_real() {
        for (planned, asking) in standing.plan().iter().zip(line.jobs()).rev().take(examined) {
            state.table.entry_mut(asking.entry_index).job.start = Date(planned.start);
        }
    }
    launch(state, now, config, &platform, &standing, &mut outcome);
    state.memory.forget();
    if !state.gantt.is_empty() {
        state.gantt = Gantt::default();
    }
    state.memory.kept = Some(under_way);
    state.memory.line = line;
    state.memory.standing = Some(standing);
    Some(outcome)
}

/// Takes over who waits; whether all are owners' jobs, one queue after the other, that ask for any so many
/// resources.
fn follow_line(state: &mut State, config: &Config, platform: &Platform, line: &mut Line) -> bool {
    let limit = config.jobs_per_round_max.unwrap_or(usize::MAX);
    let mut queues: Vec<(usize, usize)> = Vec::new();
    for (group, members) in state.queue_groups.iter().enumerate() {
        let waits =
            |&queue: &usize| state.queues[queue].active && !state.table.waiting(queue).is_empty();
        let mut waiting = members.iter().copied().filter(waits);
        let Some(queue) = waiting.next() else { continue };
        if waiting.next().is_some() || &*state.queues[queue].name == "besteffort" {
            return false;
        }
        queues.push((group, queue));
    }
    let State { table, shapes, resources, .. } = state;
    let waiting = queues.iter().flat_map(|&(group, queue)| {
        let jobs = table.waiting(queue).iter().take(limit);
        jobs.map(move |(id, entry_index)| (group, *id, *entry_index))
    });
    line.follow(platform.revision, waiting, |entry_index| {
        let entry = table.entry(entry_index);
        let [shape] = entry.shapes[..] else { return None };
        shapes.compile(shape, platform, resources, &config.hierarchy_labels, config.compat);
        let width_s = entry.job.alternatives[0].walltime_s + config.job_security_time_s;
        Some((shapes.units(shape)?, width_s))
    })
}

/// The slots of the jobs under way, and who moved since the last pass, if they were kept since.
fn slots_under_way(
    state: &mut State,
    now: Date,
    config: &Config,
    platform: &Platform,
) -> Option<(KeptSlots, Option<Vec<Move>>)> {
    if let Some((kept, moves)) = kept_slots(state, now, config, platform) {
        return Some((kept, Some(moves)));
    }
    let mut run = Run::new(state, now, config);
    run.load_occupants();
    run.subtract_occupants(false);
    run.keep_slots();
    Some((state.memory.kept.take()?, None))
}

/// Starts the planned jobs whose time has come.
fn launch(
    state: &mut State,
    now: Date,
    config: &Config,
    platform: &Platform,
    standing: &Standing,
    outcome: &mut PassOutcome,
) {
    let due = standing.plan().iter().filter(|planned| planned.start <= now.0);
    let place =
        |planned: &Planned| (planned.id, platform.ids_of(&planned.set.spread(platform.words)));
    let mut due: Vec<(JobId, Vec<ResourceId>)> = due.map(place).collect();
    // Launches go by number, whatever the queue.
    due.sort_unstable_by_key(|(id, _)| *id);
    for (id, assigned) in due {
        state.start_job(id, 0, assigned.into(), now, config);
        outcome.launched.push(id);
    }
}
