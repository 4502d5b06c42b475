//! What somebody outside knows better than the simulation: that a job's command ends at another
//! time than was planned, because it really runs, or refused to run. Must not know why.

use crate::job::{EndReason, JobSlot, JobState};
use crate::observer::Observer;
use crate::time::SimTime;
use crate::world::{Event, World};

impl<O: Observer> World<O> {
    /// Lets the command of a running job end by itself at `end`, with that exit code. `end` must
    /// not be in the past. Returns whether it will: a job that does not run, is dying, or would
    /// be over before is left alone.
    pub fn command_ends(&mut self, slot: JobSlot, end: SimTime, exit_code: i32) -> bool {
        assert!(end >= self.now, "a command cannot end at {end}, it is {}", self.now);
        let job = self.jobs.job_mut(slot);
        if job.state != JobState::Running || job.kill_ordered || job.released || end > job.end {
            return false;
        }
        job.end = end;
        job.reason = EndReason::Completed;
        job.spec.exit_code = exit_code;
        let generation = job.generation;
        self.push(end, Event::End { slot, generation });
        true
    }
}
