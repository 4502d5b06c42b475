//! A worker's life: it takes up what it was left, and waits for orders, looks and settings until it is told to stop.
//! Knows no question to a cluster.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use gleaner_core::ids::ClusterId;

use crate::config::ClusterConfig;
use crate::order::{KnownJob, ToWorker, WorkerStart};
use crate::worker::cluster_load::ClusterLoad;
use crate::worker::identities::Identities;
use crate::worker::mailbox::{Mailbox, Report};
use crate::worker::tracked::TrackedJob;
use crate::worker::{PendingUpdate, Worker};

/// What was seen less than this part of a pause ago is fresh.
const FRESH: f64 = 0.5;

impl Worker {
    /// A worker that has taken up where the last one stopped, and has done nothing yet.
    pub(super) fn new(
        cluster: ClusterId,
        config: ClusterConfig,
        mailbox: Mailbox,
        start: WorkerStart,
    ) -> Worker {
        let tracked = |known: KnownJob| {
            let KnownJob { job, user, state, task } = known;
            (job, TrackedJob::found(user, state, task))
        };
        let mut worker = Worker {
            cluster,
            config,
            mailbox,
            in_order: false,
            epoch: start.epoch,
            queue: VecDeque::new(),
            unconfirmed: Vec::new(),
            jobs: start.jobs.into_iter().map(tracked).collect(),
            load: ClusterLoad::default(),
            unreadable: BTreeMap::new(),
            ahead_s: None,
            foreign: BTreeSet::new(),
            reused_ids: BTreeSet::new(),
            identities: Identities::default(),
            undeleted: BTreeMap::new(),
            lost: start.lost,
            stressed: start.stressed,
            failures: 0,
            update: PendingUpdate::default(),
        };
        for order in start.unanswered {
            worker.take_up(order);
        }
        worker
    }

    /// Lives until it is told to stop. `by_hand`: see [`Machine::new`](crate::worker::machine::Machine::new).
    pub(super) async fn live(mut self, by_hand: bool) {
        // When to look by itself, and when the last look began.
        let mut next = Duration::ZERO;
        let mut seen = None::<Duration>;
        loop {
            let until = (!by_hand).then_some(next);
            match self.mailbox.message(until).await {
                Some(ToWorker::Order(order)) => self.queue.push_back(order),
                Some(ToWorker::Look { in_any_case }) => {
                    self.carry_all().await;
                    let began = self.mailbox.time().ran;
                    let fresh = self.pause().mul_f64(FRESH);
                    if in_any_case || seen.is_none_or(|seen| began.saturating_sub(seen) >= fresh) {
                        seen = Some(began);
                        self.poll().await;
                        next = self.mailbox.time().ran + self.pause();
                    }
                    self.tell();
                    self.mailbox.report(Report::Looked);
                }
                Some(ToWorker::Settings(config)) => {
                    self.take_settings(*config);
                    next = Duration::ZERO;
                }
                Some(ToWorker::LetGo(job)) => {
                    self.jobs.remove(&job);
                    self.unreadable.remove(&job);
                }
                Some(ToWorker::WhoseToken { token, reply }) => {
                    let told = self.whose(&token).await;
                    // Whoever asked may have lost patience.
                    let _ = reply.send(told);
                }
                Some(ToWorker::NewToken(user)) => self.delete_again(&user).await,
                Some(ToWorker::Stop) => return,
                None => {
                    seen = Some(self.mailbox.time().ran);
                    self.poll().await;
                    next = self.mailbox.time().ran + self.pause();
                }
            }
            if !by_hand {
                self.carry_all().await;
            }
            self.tell();
        }
    }

    /// The cluster is talked to by new settings from now on: perhaps it is another machine, and what was measured
    /// and counted is of the old one.
    fn take_settings(&mut self, config: ClusterConfig) {
        self.forget_clock();
        self.forget_resources();
        self.foreign.clear();
        self.reused_ids.clear();
        self.identities = Identities::default();
        self.failures = 0;
        self.config = config;
    }

    /// Whether nothing is wanted of the cluster: it is out of use, and nothing of ours may live there.
    pub(super) fn at_rest(&self) -> bool {
        let nothing = self.jobs.is_empty() && self.unconfirmed.is_empty() && self.queue.is_empty();
        nothing && !self.config.enabled
    }
}
