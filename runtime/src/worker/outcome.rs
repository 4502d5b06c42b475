//! How a job ended, from what OAR says of it. Sends nothing.

use gleaner_core::fact::Outcome;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::states::JobState;
use gleaner_oar::wire::job::{Job, WaitStatus, wait_status};

use crate::client::submission::lease_of;
use crate::order::LEASE_EXIT;
use crate::worker::doubt::MARGIN;

/// A copy that OAR makes by itself is there so soon after the job's end.
const COPY_COMES_WITHIN: Duration = Duration::from_seconds(60);

/// How a job that is over ended; none while it is not over. `lease`: when its lease ends by the cluster's
/// clock, for a server that does not show the command.
///
/// OAR does not always list events in the same order, so the strongest that is there decides, and not
/// the first.
pub fn outcome(job: &Job, lease: Option<Timestamp>) -> Option<Outcome> {
    match job.state {
        JobState::Terminated => Some(by_itself(job, lease)),
        JobState::Error => Some(killed(job)),
        _ => None,
    }
}

fn by_itself(job: &Job, lease: Option<Timestamp>) -> Outcome {
    match job.exit_code.map(wait_status) {
        Some(WaitStatus::Exited(LEASE_EXIT)) => late_or_failed(job, lease),
        Some(WaitStatus::Exited(code)) => Outcome::Exited(code),
        Some(WaitStatus::Signalled(signal)) => Outcome::Signalled(signal),
        None => Outcome::Unknown,
    }
}

/// What the exit code of a late start says: a user's program may end with it too. A job that started at or
/// after its lease was late; one that started well before ran, and ended so by itself. In between, and where
/// the lease or the start is not known, nobody can tell: a person has to look, as it may have run.
fn late_or_failed(job: &Job, lease: Option<Timestamp>) -> Outcome {
    let shown = job.command.as_deref().and_then(lease_of);
    let Some(lease) = shown.or(lease).filter(|_| job.start_time > 0) else {
        return Outcome::LateOrFailed;
    };
    let start = Timestamp::from_seconds(job.start_time);
    if start >= lease {
        Outcome::LeaseExpired
    } else if start + MARGIN >= lease {
        Outcome::LateOrFailed
    } else {
        Outcome::Exited(LEASE_EXIT)
    }
}

fn killed(job: &Job) -> Outcome {
    let has = |name| job.has_event(name);
    if has("BESTEFFORT_KILL") {
        Outcome::KilledBestEffort
    } else if has("WALLTIME") {
        Outcome::KilledWalltime
    } else if has("EXTERMINATE") || has("RESUBMIT_JOB_AUTOMATICALLY") {
        Outcome::Exterminated
    } else if has("WORKING_DIRECTORY") || has("WORKING_DIRECTOR") {
        Outcome::WorkingDirectory
    } else if has("FRAG_JOB_REQUEST") {
        Outcome::Deleted
    } else {
        Outcome::Unknown
    }
}

/// Whether OAR may still put a copy in the place of a job that could not be launched: it says so some
/// seconds after the job is over. `now` is by the cluster's clock.
pub fn copy_may_come(job: &Job, now: Timestamp) -> bool {
    job.state == JobState::Error
        && job.has_event("LAUNCHING_OAREXEC_TIMEOUT")
        && !job.has_event("RESUBMIT_JOB_AUTOMATICALLY")
        && now < Timestamp::from_seconds(job.stop_time) + COPY_COMES_WITHIN
}

/// The copy that OAR has put in a job's place, as the event tells: its last number.
pub fn copy(job: &Job) -> Option<u64> {
    let event =
        job.events.iter().flatten().find(|event| event.kind.0 == "RESUBMIT_JOB_AUTOMATICALLY")?;
    let numbers = event.description.split(|c: char| !c.is_ascii_digit());
    let copy = numbers.filter_map(|digits| digits.parse().ok()).next_back()?;
    (copy != job.id.0).then_some(copy)
}
