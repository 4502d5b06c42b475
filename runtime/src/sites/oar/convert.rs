//! From OAR's jobs to jobs in words that fit any resource manager. Sends nothing.

use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_oar::states::JobState as OarState;
use gleaner_oar::wire::job::{Job as OarJob, JobRow};

use crate::sites::job::{ArrayId, Job, JobState, Row};
use crate::sites::oar::outcome::{copy, copy_until, outcome};

impl From<OarState> for JobState {
    fn from(state: OarState) -> JobState {
        match state {
            OarState::Waiting => JobState::Waiting,
            OarState::Launching => JobState::Starting,
            OarState::Running => JobState::Running,
            OarState::Finishing => JobState::Finishing,
            OarState::Hold
            | OarState::ToLaunch
            | OarState::ToAckReservation
            | OarState::Suspended
            | OarState::Resuming => JobState::Unclear,
            OarState::ToError => JobState::Dying,
            OarState::Error | OarState::Terminated => JobState::Over,
        }
    }
}

impl From<JobRow> for Row {
    fn from(row: JobRow) -> Row {
        let JobRow { id, name, owner, state, .. } = row;
        Row { job: RemoteJobId(id.0), name, owner, state: state.into() }
    }
}

impl From<OarJob> for Job {
    fn from(job: OarJob) -> Job {
        let time = |seconds: i64| (seconds > 0).then(|| Timestamp::from_seconds(seconds));
        let cores = job.resources.as_ref().map(|resources| resources.len());
        let node = job.nodes.iter().flatten().map(|node| node.network_address.clone()).next();
        Job {
            job: RemoteJobId(job.id.0),
            state: job.state.into(),
            array: ArrayId(job.array_id.0),
            index: job.array_index,
            submitted_at: Timestamp::from_seconds(job.submission_time),
            started_at: time(job.start_time),
            stopped_at: time(job.stop_time),
            ended: outcome(&job),
            cores: cores.map(|cores| u32::try_from(cores).unwrap_or(u32::MAX)),
            copy: copy(&job).map(RemoteJobId),
            copy_of: job.copy_of().map(|id| RemoteJobId(id.0)),
            copy_until: copy_until(&job),
            stdout: output(&job, job.stdout_file.as_deref()),
            stderr: output(&job, job.stderr_file.as_deref()),
            node,
            exit_status: job.exit_code,
            events: job.events.iter().flatten().map(|event| event.kind.0.clone()).collect(),
            name: job.name,
            owner: job.owner,
            command: job.command,
        }
    }
}

/// The path of a file that a job writes.
fn output(job: &OarJob, file: Option<&str>) -> Option<String> {
    let file = file?.replace("%jobid%", &job.id.0.to_string());
    if file.starts_with('/') {
        return Some(file);
    }
    Some(format!("{}/{file}", job.launching_directory.trim_end_matches('/')))
}
