//! What a pass can decide from what is free now, before it makes slots: that nothing which waits fits, or
//! that best-effort jobs, and nobody else, start on free resources. Launches are those of a whole pass
//! that predicts only what is needed (a property test holds it to that); nothing is predicted.
//!
//! Why it is right: jobs under way leave later, and nobody else takes anything, so what is free now
//! stays free, and best-effort jobs that come one after the other take the first resources in order. What
//! does not fit cannot start before an owners' job ends, and so takes nothing before. Whatever could make
//! this untrue is left to the whole pass.

use crate::oar::bits;
use crate::oar::config::{Config, JobPriority, Predictions};
use crate::oar::gantt::Gantt;
use crate::oar::ids::{Date, JobId, ResourceId};
use crate::oar::outcome::PassOutcome;
use crate::oar::platform::Platform;
use crate::oar::state::State;

/// What fits of what waits.
enum Fits {
    Nothing,
    /// Only best-effort jobs, in this queue; whether other jobs wait beside them.
    Besteffort {
        queue: usize,
        others: bool,
    },
    Unclear,
}

/// Decides at a glance, if that is possible.
pub(super) fn glance(state: &mut State, now: Date, config: &Config) -> Option<PassOutcome> {
    let simple = config.predictions == Predictions::Needed
        && config.job_priority == JobPriority::Fifo
        && config.besteffort_kill_before_s == 0
        && config.quotas.is_none()
        && config.energy_saving.is_none()
        && config.walltime_changes.is_none()
        && state.table.is_plain();
    if !simple {
        return None;
    }
    let platform = state.last_platform().filter(|p| p.is_whole_until(now.0 + 1))?;
    let holdings = state.table.holdings(now, config.job_security_time_s)?;
    let rows = u32::try_from(platform.ids.len()).expect("rows fit 32 bits");
    let beside_owners = rows - bits::count(&holdings.owners);
    let free = beside_owners - bits::count(&holdings.besteffort);
    let owners_stay_until = holdings.owners_stay_until(config.job_security_time_s);
    let outcome = match fits(state, config, beside_owners, free) {
        Fits::Nothing => PassOutcome::default(),
        Fits::Besteffort { queue, others } => {
            // Others that do not fit now start when an owners' job ends, not before.
            let until = if others { owners_stay_until } else { i64::MAX };
            start(state, now, config, &platform, queue, free, until)?
        }
        Fits::Unclear => return None,
    };
    state.memory.forget();
    if !state.gantt.is_empty() {
        state.gantt = Gantt::default();
    }
    Some(outcome)
}

/// Compares what waits with what is free beside owners' jobs, and beside all.
fn fits(state: &State, config: &Config, beside_owners: u32, free: u32) -> Fits {
    let limit = config.jobs_per_round_max.unwrap_or(usize::MAX);
    let active = || state.queues.iter().enumerate().filter(|(_, queue)| queue.active);
    let mut others_wait = false;
    let mut besteffort = None;
    for (index, queue) in active() {
        let waiting = state.table.waiting(index);
        if waiting.is_empty() {
            continue;
        }
        let rivals = active().filter(|(_, other)| other.priority == queue.priority);
        let alone = &*queue.name == "besteffort" && rivals.count() == 1;
        let room = if alone { free } else { beside_owners };
        let mut examined = waiting.values().take(limit);
        let fit = examined.any(|place| state.table.entry(*place).least <= room);
        match (alone, fit) {
            (true, true) => besteffort = Some(index),
            (false, true) => return Fits::Unclear,
            (_, false) => {}
        }
        others_wait |= !alone;
    }
    match besteffort {
        None => Fits::Nothing,
        Some(queue) => Fits::Besteffort { queue, others: others_wait },
    }
}

/// Starts best-effort jobs in order as long as they fit, all of them over by `until`; none if one that
/// does not fit has another behind it that might.
fn start(
    state: &mut State,
    now: Date,
    config: &Config,
    platform: &Platform,
    queue: usize,
    free: u32,
    until: i64,
) -> Option<PassOutcome> {
    let limit = config.jobs_per_round_max.unwrap_or(usize::MAX);
    let mut starting: Vec<(JobId, usize)> = Vec::new();
    let mut room = free;
    let mut waiting = state.table.waiting(queue).iter().take(limit);
    while room > 0 {
        let Some((id, place)) = waiting.next() else { break };
        let entry = state.table.entry(*place);
        if entry.least > room {
            if waiting.any(|(_, place)| state.table.entry(*place).least <= room) {
                return None;
            }
            break;
        }
        let [shape] = entry.shapes[..] else { return None };
        let count = state.shapes.units(shape).filter(|count| *count <= room)?;
        let width_s = entry.job.alternatives[0].walltime_s + config.job_security_time_s;
        let end = now.0 + width_s;
        if end > until || !platform.is_whole_until(end) {
            return None;
        }
        starting.push((*id, count as usize));
        room -= count;
    }
    let holdings = state.table.holdings(now, config.job_security_time_s)?;
    let held = |row: &u32| {
        let row = *row as usize;
        bits::contains(&holdings.owners, row) || bits::contains(&holdings.besteffort, row)
    };
    let all = 0..u32::try_from(platform.ids.len()).expect("rows fit 32 bits");
    let order = platform.in_order(all.filter(|row| !held(row)), &state.resources);
    let mut order = order.into_iter();
    let mut outcome = PassOutcome { examined: starting.len(), ..PassOutcome::default() };
    for (id, count) in starting {
        let rows = order.by_ref().take(count);
        let mut assigned: Vec<ResourceId> =
            rows.map(|row| state.resources[row as usize].id).collect();
        assigned.sort_unstable();
        state.start_job(id, 0, assigned.into(), now, config);
        outcome.launched.push(id);
    }
    Some(outcome)
}
