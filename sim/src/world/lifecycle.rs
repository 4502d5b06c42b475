//! The life of a job in the World: submitted, promised, begun, ended, cleaned up; and the actions
//! of schedulers that move it along.

use crate::actions::{Actions, Kill, Launch};
use crate::cores::Intervals;
use crate::job::{ClusterIndex, EndReason, Job, JobKind, JobSlot, JobSpec, JobState};
use crate::observer::Observer;
use crate::time::{SimSpan, SimTime};
use crate::world::occupancy::Occupancy;
use crate::world::{Event, World};

impl<O: Observer> World<O> {
    /// Puts the next arrival of a cluster into the queue of arrivals.
    pub(super) fn schedule_arrival(&mut self, index: ClusterIndex) {
        match self.clusters[index.index()].arrivals.next_submit() {
            Some(time) => self.arrivals.push(time, 0, index),
            None => self.note_failure(index),
        }
    }

    /// Where no further job of a cluster can be had: there are no more, or something has failed.
    #[cold]
    fn note_failure(&mut self, index: ClusterIndex) {
        if let Some(error) = self.clusters[index.index()].arrivals.failure() {
            self.failed.get_or_insert(error);
        }
    }

    /// The next of the owners' jobs joins its queue.
    pub(super) fn arrive(&mut self, index: ClusterIndex) {
        let next = self.clusters[index.index()].arrivals.take();
        self.to_come -= 1;
        self.accept(index, next.expect("an arrival event has its job"));
        self.schedule_arrival(index);
    }

    /// A job joins the queue of its cluster.
    pub(super) fn accept(&mut self, index: ClusterIndex, spec: JobSpec) -> JobSlot {
        let slot = self.enqueue(index, spec);
        let scheduler = &mut self.clusters[index.index()].scheduler;
        scheduler.submitted(self.now, slot, &self.jobs, &mut self.actions);
        self.carry_out(index);
        slot
    }

    /// Puts a job into the queue of its cluster; its scheduler is still to be told.
    fn enqueue(&mut self, index: ClusterIndex, spec: JobSpec) -> JobSlot {
        let cluster = &mut self.clusters[index.index()];
        cluster.guard.submit();
        cluster.counts.submitted += u64::from(spec.kind != JobKind::Local);
        cluster.number_max = cluster.number_max.max(spec.number);
        *cluster.waiting(spec.kind) += 1;
        let estimate = cluster.estimates.of(&spec);
        let slot = self.jobs.insert(spec, index, estimate);
        let job = self.jobs.job(slot);
        let exact = Occupancy::asks_for_exact(job);
        self.observer.job_submitted(self.now, slot, job);
        if exact {
            self.count_core_by_core(index);
        }
        slot
    }

    /// From now on each core of a cluster is counted by itself: it may have several holders.
    pub(super) fn count_core_by_core(&mut self, index: ClusterIndex) {
        let cluster = &mut self.clusters[index.index()];
        if cluster.occupancy.is_exact() {
            return;
        }
        let holds = |job: &&Job| {
            let alive = matches!(job.state, JobState::Running | JobState::CleaningUp);
            job.cluster == index && alive && !job.released
        };
        let holders = self.jobs.iter().map(|(_, job)| job).filter(holds);
        let unavailable: Vec<_> = cluster.unavailable().collect();
        cluster.occupancy.make_exact(cluster.cores(), holders, unavailable.into_iter());
    }

    /// A copy that a scheduler asked for joins its queue.
    fn copy(&mut self, index: ClusterIndex, key: u64, spec: JobSpec) {
        let number = self.clusters[index.index()].number_max + 1;
        let slot = self.enqueue(index, JobSpec { number, submit: self.now, ..spec });
        self.clusters[index.index()].scheduler.copied(self.now, key, slot);
    }

    /// A scheduler's wake-up, if it is still meant. Returns whether it was.
    pub(super) fn wake(&mut self, index: ClusterIndex) -> bool {
        let cluster = &mut self.clusters[index.index()];
        if cluster.wake != Some(self.now) {
            return false;
        }
        cluster.wake = None;
        cluster.scheduler.woken(self.now, &self.jobs, &mut self.actions);
        self.carry_out(index);
        true
    }

