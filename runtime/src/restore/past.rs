//! What a cluster knows of jobs of the past: those of a store that is lost, found by their names among living
//! and ended jobs. Follows nothing, and changes nothing there.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_core::fact::Outcome;
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;

use crate::clock::Clock;
use crate::config::ClusterConfig;
use crate::secrets::vault::Vault;
use crate::sites::answer::{Answer, ClockReading};
use crate::sites::dialects::manager;
use crate::sites::failure::{Failure, OpenError};
use crate::sites::job::{Job, Listed};
use crate::sites::port::{Question, Site};
use crate::worker::clock::ahead_of;
use crate::worker::outcome;

/// A job of the past.
#[derive(Clone, Debug)]
pub(super) struct PastJob {
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
    Open(#[from] OpenError),
    /// It is not reached, or does not answer as it should.
    #[error(transparent)]
    Call(Failure),
    /// It answers otherwise than it should.
    #[error("it does not answer as it should, or does not tell its time")]
    Odd,
}

/// Finds the jobs whose names `wanted` knows: all that live, and those of `logins` that ended since the date
/// `since` of ours.
///
/// # Errors
/// [`PastError`] where any of them may have been missed.
pub(super) async fn past_jobs(
    config: ClusterConfig,
    vault: Arc<Vault>,
    clock: Arc<Clock>,
    logins: &[String],
    since: Timestamp,
    wanted: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<PastJob>, PastError> {
    let mut site = manager(config.dialect).open(config, vault)?;
    let cluster_now = match site.ask(Question::Time).await.and_then(Answer::time) {
        Ok(ClockReading::Shown(cluster_now)) => cluster_now,
        // What keeps it from telling the time is told by the first question that matters, if it goes on.
        Ok(ClockReading::Hidden(_)) | Err(_) => {
            living(&mut *site).await?;
            return Err(PastError::Odd);
        }
    };
    let ahead_s = ahead_of(cluster_now, clock.now());
    let by_theirs =
        |time: Timestamp| Timestamp::from_seconds(time.seconds().saturating_add(ahead_s));
    let ours = |name: &Option<String>| name.as_deref().is_some_and(wanted);
    let current = living(&mut *site).await?;
    if !current.unread.is_empty() {
        return Err(PastError::Odd);
    }
    let mut rows = current.rows;
    for login in logins {
        let question = Question::Ended { login: login.clone(), since: by_theirs(since) };
        rows.extend(site.ask(question).await?.rows()?.ok_or(PastError::Odd)?);
    }
    rows.retain(|row| ours(&row.name));
    let mut left: Vec<RemoteJobId> = rows.iter().map(|row| row.job).collect();
    left.sort_unstable();
    left.dedup();
    let mut found: BTreeMap<RemoteJobId, Job> = BTreeMap::new();
    // Those that lists leave out are asked for singly, some at a time.
    while !left.is_empty() {
        let details = site.ask(Question::Jobs(left.clone())).await?.details()?;
        let before = left.len();
        found.extend(details.jobs);
        left.retain(|job| !found.contains_key(job));
        if left.len() == before {
            return Err(PastError::Odd);
        }
    }
    let now = by_theirs(clock.now());
    Ok(found.into_values().filter(|job| ours(&job.name)).map(|job| past(job, now)).collect())
}

async fn living(site: &mut dyn Site) -> Result<Listed, PastError> {
    Ok(site.ask(Question::Living).await?.listed()?)
}

impl From<Failure> for PastError {
    fn from(failure: Failure) -> PastError {
        match failure {
            Failure::Odd(_) => PastError::Odd,
            failure => PastError::Call(failure),
        }
    }
}

fn past(job: Job, now: Timestamp) -> PastJob {
    let ended = match outcome::copy_may_come(&job, now) {
        true => None,
        false => outcome::outcome(&job, None),
    };
    let began = job.state.runs() || ended.is_some();
    PastJob {
        job: job.job,
        owner: job.owner,
        command: job.command,
        submitted_at: job.submitted_at,
        started_at: job.started_at.filter(|_| began),
        ended: ended.map(|ended| (job.stopped_at.unwrap_or_default(), ended)),
        name: job.name.unwrap_or_default(),
    }
}
