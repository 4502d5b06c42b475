//! Jobs and their events as the API shows them. Does not know what they mean to anybody.

use serde_json::Value;

use super::field::{both, each, oar2, oar3, record};
use super::page::Link;
use super::resource::{Assigned, Node};
pub use super::values::{ApiTime, EventName, JobId, Types};
use crate::states::{JobState, ReservationState};

record! {
    /// A job in a plain list.
    pub struct JobRow {
        /// Its id.
        id: JobId = both("id"),
        /// The name given at submission.
        name: Option<String> = both("name"),
        /// The login it runs under.
        owner: String = each("owner", "user"),
        /// Its queue.
        queue: String = each("queue", "queue_name"),
        /// Its state.
        state: JobState = both("state"),
        /// When it was submitted, in seconds since 1970.
        submission: i64 = each("submission", "submission_time"),
        /// Raw wait status, where the server gives it.
        exit_code: Option<i32> = oar3("exit_code"),
        /// Exit code decoded by the server.
        exit_status_code: Option<i32> = oar3("exit_status_code"),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = oar2("api_timestamp").dropped(),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}

record! {
    /// A job as shown alone, or in a list with details. Times are seconds since 1970, 0 for not yet.
    pub struct Job {
        /// Its id.
        id: JobId = both("id"),
        /// The array it belongs to; its own id if it was submitted alone.
        array_id: JobId = both("array_id"),
        /// Its index in the array, from 1. Lists of OAR 2 do not give it.
        array_index: Option<u32> = both("array_index"),
        /// The command of the submission, without parameters.
        initial_request: Option<String> = both("initial_request"),
        /// The name given at submission.
        name: Option<String> = both("name"),
        /// `PASSIVE` or `INTERACTIVE`.
        kind: String = both("type"),
        /// Where the submission came from.
        info_type: Option<String> = oar3("info_type"),
        /// Its state.
        state: JobState = both("state"),
        /// Where an advance reservation stands.
        reservation: Option<ReservationState> = both("reservation"),
        /// What OAR says about it to people.
        message: Option<String> = both("message"),
        /// More of this from the scheduler.
        scheduler_info: Option<String> = oar3("scheduler_info"),
        /// The login it runs under.
        owner: String = each("owner", "user"),
        /// Its project.
        project: Option<String> = both("project"),
        /// Unix group; empty so far.
        group: Option<String> = oar3("group"),
        /// The command with the parameters of this job.
        command: Option<String> = both("command"),
        /// Raw wait status: code times 256, or the signal. Nothing until known, and for jobs that
        /// did not end by themselves.
        exit_code: Option<i32> = both("exit_code"),
        /// The status decoded by the server.
        exit_status_code: Option<i32> = oar3("exit_status_code"),
        /// Its queue.
        queue: String = each("queue", "queue_name"),
        /// The filter on resources.
        properties: Option<String> = both("properties"),
        /// Where it is started.
        launching_directory: String = both("launching_directory"),
        /// When it was submitted.
        submission_time: i64 = both("submission_time"),
        /// When it started.
        start_time: i64 = both("start_time"),
        /// When it ended; may be set a little before the state says so.
        stop_time: i64 = both("stop_time"),
        /// Its walltime in seconds, once it has resources.
        walltime: Option<i64> = both("walltime"),
        /// When it is planned to start.
        scheduled_start: Option<i64> = oar2("scheduled_start"),
        /// `YES` once it is in the accounting tables.
        accounted: Option<String> = oar3("accounted"),
        /// The alternative that was chosen, 0 for none yet.
        assigned_moldable_job: Option<u64> = oar3("assigned_moldable_job"),
        /// Seconds between signal and kill.
        checkpoint: Option<i64> = oar3("checkpoint"),
        /// The signal sent before a kill.
        checkpoint_signal: Option<i32> = oar3("checkpoint_signal"),
        /// File of its output, relative to the launching directory.
        stdout_file: Option<String> = both("stdout_file"),
        /// File of its errors, relative to the launching directory.
        stderr_file: Option<String> = both("stderr_file"),
        /// The job of which OAR made this copy; 0 for none. Lists of OAR 2 do not give it.
        resubmit_job_id: Option<JobId> = both("resubmit_job_id"),
        /// `YES` after it was suspended.
        suspended: Option<String> = oar3("suspended"),
        /// Where its processes are kept.
        cpuset_name: Option<String> = oar2("cpuset_name"),
        /// Jobs it waits for.
        dependencies: Option<Vec<Value>> = oar2("dependencies").dropped(),
        /// What it asked for.
        wanted_resources: Option<String> = oar2("wanted_resources"),
        /// Its types.
        types: Option<Types> = both("types").dropped(),
        /// What happened to it. OAR 3 gives these only with details.
        events: Option<Vec<Event>> = both("events").dropped(),
        /// Resources it has or had. Only with details.
        resources: Option<Vec<Assigned>> = both("resources").dropped(),
        /// Nodes it has or had. Only with details.
        nodes: Option<Vec<Node>> = both("nodes").dropped(),
        /// Empty so far.
        actual_resources: Option<String> = oar3("actual_resources"),
        /// The server's clock.
        api_timestamp: Option<ApiTime> = oar2("api_timestamp").dropped(),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}

impl Job {
    /// The job this one is OAR's copy of.
    #[must_use]
    pub fn copy_of(&self) -> Option<JobId> {
        self.resubmit_job_id.filter(|id| id.0 != 0)
    }

    /// Whether an event of this name is among its events.
    #[must_use]
    pub fn has_event(&self, name: &str) -> bool {
        self.events.iter().flatten().any(|event| event.kind.0 == name)
    }
}

record! {
    /// Something that happened to a job.
    pub struct Event {
        /// Its id.
        id: u64 = each("event_id", "id"),
        /// Its name.
        kind: EventName = both("type"),
        /// When, in seconds since 1970.
        date: i64 = both("date"),
        /// For people; also tells who asked for a deletion.
        description: String = both("description"),
        /// The job.
        job_id: JobId = both("job_id"),
        /// `YES` while OAR still has to react.
        to_check: String = both("to_check"),
    }
}

/// Decodes a raw wait status.
///
/// The lowest seven bits are the signal that ended the process, if any; the next but one eight bits
/// are its exit code.
#[must_use]
pub fn wait_status(raw: i32) -> WaitStatus {
    match raw & 0x7f {
        0 => WaitStatus::Exited(((raw >> 8) & 0xff).to_le_bytes()[0]),
        signal => WaitStatus::Signalled(signal.to_le_bytes()[0]),
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitStatus {
    /// By itself, with this code.
    Exited(u8),
    /// By this signal.
    Signalled(u8),
}
