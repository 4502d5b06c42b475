//! What a cluster knows of jobs of the past: those of a store that is lost, found by their names among living
//! and ended jobs. Follows nothing, and changes nothing there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;

use gleaner_core::fact::Outcome;
use gleaner_core::ids::{ClusterId, CommandId, RemoteJobId};
use gleaner_core::listing::ListedState;
use gleaner_core::time::Timestamp;
use gleaner_oar::wire::job::Job;

use crate::client::{CallError, Client};
use crate::clock::Clock;
use crate::config::ClusterConfig;
use crate::order::{Sent, Submissions, Unreadable, WorkerStart};
use crate::secrets::vault::Vault;
use crate::session::SessionError;
use crate::worker::life::idle;
use crate::worker::{listing, outcome};

/// A job of the past.
#[derive(Clone, Debug)]
pub struct PastJob {
    /// Its id there.
    pub job: RemoteJobId,
    /// Under which it was submitted.
    pub name: String,
    /// Whose it is there.
    pub owner: String,
    /// What it runs; none where that is not told.
    pub command: Option<String>,
    /// When it was submitted, by the cluster's clock.
    pub submitted_at: Timestamp,
    /// When it started, if it did, by the cluster's clock.
    pub started_at: Option<Timestamp>,
    /// When and how it ended; none while it lives, or may be copied.
    pub ended: Option<(Timestamp, Outcome)>,
}

/// Why nothing is known of the past of a cluster.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// A file of its settings cannot be used.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// It is not reached, or does not answer as it should.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It answers otherwise than OAR does.
    #[error("it does not answer as OAR does, or does not tell its time")]
    Odd,
}

/// Finds the jobs whose names `wanted` knows: all that live, and those of `logins` that ended since the date
/// `since` of ours.
///
/// # Errors
/// [`PastError`] where any of them may have been missed.
pub async fn past_jobs(
    config: ClusterConfig,
    vault: Arc<Vault>,
    clock: Arc<Clock>,
    logins: &[String],
    since: Timestamp,
    wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<PastJob>, PastError> {
    let client = Client::new(config, Arc::clone(&vault))?;
    // What it would tell a driver is of no use to anybody.
    let (tell, _nobody) = channel();
    let (submissions, start) = (Arc::new(Nothing), WorkerStart::default());
    let mut worker = idle(ClusterId(0), client, clock, tell, vault, submissions, start);
    if !worker.know_clock().await {
        // What kept it from telling the time is told by the first question that matters, if it goes on.
        worker.current().await?;
        return Err(PastError::Odd);
    }
    let ours = |name: &Option<String>| name.as_deref().is_some_and(wanted);
    let current = worker.current().await?.ok_or(PastError::Odd)?;
    let mut rows = match current.unread.is_empty() {
        true => current.rows,
        false => return Err(PastError::Odd),
    };
    let ahead_s = worker.ahead_s.unwrap_or(0);
    let since = Timestamp::from_seconds(since.seconds().saturating_add(ahead_s));
    for login in logins {
        rows.extend(worker.ended_since(login, since).await?.ok_or(PastError::Odd)?);
    }
    rows.retain(|row| ours(&row.name));
    let mut left: Vec<RemoteJobId> = rows.iter().map(|row| RemoteJobId(row.id.0)).collect();
    left.sort_unstable();
    left.dedup();
    let mut found: BTreeMap<RemoteJobId, Job> = BTreeMap::new();
    // Those that lists leave out are asked for singly, some at a time.
    while !left.is_empty() {
        let details = worker.details(&left).await?;
        let before = left.len();
        found.extend(details.jobs);
        left.retain(|job| !found.contains_key(job));
        if left.len() == before {
            return Err(PastError::Odd);
        }
    }
    let now = worker.there();
    Ok(found.into_values().filter(|job| ours(&job.name)).map(|job| past(job, now)).collect())
}

/// Nothing is known of any submission, and nobody asks.
#[derive(Debug)]
struct Nothing;

impl Submissions for Nothing {
    fn sent(&self, _command: CommandId) -> Result<Option<Sent>, Unreadable> {
        Ok(None)
    }
}

fn past(job: Job, now: Timestamp) -> PastJob {
    let time = Timestamp::from_seconds;
    let ended = match outcome::copy_may_come(&job, now) {
        true => None,
        false => outcome::outcome(&job, None).map(|ended| (time(job.stop_time), ended)),
    };
    let runs = matches!(listing::alive(job.state, None, now), Some(ListedState::Running(_)));
    PastJob {
        job: RemoteJobId(job.id.0),
        owner: job.owner,
        command: job.command,
        submitted_at: time(job.submission_time),
        started_at: (job.start_time > 0 && (runs || ended.is_some())).then(|| time(job.start_time)),
        ended,
        name: job.name.unwrap_or_default(),
    }
}
