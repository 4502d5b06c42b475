//! How a job ended, by what its cluster tells and by its lease. Sends nothing.

use gleaner_core::fact::Outcome;
use gleaner_core::time::Timestamp;

use crate::command::{LEASE_EXIT, lease_of};
use crate::sites::job::Job;
use crate::worker::unconfirmed::MARGIN;

/// How a job that is over ended; none while it is not over. `lease`: when its lease ends by the cluster's
/// clock, for a server that does not show the command.
pub fn outcome(job: &Job, lease: Option<Timestamp>) -> Option<Outcome> {
    match job.ended? {
        Outcome::Exited(LEASE_EXIT) => Some(late_or_failed(job, lease)),
        other => Some(other),
    }
}

/// What the exit code of a late start says: a user's program may end with it too. A job that started at or
/// after its lease was late; one that started well before ran, and ended so by itself. In between, and where
/// the lease or the start is not known, nobody can tell: a person has to look, as it may have run.
fn late_or_failed(job: &Job, lease: Option<Timestamp>) -> Outcome {
    let shown = job.command.as_deref().and_then(lease_of);
    let (Some(lease), Some(start)) = (shown.or(lease), job.started_at) else {
        return Outcome::LateOrFailed;
    };
    if start >= lease {
        Outcome::LeaseExpired
    } else if start + MARGIN >= lease {
        Outcome::LateOrFailed
    } else {
        Outcome::Exited(LEASE_EXIT)
    }
}

/// Whether the cluster may still put a copy in a job's place. `now` is by its clock.
pub fn copy_may_come(job: &Job, now: Timestamp) -> bool {
    job.copy_until.is_some_and(|until| now < until)
}
