//! How a job ended, and what became of OAR's own copy of it, from what OAR says. Sends nothing.

use gleaner_core::fact::Outcome;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::states::JobState;
use gleaner_oar::wire::job::{Job, WaitStatus, wait_status};

/// A copy that OAR makes by itself is there so soon after the job's end.
const COPY_COMES_WITHIN: Duration = Duration::from_seconds(60);

/// How a job that is over ended; none while it is not over.
///
/// OAR does not always list events in the same order, so the strongest that is there decides, and not
/// the first.
pub(super) fn outcome(job: &Job) -> Option<Outcome> {
    match job.state {
        JobState::Terminated => Some(by_itself(job)),
        JobState::Error => Some(killed(job)),
        _ => None,
    }
}

fn by_itself(job: &Job) -> Outcome {
    match job.exit_code.map(wait_status) {
        Some(WaitStatus::Exited(code)) => Outcome::Exited(code),
        Some(WaitStatus::Signalled(signal)) => Outcome::Signalled(signal),
        None => Outcome::Unknown,
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

/// Until when OAR may still put a copy in the place of a job that could not be launched: it says so some
/// seconds after the job is over. None where it will not.
pub(super) fn copy_until(job: &Job) -> Option<Timestamp> {
    let may_come = job.state == JobState::Error
        && job.has_event("LAUNCHING_OAREXEC_TIMEOUT")
        && !job.has_event("RESUBMIT_JOB_AUTOMATICALLY");
    may_come.then(|| Timestamp::from_seconds(job.stop_time) + COPY_COMES_WITHIN)
}

/// The copy that OAR has put in a job's place, as the event tells: its last number.
pub(super) fn copy(job: &Job) -> Option<u64> {
    let event =
        job.events.iter().flatten().find(|event| event.kind.0 == "RESUBMIT_JOB_AUTOMATICALLY")?;
    let numbers = event.description.split(|c: char| !c.is_ascii_digit());
    let copy = numbers.filter_map(|digits| digits.parse().ok()).next_back()?;
    (copy != job.id.0).then_some(copy)
}
