//! What a pass can decide from what is free now, before it makes slots: that nothing which waits fits, or
//! that jobs which fit start on free resources. Launches are those of a whole pass that predicts only
//! what is needed (a property test holds it to that); nothing is predicted.
//!
//! Why it is right: jobs under way leave later, and nobody else takes anything, so what is free now
//! stays free, and jobs that come one after the other take the first resources in order. What does not
//! fit cannot start before a job ends that it cannot displace, and so takes nothing before. Whatever
//! could make this untrue is left to the whole pass.

use crate::oar::model::bits::{self, Bits};
use crate::oar::model::config::{Config, JobPriority};
use crate::oar::model::gantt::Gantt;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::platform::Platform;
use crate::oar::model::state::State;
use crate::oar::pass::outcome::PassOutcome;
use smallvec::SmallVec;

/// A job that starts, and on how many resources.
type Starting = (JobId, usize);

/// Whether only launches count, and plain jobs wait in the order in which they came.
pub(super) fn is_simple(state: &State, config: &Config) -> bool {
    config.only_launches_count()
        && config.job_priority == JobPriority::Fifo
        && config.besteffort_kill_before_s == 0
        && config.quotas.is_none()
        && state.table.is_plain()
}

/// Decides a pass on the fast path, if that is possible.
pub(super) fn fast_path(state: &mut State, now: Date, config: &Config) -> Option<PassOutcome> {
    if !is_simple(state, config) {
        return None;
    }
    let platform = state.last_platform().filter(|p| p.is_whole_until(now.0 + 1))?;
    let security_s = config.job_security_time_s;
    let holdings = state.table.holdings(now, security_s)?;
    let rows = u32::try_from(platform.ids.len()).expect("rows fit 32 bits");
    let besteffort = bits::count(&holdings.besteffort);
    let beside_owners = rows - bits::count(&holdings.owners);
    let mut fast = FastPass {
        now,
        room: beside_owners - besteffort,
        beside_owners,
        evictable: besteffort > 0,
        until: holdings.owners_stay_until(security_s),
        until_task: holdings.all_stay_until(security_s),
        blocked: false,
        blocked_task: false,
        starting: Vec::new(),
    };
    for group in state.queue_groups.iter() {
        fast.at_group(state, config, &platform, group)?;
    }
    let outcome = start(state, now, config, &platform, fast.starting)?;
    state.memory.forget();
    if !state.gantt.is_empty() {
        state.gantt = Gantt::default();
    }
    Some(outcome)
}

/// What is known while jobs are looked at one after the other.
struct FastPass {
    now: Date,
    /// Resources that nobody holds.
    room: u32,
    /// Resources that no owners' job holds.
    beside_owners: u32,
    /// Whether owners' jobs could displace somebody.
    evictable: bool,
    /// Owners' jobs that do not fit start no earlier.
    until: i64,
    /// Best-effort jobs that do not fit start no earlier.
    until_task: i64,
    /// Whether some owners' job does not fit.
    blocked: bool,
    /// Whether some best-effort job does not fit.
    blocked_task: bool,
    starting: Vec<Starting>,
}

impl FastPass {
    /// Looks at the jobs of a group in order; returns `None` if slots are needed to decide.
    fn at_group(
        &mut self,
        state: &State,
        config: &Config,
        platform: &Platform,
        queues: &[usize],
    ) -> Option<()> {
        let limit = config.jobs_per_round_max.unwrap_or(usize::MAX);
        let active = |queue: &usize| state.queues[*queue].active;
        let queues: SmallVec<[usize; 4]> = queues.iter().copied().filter(active).collect();
        if let [queue] = queues[..] {
            let tasks = &*state.queues[queue].name == "besteffort";
            let waiting = state.table.waiting(queue).iter();
            return self.at_jobs(state, config, platform, tasks, waiting.take(limit));
        }
        let waiting =
            queues.iter().flat_map(|queue| state.table.waiting(*queue).iter().take(limit));
        let mut jobs: Vec<(&JobId, &u32)> = waiting.collect();
        jobs.sort_unstable();
        self.at_jobs(state, config, platform, false, jobs.into_iter().take(limit))
    }

    fn at_jobs<'a>(
        &mut self,
        state: &State,
        config: &Config,
        platform: &Platform,
        tasks: bool,
        jobs: impl Iterator<Item = (&'a JobId, &'a u32)>,
    ) -> Option<()> {
        for (id, entry_index) in jobs {
            let room = if tasks { self.room } else { self.beside_owners };
            if room == 0 {
                self.blocked |= !tasks;
                break;
            }
            let entry = state.table.entry(*entry_index);
            if entry.least > room {
                *(if tasks { &mut self.blocked_task } else { &mut self.blocked }) = true;
                continue;
            }
            if self.evictable && !tasks {
                return None;
            }
            let [shape] = entry.shapes[..] else { return None };
            let count = state.shapes.units(shape).filter(|count| *count <= room)?;
            let end =
                self.now.0 + entry.job.alternatives[0].walltime_s + config.job_security_time_s;
            let in_the_way =
                self.blocked && end > self.until || self.blocked_task && end > self.until_task;
            if in_the_way || !platform.is_whole_until(end) {
                return None;
            }
            self.starting.push((*id, count as usize));
            self.room -= count;
            self.until_task = self.until_task.min(end);
            if !tasks {
                self.beside_owners -= count;
                self.until = self.until.min(end);
            }
        }
        Some(())
    }
}

/// Starts jobs on the first free resources, each in its turn.
fn start(
    state: &mut State,
    now: Date,
    config: &Config,
    platform: &Platform,
    starting: Vec<Starting>,
) -> Option<PassOutcome> {
    let mut outcome = PassOutcome { examined: starting.len(), ..PassOutcome::default() };
    if starting.is_empty() {
        return Some(outcome);
    }
    let holdings = state.table.holdings(now, config.job_security_time_s)?;
    let held = holdings.owners.iter().zip(&holdings.besteffort);
    let free: Bits = held.map(|(owners, besteffort)| !(owners | besteffort)).collect();
    let wanted: usize = starting.iter().map(|(_, count)| count).sum();
    let order = if state.resources_changed() {
        let rows = bits::numbers(&free).take_while(|row| *row < platform.ids.len());
        platform.first_in_order(wanted, rows, &state.resources)
    } else {
        let by_rank = (0..platform.ids.len()).map(|rank| platform.row(rank));
        by_rank.filter(|row| bits::contains(&free, *row)).take(wanted).collect()
    };
    let mut order = order.into_iter();
    let mut placed: Vec<(JobId, Vec<ResourceId>)> = Vec::with_capacity(starting.len());
    for (id, count) in starting {
        let rows = order.by_ref().take(count);
        let mut assigned: Vec<ResourceId> = rows.map(|row| state.resources[row].id).collect();
        assigned.sort_unstable();
        placed.push((id, assigned));
    }
    // Launches go by number, whatever the queue.
    placed.sort_unstable_by_key(|(id, _)| *id);
    for (id, assigned) in placed {
        state.start_job(id, 0, assigned.into(), now, config);
        outcome.launched.push(id);
    }
    Some(outcome)
}
