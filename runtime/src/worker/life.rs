//! A worker's life: it waits for orders, looks and settings until it is told to stop. Knows no request and no
//! answer of a cluster.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use gleaner_core::fact::{ClusterFault, Fact};
use gleaner_core::ids::ClusterId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::config::ClusterConfig;
use crate::daemon::workers::WorkerPlace;
use crate::driver::Inbox;
use crate::order::{KnownJob, News, Submissions, ToWorker, WorkerStart};
use crate::sites::failure::OpenError;
use crate::sites::manager::manager;
use crate::sites::port::{Open, Site};
use crate::worker::identity::Identities;
use crate::worker::snapshot::Census;
use crate::worker::{Followed, Gathered, Worker};

/// What was seen less than this part of a pause ago is fresh.
const FRESH: f64 = 0.5;

/// Begins a worker, within the asynchronous runtime.
pub fn start(place: WorkerPlace) -> JoinHandle<()> {
    let vault = Arc::clone(&place.vault);
    start_with(place, Arc::new(move |config| manager(config.dialect).open(config, vault.clone())))
}

/// The same, for a cluster that `open` leads to, whatever its settings say.
pub fn start_with(place: WorkerPlace, open: Open) -> JoinHandle<()> {
    tokio::spawn(run(place, open))
}

async fn run(place: WorkerPlace, open: Open) {
    let WorkerPlace {
        cluster,
        config,
        mut start,
        mut orders,
        news,
        clock,
        vault: _,
        submissions,
        seen,
    } = place;
    let name = config.name.clone();
    let (config, site) = match opened(config, &open) {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, cluster = name, "the cluster cannot be talked to");
            let facts = vec![Fact::ClusterLost { cluster, fault: ClusterFault::BadAnswers }];
            let (snapshot, notes) = (None, Vec::new());
            let told = News { cluster, facts, snapshot, notes, urgent: true };
            if news.send(Inbox::News(told)).is_err() {
                return;
            }
            start.lost = true;
            match usable(cluster, &mut orders, &mut start, &open, &news).await {
                Some(opened) => opened,
                None => return,
            }
        }
    };
    let by_hand = clock.is_by_hand();
    let mut worker = idle(cluster, config, site, clock, news, submissions, start);
    worker.seen = seen;
    let mut next = Instant::now();
    // When the last look began.
    let mut seen = None::<Instant>;
    loop {
        let message = tokio::select! {
            biased;
            message = orders.recv() => Some(message),
            () = tokio::time::sleep_until(next), if !by_hand => None,
        };
        match message {
            Some(Some(ToWorker::Order(order))) => worker.queue.push_back(order),
            Some(Some(ToWorker::Look { in_any_case })) => {
                worker.carry_all().await;
                let fresh = worker.pause().mul_f64(FRESH);
                if in_any_case || seen.is_none_or(|seen| seen.elapsed() >= fresh) {
                    seen = Some(Instant::now());
                    worker.poll().await;
                    next = Instant::now() + worker.pause();
                }
                if !worker.tell() || worker.tell.send(Inbox::Looked(cluster)).is_err() {
                    return;
                }
            }
            Some(Some(ToWorker::Settings(config))) => {
                worker.resettle(*config, &open);
                next = Instant::now();
            }
            Some(Some(ToWorker::LetGo(job))) => {
                worker.jobs.remove(&job);
                worker.garbled.remove(&job);
            }
            Some(Some(ToWorker::Introduce { token, reply })) => {
                let told = worker.introduce(&token).await;
                // Whoever asked may have lost patience.
                let _ = reply.send(told);
            }
            Some(Some(ToWorker::NewToken(user))) => worker.delete_again(&user).await,
            Some(Some(ToWorker::Stop) | None) => return,
            None => {
                seen = Some(Instant::now());
                worker.poll().await;
                next = Instant::now() + worker.pause();
            }
        }
        if !by_hand {
            worker.carry_all().await;
        }
        if !worker.tell() {
            return;
        }
    }
}

