//! The jobs whose rows may still change, and what has happened to jobs in the cycle under way: in memory, and found again
//! in the rows at start. Writes nothing.

use std::collections::BTreeMap;

use gleaner_api::states::JobState;
use gleaner_core::ids::{CampaignId, ClusterId, CommandId, RemoteJobId, TaskId};
use gleaner_core::server_message::ServerMessage;
use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::words::listed;
use crate::store::{numbers, sql};

/// A living job: its row, whose it is, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LivingJob {
    pub(crate) row: u64,
    pub(crate) campaign: CampaignId,
    /// The index of its task; none for a prologue or an epilogue.
    pub(crate) task: Option<u32>,
}

/// The jobs of a submission that have no name yet.
#[derive(Debug)]
pub(super) struct SubmittedJobs {
    pub(super) cluster: ClusterId,
    /// The row of the first job; the others follow in the order of their tasks, named or not.
    pub(super) first: u64,
    pub(super) nameless: Vec<LivingJob>,
}

/// What is known of jobs.
#[derive(Debug, Default)]
pub(super) struct KnownJobs {
    /// The row that the next job gets.
    pub(super) next: u64,
    /// The submissions without a final answer.
    pub(super) submitted: BTreeMap<CommandId, SubmittedJobs>,
    /// The living jobs that have a name.
    pub(super) living: BTreeMap<(ClusterId, RemoteJobId), LivingJob>,
    /// What has happened in the cycle under way.
    pub(super) cycle: CycleJobs,
}

/// What has happened to jobs in one cycle.
#[derive(Debug, Default)]
pub(super) struct CycleJobs {
    /// The row of the job that ended last, of each task.
    pub(super) ended: BTreeMap<(TaskId, ClusterId), u64>,
    /// The row of the prologue or epilogue that ended, of each campaign on a cluster.
    pub(super) scripts: BTreeMap<(CampaignId, ClusterId), u64>,
    /// Rows of the jobs that ended, by name.
    pub(super) gone: BTreeMap<(ClusterId, RemoteJobId), u64>,
    /// What a cluster said when it refused a submission, of each campaign there.
    pub(super) words: BTreeMap<(CampaignId, ClusterId), ServerMessage>,
}

impl KnownJobs {
    /// Finds the rows of living jobs and of open submissions again.
    pub(super) fn load(connection: &Connection) -> Result<KnownJobs, StoreError> {
        let mut jobs =
            KnownJobs { next: numbers::next(connection, "jobs")?, ..KnownJobs::default() };
        let mut nameless: BTreeMap<u64, LivingJob> = BTreeMap::new();
        for (remote, cluster, living) in living(connection)? {
            match remote {
                Some(remote) => drop(jobs.living.insert((cluster, remote), living)),
                None => drop(nameless.insert(living.row, living)),
            }
        }
        for (command, cluster, first) in submissions(connection)? {
            // Rows from its first on are its own, those of later commands having been taken already.
            let own = nameless.split_off(&first);
            if !own.is_empty() {
                let nameless = own.into_values().collect();
                jobs.submitted.insert(command, SubmittedJobs { cluster, first, nameless });
            }
        }
        Ok(jobs)
    }

    /// Returns the row of a task's job: of the one that ended on this cluster in this cycle, or else of one
    /// that lives.
    pub(super) fn job_of(&self, task: TaskId, cluster: Option<ClusterId>) -> Option<u64> {
        let ended = cluster.and_then(|at| self.cycle.ended.get(&(task, at)).copied());
        let alive = || {
            let mut living = self.living.values();
            let same =
                living.find(|job| job.campaign == task.campaign && job.task == Some(task.index));
            same.map(|job| job.row)
        };
        ended.or_else(alive)
    }
}

type LivingRow = (Option<RemoteJobId>, ClusterId, LivingJob);

fn living(connection: &Connection) -> Result<Vec<LivingRow>, StoreError> {
    // The words as the index of the living has them: without it, all jobs are read.
    let over = listed(&[JobState::Event.word(), JobState::Terminated.word()]);
    let sql = format!(
        "SELECT id, campaign, task, cluster, remote FROM jobs \
         WHERE stopped_at IS NULL AND state NOT IN ({over})"
    );
    sql::all(connection, "read jobs", &sql, [], |row| {
        let living =
            LivingJob { row: row.get(0)?, campaign: CampaignId(row.get(1)?), task: row.get(2)? };
        let remote: Option<u64> = row.get(4)?;
        Ok((remote.map(RemoteJobId), ClusterId(row.get(3)?), living))
    })
}

/// Returns the open submissions with the rows of their first jobs, the last first.
fn submissions(connection: &Connection) -> Result<Vec<(CommandId, ClusterId, u64)>, StoreError> {
    let sql = "SELECT command, first_job, cluster FROM intents WHERE first_job IS NOT NULL \
               ORDER BY first_job DESC";
    sql::all(connection, "read jobs", sql, [], |row| {
        Ok((CommandId(row.get(0)?), ClusterId(row.get(2)?), row.get(1)?))
    })
}
