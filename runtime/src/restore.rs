//! Restoring a backup: what was sent since it was made is looked up by name on the clusters, and told to the core
//! before anything is sent again. So what ran or runs since then is counted, as far as the clusters tell.

mod found;
mod past;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gleaner_core::decision::Decision;
use gleaner_core::ids::{CampaignId, ClusterId, CommandId};
use gleaner_core::ledger::campaign::CampaignState;
use gleaner_core::observation::Observation;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::time::Timestamp;

use crate::clock::Clock;
use crate::config::server::server;
use crate::config::{ClusterConfig, Config};
use crate::driver::{BeginError, taken_up};
pub use crate::restore::found::FoundJobs;
use crate::restore::found::{SentJob, TasksByParameter, facts};
pub use crate::restore::past::PastError;
use crate::restore::past::past_jobs;
use crate::secrets::key::Key;
use crate::secrets::vault::Vault;
use crate::store::entries;
use crate::store::error::StoreError;
use crate::store::journal::{self, FactSeq, Which};
use crate::store::restore::Restoring;
use crate::submission_name;

/// What was found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made, as its last cycle tells; none where no daemon ever worked on it.
    pub since: Option<Timestamp>,
    /// When it was restored.
    pub now: Timestamp,
    /// What was in the store's place, under its new names.
    pub kept: Vec<PathBuf>,
    /// Jobs since the backup that are told to the core.
    pub found: FoundJobs,
    /// Clusters that were not asked, or are not in the configuration.
    pub not_asked: Vec<String>,
    /// It is not known under which names jobs were sent since: nothing could be looked up.
    pub nameless: bool,
}

/// Why a backup is not restored. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The store or the backup cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backup's journal cannot be taken up.
    #[error("the backup cannot be taken up")]
    Begin(#[from] BeginError),
    /// A cluster that is to be left out is not there.
    #[error("there is no cluster `{0}`")]
    NoCluster(String),
    /// A cluster cannot be asked.
    #[error("cluster `{cluster}` cannot be asked for its jobs since the backup")]
    Away {
        /// Its name.
        cluster: String,
        /// Why.
        #[source]
        source: PastError,
    },
    /// No randomness.
    #[error("the system gives no random numbers")]
    NoRandomness,
}

impl RestoreError {
    /// Returns a hint: what to do about it, if anything is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            RestoreError::Store(error) | RestoreError::Begin(BeginError::Store(error)) => {
                Some(error.hint().to_owned())
            }
            RestoreError::Begin(_) => None,
            RestoreError::NoCluster(_) => Some("see `[[cluster]]` in the configuration".to_owned()),
            RestoreError::Away { cluster, .. } => Some(format!(
                "nothing was changed; try again when it answers, or go without it by `--without {cluster}`: \
                 what ran there since the backup may then run again"
            )),
            RestoreError::NoRandomness => Some("check that `/dev/urandom` can be read".to_owned()),
        }
    }
}

/// Puts the backup at `file` in the place of the configuration's store. Clusters named in `without` are not
/// asked what ran since. `catalogue` has the policies of its clusters. `progress` hears which cluster is asked.
///
/// # Errors
/// [`RestoreError`]; nothing has changed then.
pub async fn restore(
    file: &Path,
    config: &Config,
    catalogue: &Catalogue,
    clock: Arc<Clock>,
    without: &[String],
    progress: &mut dyn FnMut(&str),
) -> Result<Restored, RestoreError> {
    if let Some(unknown) =
        without.iter().find(|name| config.clusters.iter().all(|cluster| cluster.name != **name))
    {
        return Err(RestoreError::NoCluster(unknown.clone()));
    }
    let mut restoring = Restoring::begin(file, &config.store.path)?;
    let looked = look_up(&mut restoring, config, catalogue, &clock, without, progress).await;
    let restored = match looked {
        Ok(restored) => restored,
        Err(error) => {
            restoring.give_up();
            return Err(error);
        }
    };
    let kept = restoring.finish(restored.now)?;
    Ok(Restored { kept, ..restored })
}