/// A worker that has taken up where the last one stopped, and has done nothing yet.
pub(super) fn idle(
    cluster: ClusterId,
    config: ClusterConfig,
    site: Box<dyn Site>,
    clock: Arc<Clock>,
    tell: Sender<Inbox>,
    submissions: Arc<dyn Submissions>,
    start: WorkerStart,
) -> Worker {
    let followed = |known: KnownJob| {
        let KnownJob { job, user, state, task } = known;
        let (told, lease, numbered) = (state, None, false);
        (job, Followed { user, told, cores: 1, going: false, lease, task, numbered })
    };
    let mut worker = Worker {
        cluster,
        config,
        in_order: false,
        site,
        clock,
        tell,
        epoch: start.epoch,
        queue: VecDeque::new(),
        doubts: Vec::new(),
        jobs: start.jobs.into_iter().map(followed).collect(),
        census: Census::default(),
        garbled: BTreeMap::new(),
        ahead_s: None,
        seen: Arc::default(),
        submissions,
        foreign: BTreeSet::new(),
        anothers: BTreeSet::new(),
        identities: Identities::default(),
        undeleted: BTreeMap::new(),
        lost: start.lost,
        stressed: start.stressed,
        failures: 0,
        news: Gathered::default(),
    };
    for order in start.unanswered {
        worker.take_up(order);
    }
    worker
}

/// Settings, and the cluster that is talked to by them.
fn opened(config: ClusterConfig, open: &Open) -> Result<(ClusterConfig, Box<dyn Site>), OpenError> {
    let site = open(config.clone())?;
    Ok((config, site))
}

/// Waits for settings with which the cluster can be talked to; none when the daemon stops before. What is
/// ordered meanwhile is looked up later, like all that may have been sent.
async fn usable(
    cluster: ClusterId,
    orders: &mut UnboundedReceiver<ToWorker>,
    start: &mut WorkerStart,
    open: &Open,
    tell: &Sender<Inbox>,
) -> Option<(ClusterConfig, Box<dyn Site>)> {
    loop {
        match orders.recv().await? {
            ToWorker::Order(order) => start.unanswered.push(order),
            ToWorker::Look { .. } => tell.send(Inbox::Looked(cluster)).ok()?,
            ToWorker::Settings(config) => {
                let name = config.name.clone();
                match opened(*config, open) {
                    Ok(opened) => return Some(opened),
                    Err(error) => {
                        tracing::error!(%error, cluster = name, "the cluster still cannot be talked to");
                    }
                }
            }
            ToWorker::LetGo(job) => start.jobs.retain(|known| known.job != job),
            // Nobody can be asked; the tokens themselves are in the vault.
            ToWorker::Introduce { .. } | ToWorker::NewToken(_) => {}
            ToWorker::Stop => return None,
        }
    }
}

impl Worker {
    /// Talks to the cluster by new settings from now on, or by the old ones if they cannot be used.
    fn resettle(&mut self, config: ClusterConfig, open: &Open) {
        let name = config.name.clone();
        match opened(config, open) {
            Ok((config, site)) => {
                // Perhaps another machine: what was measured and counted is of the old one.
                self.forget_clock();
                self.forget_resources();
                self.foreign.clear();
                self.anothers.clear();
                self.identities = Identities::default();
                self.failures = 0;
                (self.config, self.site) = (config, site);
                tracing::info!(cluster = name, "the cluster is talked to by its new settings");
            }
            Err(error) => {
                tracing::error!(%error, cluster = name, "the cluster's old settings stay in use");
            }
        }
    }

    /// Whether nothing is wanted of the cluster: it is out of use, and nothing of ours may live there.
    pub(super) fn at_rest(&self) -> bool {
        let nothing = self.jobs.is_empty() && self.doubts.is_empty() && self.queue.is_empty();
        nothing && !self.config.enabled
    }
}
