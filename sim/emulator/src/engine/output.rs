//! What the engine wants done outside: processes to start and stop, lines for the log of
//! executions. Must not know how.

use gleaner_oar::states::JobState;
use gleaner_sim::time::SimTime;

use crate::calendar::unix_s;
use crate::table::row::Row;
use crate::table::watcher::JobRef;

/// The command of a job, to be run as a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRun {
    /// The job.
    pub job: JobRef,
    /// Its command.
    pub command: String,
    /// Login of whom it belongs to.
    pub user: String,
    /// Its directory, as the cluster's users see it.
    pub directory: String,
    /// File for its output, in its directory.
    pub stdout: String,
    /// File for its error output, in its directory.
    pub stderr: String,
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Run a command as a process.
    Run(CommandRun),
    /// Stop the process of a job, if it still runs.
    Stop {
        /// The job.
        job: JobRef,
    },
    /// Send a signal to the process of a job.
    Signal {
        /// The job.
        job: JobRef,
        /// The number of the signal.
        signal: i32,
    },
    /// A job that ran is over.
    Over(Execution),
}

/// One execution of a job's command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Number of the job.
    pub job_id: u64,
    /// Its name, empty if it has none.
    pub name: String,
    /// Its command with parameters.
    pub command: String,
    /// When it took its cores, seconds since 1970.
    pub start_s: i64,
    /// When its command ended, or the emulation did.
    pub end_s: i64,
    /// Its state.
    pub state: JobState,
    /// Its cluster.
    pub cluster: String,
    /// The exit code its command ended with by itself, decoded.
    pub exit_code: Option<i32>,
}

impl Execution {
    /// What the row of a job tells at `now`.
    pub(crate) fn of(row: &Row, start: SimTime, now: SimTime, cluster: String) -> Execution {
        Execution {
            job_id: row.number.0,
            name: row.description.name.as_deref().unwrap_or_default().to_owned(),
            command: row.command.to_string(),
            start_s: unix_s(start),
            end_s: unix_s(row.stop.unwrap_or(now)),
            state: row.state,
            cluster,
            exit_code: row.status.map(|status| status >> 8),
        }
    }
}