async fn look_up(
    restoring: &mut Restoring,
    config: &Config,
    catalogue: &Catalogue,
    clock: &Arc<Clock>,
    without: &[String],
    progress: &mut dyn FnMut(&str),
) -> Result<Restored, RestoreError> {
    let mut restored = Restored { now: clock.date(), ..Restored::default() };
    if journal::checkpoint(restoring.connection(), Which::Newest)?.is_none() {
        return Ok(restored);
    }
    let (scheduler, known) = as_it_was(restoring, catalogue)?;
    // The date of its last cycle: clusters know nothing of grid time.
    let since = journal::clock_record(restoring.connection(), scheduler.now())?.date;
    let epochs = restoring.past().to_vec();
    restored.since = Some(since);
    restored.nameless = epochs.is_empty();
    let last = scheduler.last_command();
    let sent = |name: &str| sent_since(name, &epochs, last).is_some();
    let key = Key::of_nobody().ok_or(RestoreError::NoRandomness)?;
    let memory =
        rusqlite::Connection::open_in_memory().map_err(StoreError::doing("open a database"))?;
    let vault = Arc::new(Vault::new(key, memory));
    let (mut jobs_sent, mut parameters) = (Vec::new(), TasksByParameter::default());
    let servers = entries::servers(restoring.connection())?;
    for (id, cluster) in asked(&scheduler, &servers, config, without, &mut restored.not_asked) {
        if restored.nameless {
            break;
        }
        progress(&cluster.name);
        let logins = logins(&scheduler, &cluster);
        let name = cluster.name.clone();
        let jobs = past_jobs(
            cluster.clone(),
            Arc::clone(&vault),
            Arc::clone(clock),
            &logins,
            since,
            &sent,
        );
        let jobs = jobs.await.map_err(|source| RestoreError::Away { cluster: name, source })?;
        for job in jobs {
            let Some(order) = sent_since(&job.name, &epochs, last) else { continue };
            jobs_sent.extend(SentJob::of(&scheduler, &mut parameters, id, &cluster, order, job));
        }
    }
    let seen = jobs_sent.iter().map(|sent| sent.campaign).max();
    let (facts, found) = facts(&scheduler, jobs_sent);
    restored.found = found;
    restoring.tell(known, &facts, seen)?;
    Ok(restored)
}

/// Returns the core as it was when the backup was made, all told that was durable by then, and the number of
/// the last fact of its last cycle.
fn as_it_was(
    restoring: &Restoring,
    catalogue: &Catalogue,
) -> Result<(Scheduler, FactSeq), RestoreError> {
    let connection = restoring.connection();
    let (mut scheduler, replayer) = taken_up(connection, catalogue)?;
    let known = replayer.last_fact;
    let end = journal::last_fact(connection)?.max(known);
    let facts = journal::facts(connection, known, end)?;
    if !facts.is_empty() {
        // What it would send is not sent: this one is only asked where everything is.
        let observation = Observation { now: scheduler.now(), facts, ..Observation::new() };
        scheduler.step(&observation, &mut Decision::new());
    }
    Ok((scheduler, known))
}

/// Returns the clusters to be asked, under their names of now; those that are not are noted.
fn asked(
    scheduler: &Scheduler,
    servers: &BTreeMap<ClusterId, String>,
    config: &Config,
    without: &[String],
    not_asked: &mut Vec<String>,
) -> Vec<(ClusterId, ClusterConfig)> {
    let mut asked = Vec::new();
    for (id, spec) in ClusterId::with_each(&scheduler.config().clusters) {
        let named = config.clusters.iter().find(|cluster| cluster.name == *spec.name);
        let there = |cluster: &&ClusterConfig| servers.get(&id) == Some(&server(&cluster.api_url));
        let known = named.or_else(|| config.clusters.iter().find(there));
        match known.filter(|cluster| !without.contains(&cluster.name)) {
            Some(cluster) => asked.push((id, cluster.clone())),
            None => not_asked.push(spec.name.to_string()),
        }
    }
    asked
}

/// Logins on a cluster of those whose campaigns go on.
fn logins(scheduler: &Scheduler, cluster: &ClusterConfig) -> Vec<String> {
    let open = scheduler.campaigns().filter(|campaign| {
        matches!(campaign.state, CampaignState::InTreatment | CampaignState::Paused)
    });
    let mut logins: Vec<String> =
        open.filter_map(|campaign| cluster.login(&campaign.user).map(str::to_owned)).collect();
    logins.sort_unstable();
    logins.dedup();
    logins
}

/// Returns when a job of this name was sent, if that was after the backup: the place of its epoch, and its
/// command; and whose it is.
fn sent_since(
    name: &str,
    epochs: &[String],
    last: CommandId,
) -> Option<(usize, CommandId, CampaignId)> {
    let (campaign, epoch, command) = submission_name::parts(name)?;
    let nth = epochs.iter().position(|known| known == epoch)?;
    (command > last).then_some((nth, command, campaign))
}