    /// Carries out what a scheduler has just asked for.
    pub(super) fn carry_out(&mut self, index: ClusterIndex) {
        self.each(
            |actions| &mut actions.held,
            |world, (slot, cause)| {
                world.observer.job_held(world.now, slot, world.jobs.job(slot), cause);
            },
        );
        self.each(|actions| &mut actions.released, |world, slot| world.release(index, slot));
        self.each(|actions| &mut actions.kills, World::kill);
        self.each(|actions| &mut actions.withdrawn, World::forget_unstarted);
        self.each(|actions| &mut actions.suspended, World::suspend);
        self.each(|actions| &mut actions.launches, |world, launch| world.launch(index, launch));
        self.each(|actions| &mut actions.resumed, World::resume);
        self.each(
            |actions| &mut actions.walltimes,
            |world, (slot, walltime)| world.jobs.job_mut(slot).spec.walltime = Some(walltime),
        );
        self.each(|actions| &mut actions.copies, |world, (key, spec)| world.copy(index, key, spec));
        self.each(
            |actions| &mut actions.switched,
            |world, (node, state)| world.switch_node(index, node, state),
        );
        if let Some(time) = self.actions.wake.take() {
            let cluster = &mut self.clusters[index.index()];
            if cluster.wake.is_none_or(|asked| time < asked) {
                cluster.wake = Some(time);
                self.push(time, Event::Wake(index));
            }
        }
    }

    /// Does what a scheduler has asked for in one of its lists. No scheduler asks for more meanwhile.
    #[inline]
    fn each<T>(
        &mut self,
        list: impl Fn(&mut Actions) -> &mut Vec<T>,
        mut act: impl FnMut(&mut World<O>, T),
    ) {
        // Most lists are empty most of the time.
        if list(&mut self.actions).is_empty() {
            return;
        }
        let mut asked = std::mem::take(list(&mut self.actions));
        for item in asked.drain(..) {
            act(self, item);
        }
        let meanwhile = std::mem::replace(list(&mut self.actions), asked);
        assert!(meanwhile.is_empty(), "actions were carried out out of turn");
    }

    /// The cores of a job that ends at this very instant go to others before its end event.
    fn release(&mut self, index: ClusterIndex, slot: JobSlot) {
        let job = self.jobs.job_mut(slot);
        assert!(
            job.end == self.now && job.state == JobState::Running,
            "job {} gives its cores away at {} but ends at {}",
            job.spec.number,
            self.now,
            job.end,
        );
        job.released = true;
        self.clusters[index.index()].give_back(job);
    }

    /// A running job stops for a while and gives its cores back.
    fn suspend(&mut self, slot: JobSlot) {
        let job = self.jobs.job_mut(slot);
        assert!(job.state == JobState::Running, "job {} does not run", job.spec.number);
        job.state = JobState::Suspended;
        job.left = if job.end == SimTime::NEVER { SimSpan::FOREVER } else { job.end - self.now };
        job.end = SimTime::NEVER;
        job.released = true;
        self.clusters[job.cluster.index()].give_back(job);
        self.observer.job_suspended(self.now, slot, job);
    }

    /// A suspended job takes its cores again and runs for what it has left.
    fn resume(&mut self, slot: JobSlot) {
        let job = self.jobs.job_mut(slot);
        assert!(job.state == JobState::Suspended, "job {} is not suspended", job.spec.number);
        job.state = JobState::Running;
        job.end = if job.left == SimSpan::FOREVER { SimTime::NEVER } else { self.now + job.left };
        job.released = false;
        let cluster = &mut self.clusters[job.cluster.index()];
        cluster.take(job);
        cluster.guard.hold(job);
        self.observer.job_resumed(self.now, slot, job);
        let (end, generation) = (job.end, job.generation);
        if end < SimTime::NEVER {
            self.push(end, Event::End { slot, generation });
        }
    }

