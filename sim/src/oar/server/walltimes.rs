//! When the running jobs' time is over, suspended ones and changed walltimes included, and the polls
//! that find out. Must not know when a job would end by itself.

use crate::actions::Actions;
use crate::job::{EndReason, JobSlot, JobTable};
use crate::oar::model::ids::{Date, JobId};
use crate::oar::server::{OarServer, date, sim_time};
use crate::time::{SimSpan, SimTime};
use gleaner_oar::states::JobState;

impl OarServer {
    /// The first poll of walltimes at which a job that may run until `end` is over its time.
    pub(super) fn poll_after(&self, end: Date) -> SimTime {
        let over = sim_time(Date(end.0 + 1)).ms();
        let period_ms = self.rhythm.poll.ms().max(1);
        SimTime::from_ms((over + period_ms - 1).div_euclid(period_ms) * period_ms)
    }

    /// Suspended jobs that the pass let run again.
    pub(super) fn let_go_on(&mut self, now: SimTime, actions: &mut Actions) {
        let runs =
            |id: &JobId| self.state.job(*id).is_some_and(|job| job.state == JobState::Running);
        let resumed: Vec<JobId> = self.paused.iter().copied().filter(runs).collect();
        for id in resumed {
            self.paused.remove(&id);
            let slot = self.slots[&id];
            actions.resumed.push(slot);
            self.unwatch(slot);
            self.watch_until(self.limit(id, date(now)), id, slot);
        }
    }

    /// Walltimes that the pass has changed.
    pub(super) fn note_walltimes(&mut self, jobs: &JobTable, actions: &mut Actions) {
        for id in self.changing.clone() {
            let Some(job) = self.state.job(id) else {
                self.changing.remove(&id);
                continue;
            };
            let (walltime, pending) = (job.assigned_walltime_s(), job.walltime_change.pending_s);
            if pending == 0 {
                self.changing.remove(&id);
            }
            let slot = self.slots[&id];
            let walltime = SimSpan::from_s(walltime);
            if jobs.job(slot).spec.walltime != Some(walltime) {
                actions.walltimes.push((slot, walltime));
                self.unwatch(slot);
                self.watch(id, slot);
            }
        }
    }

    /// The date after which a poll of walltimes has to look at a running job: the end of its
    /// walltime, as OAR counts it, or the time of its signal before.
    pub(super) fn limit(&self, id: JobId, today: Date) -> Date {
        let job = self.state.job(id).expect("a running job is known");
        let allowed_s = match (job.suspended, self.config.is_real()) {
            (false, _) => job.assigned_walltime_s(),
            (true, true) => job.suspended_s(today),
            (true, false) => job.assigned_walltime_s() + job.suspended_s(today),
        };
        let end = job.start.0 + allowed_s;
        Date(if job.checkpoint_s > 0 { end - job.checkpoint_s - 1 } else { end })
    }

    pub(super) fn watch(&mut self, id: JobId, slot: JobSlot) {
        let start = self.state.job(id).expect("a running job is known").start;
        self.watch_until(self.limit(id, start), id, slot);
    }

    pub(super) fn watch_until(&mut self, limit: Date, id: JobId, slot: JobSlot) {
        if self.limit_dates.len() <= slot.index() {
            self.limit_dates.resize(slot.index() + 1, Date::UNSET);
        }
        self.limit_dates[slot.index()] = limit;
        self.limits.insert((limit, id));
    }

    pub(super) fn unwatch(&mut self, slot: JobSlot) {
        if let Some(limit) = self.limit_dates.get(slot.index()) {
            self.limits.remove(&(*limit, self.ids[slot.index()]));
        }
    }

    /// Sarko: kills the jobs beyond their walltime.
    pub(super) fn poll_walltimes(&mut self, now: SimTime, jobs: &JobTable, actions: &mut Actions) {
        let over = self.state.sarko(date(now), &self.config).exit_code == 1;
        let later = self.limits.split_off(&(date(now), JobId(0)));
        let seen = std::mem::replace(&mut self.limits, later);
        if over {
            self.kill(now, EndReason::Walltime, jobs, actions);
            // Those that die at once are not told of again.
            self.ask_for_pass(now);
        }
        for (_, id) in seen {
            // One that was sent a signal only is looked at again.
            let lives = self.state.job(id).is_some_and(|job| job.state == JobState::Running);
            if let (true, Some(slot), None) = (lives, self.slot(id), self.state.frags().get(&id)) {
                self.watch_until(date(now), id, slot);
            }
        }
        self.state.drop_events();
    }
}