    /// Starts a job, or promises it its cores.
    fn launch(&mut self, index: ClusterIndex, launch: Launch) {
        let Launch { job: slot, cores, begin, after_victims, latency, cleanup, chosen } = launch;
        let job = self.jobs.job_mut(slot);
        assert!(job.state == JobState::Waiting, "job {} is started twice", job.spec.number);
        assert!(
            job.cores.is_empty() && begin >= self.now,
            "job {} begins in the past",
            job.spec.number
        );
        job.state = JobState::Promised;
        job.start = begin;
        job.cores = cores;
        job.latency = latency;
        job.cleanup = cleanup;
        if let Some(chosen) = chosen {
            job.spec.run = chosen.run;
            job.spec.walltime = Some(chosen.walltime);
            job.estimate = chosen.walltime;
            job.spec.cores = job.cores.len();
        }
        let generation = job.generation;
        debug_assert_eq!(job.cluster, index);
        self.clusters[index.index()].guard.launch(job);
        if after_victims {
            self.observer.job_promised(self.now, slot, job);
            self.push(begin, Event::Begin { slot, generation });
        } else {
            self.begin(slot);
        }
    }

    /// A job takes the cores it was promised.
    pub(super) fn begin(&mut self, slot: JobSlot) {
        let job = self.jobs.job_mut(slot);
        let span = job.latency + job.spec.run;
        let cluster = &mut self.clusters[job.cluster.index()];
        // A scheduler that plans with the walltime itself also ends jobs beyond it.
        let left_to_scheduler =
            cluster.scheduler.enforces_walltimes() && job.spec.walltime == Some(job.estimate);
        let (end, reason) = match job.spec.walltime.filter(|_| !left_to_scheduler) {
            // Killed while its cores were only promised.
            _ if job.kill_ordered => (job.end.max(self.now), job.reason),
            Some(walltime) if walltime < span => (self.now + walltime, EndReason::Walltime),
            // What executes nothing lasts until it is killed.
            Some(_) | None if job.spec.run == SimSpan::FOREVER => {
                (SimTime::NEVER, EndReason::Completed)
            }
            Some(_) | None => (self.now + span, EndReason::Completed),
        };
        job.state = JobState::Running;
        job.start = self.now;
        job.end = end;
        job.reason = reason;
        let cluster = &mut self.clusters[job.cluster.index()];
        cluster.guard.time(self.now);
        cluster.guard.take(job);
        cluster.alive += 1;
        *cluster.waiting(job.spec.kind) -= 1;
        cluster.take(job);
        self.observer.job_started(self.now, slot, job);
        let (end, generation) = (job.end, job.generation);
        if end < SimTime::NEVER {
            self.push(end, Event::End { slot, generation });
        }
    }

    /// A scheduler has ordered a job to die.
    fn kill(&mut self, kill: Kill) {
        let Kill { job: slot, dead, clean, reason } = kill;
        let taken_back = clean == self.now;
        let job = self.jobs.job_mut(slot);
        if dead >= job.end {
            // It ends by itself before the kill arrives, and its end event does the rest.
            job.cleanup = clean - job.end;
            if taken_back {
                let index = job.cluster;
                self.release(index, slot);
            }
            return;
        }
        job.reason = reason;
        job.kill_ordered = true;
        job.end = dead;
        job.cleanup = clean - dead;
        let generation = job.generation;
        if job.state == JobState::Promised {
            // It dies when it has begun.
            return;
        }
        if dead > self.now {
            self.push(dead, Event::End { slot, generation });
            return;
        }
        self.observer.job_ended(slot, job);
        self.clusters[job.cluster.index()].is_over(job);
        if taken_back {
            self.leave(slot);
        } else {
            self.push(clean, Event::Clean { slot, generation });
        }
    }

    /// A job is over; its cores are clean now or later.
    pub(super) fn end(&mut self, slot: JobSlot) {
        let job = self.jobs.job_mut(slot);
        if !matches!(job.state, JobState::Running | JobState::Suspended) {
            return;
        }
        self.observer.job_ended(slot, job);
        self.clusters[job.cluster.index()].is_over(job);
        let (clean, generation, released) = (job.clean(), job.generation, job.released);
        if released || clean == self.now {
            self.clean(slot);
        } else {
            self.push(clean, Event::Clean { slot, generation });
        }
    }

    /// The scheduler hears that a job's cores are clean, and the job leaves.
    pub(super) fn clean(&mut self, slot: JobSlot) {
        let index = self.jobs.job(slot).cluster;
        let cluster = &mut self.clusters[index.index()];
        cluster.scheduler.ended(self.now, slot, &self.jobs, &mut self.actions);
        // Gone before its cores are given on: the guard must not see two holders.
        self.leave(slot);
        self.carry_out(index);
    }

    /// A job that has started leaves the World.
    fn leave(&mut self, slot: JobSlot) {
        let job = self.jobs.job(slot);
        let cluster = &mut self.clusters[job.cluster.index()];
        if !job.released {
            cluster.give_back(job);
        }
        cluster.guard.leave();
        cluster.alive -= 1;
        self.vacate(slot);
    }

    /// Ends a job at once for `reason`; one that has not begun is withdrawn.
    pub(super) fn stop_job(&mut self, slot: JobSlot, reason: EndReason) {
        let job = self.jobs.job_mut(slot);
        match job.state {
            JobState::Waiting => self.withdraw(slot),
            JobState::Promised => {
                // It never held its cores, so the guard has not seen them.
                let index = job.cluster;
                let cluster = &mut self.clusters[index.index()];
                cluster.scheduler.ended(self.now, slot, &self.jobs, &mut self.actions);
                self.forget_unstarted(slot);
                self.carry_out(index);
            }
            JobState::Running | JobState::Suspended => {
                job.reason = reason;
                job.end = self.now;
                job.cleanup = SimSpan::ZERO;
                self.end(slot);
            }
            JobState::CleaningUp => {}
        }
    }

    /// A cancellation from outside.
    pub(super) fn cancel_job(&mut self, slot: JobSlot) {
        self.stop_job(slot, EndReason::Cancelled);
    }

    fn withdraw(&mut self, slot: JobSlot) {
        let index = self.jobs.job(slot).cluster;
        let cluster = &mut self.clusters[index.index()];
        cluster.scheduler.withdrawn(self.now, slot, &self.jobs, &mut self.actions);
        self.forget_unstarted(slot);
        self.carry_out(index);
    }

    fn forget_unstarted(&mut self, slot: JobSlot) {
        let job = self.jobs.job(slot);
        let cluster = &mut self.clusters[job.cluster.index()];
        cluster.guard.withdraw();
        *cluster.waiting(job.spec.kind) -= 1;
        self.observer.job_withdrawn(self.now, slot, job);
        self.vacate(slot);
    }

    /// Ends every job that holds or was promised one of `cores`, in order of start, then of
    /// submission: slots would tell best-effort jobs' presence to the owners' scheduler.
    pub(super) fn end_jobs_on(&mut self, index: ClusterIndex, cores: &Intervals) {
        for (generation, slot) in self.jobs_on(index, cores) {
            // An earlier end of this loop may have ended others, too.
            if self.jobs.still(slot, generation).is_some() {
                self.stop_after_failure(slot);
            }
        }
    }

    /// The jobs that hold or were promised one of `cores`, with their generations, in order of start,
    /// then of submission.
    pub(super) fn jobs_on(&self, index: ClusterIndex, cores: &Intervals) -> Vec<(u32, JobSlot)> {
        let mut there: Vec<(SimTime, u32, JobSlot)> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.cluster == index && job.state != JobState::Waiting)
            .filter(|(_, job)| job.cores.meets(cores))
            .map(|(slot, job)| (job.start, job.generation, slot))
            .collect();
        there.sort_unstable();
        there.into_iter().map(|(_, generation, slot)| (generation, slot)).collect()
    }

    /// A node failure leaves nothing to clean up.
    fn stop_after_failure(&mut self, slot: JobSlot) {
        if self.jobs.job(slot).state == JobState::CleaningUp {
            self.clean(slot);
        } else {
            self.stop_job(slot, EndReason::NodeFailure);
        }
    }
}
