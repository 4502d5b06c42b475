//! Runs a worker: asks its cluster what it wants to know, tells it the time, brings its orders, and takes its reports
//! to who wants them. The only place where a worker waits. Knows neither what it asks nor why.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gleaner_core::fact::{ClusterFault, Fact};
use tokio::task::JoinHandle;

use crate::config::ClusterConfig;
use crate::daemon::workers::WorkerContext;
use crate::driver::ToDriver;
use crate::failpoint;
use crate::order::{ClusterUpdate, ToWorker};
use crate::sites::answer::Answer;
use crate::sites::dialects::manager;
use crate::sites::failure::Failure;
use crate::sites::port::{Open, Question, Site};
use crate::worker::machine::{Machine, Report, Time, Want};

/// Starts a worker, within the asynchronous runtime.
pub fn start(context: WorkerContext) -> JoinHandle<()> {
    let vault = Arc::clone(&context.vault);
    start_with(context, Arc::new(move |config| manager(config.dialect).open(config, vault.clone())))
}

/// Does the same for a cluster that `open` leads to, whatever its settings say.
pub fn start_with(context: WorkerContext, open: Open) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut runner = Runner { context, open };
        if let Some(site) = runner.opened().await {
            runner.run(site).await;
        }
    })
}

/// A worker between its cluster and the driver.
struct Runner {
    context: WorkerContext,
    open: Open,
}

impl Runner {
    /// Returns a site that the cluster can be talked to by; none when the daemon stops before there is one.
    async fn opened(&mut self) -> Option<Box<dyn Site>> {
        let WorkerContext { cluster, config, start, inbox, .. } = &mut self.context;
        let error = match (self.open)(config.clone()) {
            Ok(site) => return Some(site),
            Err(error) => error,
        };
        tracing::error!(%error, cluster = config.name, "the cluster cannot be talked to");
        let cluster = *cluster;
        let facts = vec![Fact::ClusterLost { cluster, fault: ClusterFault::BadAnswers }];
        let (snapshot, notes) = (None, Vec::new());
        let told = ClusterUpdate { cluster, facts, snapshot, notes, urgent: true };
        inbox.send(ToDriver::Update(told)).ok()?;
        start.lost = true;
        self.usable().await
    }

    /// Waits for settings with which the cluster can be talked to, and returns the site. What is ordered meanwhile is looked up later, like
    /// all that may have been sent.
    async fn usable(&mut self) -> Option<Box<dyn Site>> {
        let WorkerContext { cluster, config, start, orders, inbox, .. } = &mut self.context;
        loop {
            match orders.recv().await? {
                ToWorker::Order(order) => start.unanswered.push(order),
                ToWorker::Look { .. } => inbox.send(ToDriver::Looked(*cluster)).ok()?,
                ToWorker::Settings(new) => match (self.open)((*new).clone()) {
                    Ok(site) => {
                        *config = *new;
                        return Some(site);
                    }
                    Err(error) => {
                        let cluster = &new.name;
                        tracing::error!(%error, cluster, "the cluster still cannot be talked to");
                    }
                },
                ToWorker::LetGo(job) => start.jobs.retain(|known| known.job != job),
                // Nobody can be asked; the tokens themselves are in the vault.
                ToWorker::WhoseToken { .. } | ToWorker::NewToken(_) => {}
                ToWorker::Stop => return None,
            }
        }
    }

    /// Runs the worker until it ends, or nobody listens to it any more.
    async fn run(mut self, mut site: Box<dyn Site>) {
        let clock = Arc::clone(&self.context.clock);
        let began = Instant::now();
        let time = || Time { now: clock.now(), ran: clock.since(began) };
        let WorkerContext { cluster, config, start, .. } = &mut self.context;
        let start = std::mem::take(start);
        let mut worker = Machine::new(*cluster, config.clone(), start, clock.is_manual());
        loop {
            let want = worker.turn(time());
            for report in worker.reports() {
                if !self.report(report) {
                    return;
                }
            }
            match want {
                Want::Ask(question) => worker.answer(ask(&mut *site, question).await),
                Want::Recall(command) => worker.recalled(self.context.submissions.sent(command)),
                Want::Rest { until } => {
                    let left = until.map(|until| clock.real(until.saturating_sub(time().ran)));
                    match self.message(left).await {
                        Received::Message(ToWorker::Settings(new)) => {
                            if let Some(reopened) = self.reopened(&new) {
                                site = reopened;
                                worker.tell(ToWorker::Settings(new));
                            }
                        }
                        Received::Message(message) => worker.tell(message),
                        Received::Nothing => {}
                        Received::Left => return,
                    }
                }
                Want::End => return,
            }
        }
    }

    /// Returns the next message, if one comes while so much time is left; with none, waits however long it takes.
    async fn message(&mut self, left: Option<Duration>) -> Received {
        let orders = &mut self.context.orders;
        let message = match left {
            None => orders.recv().await,
            Some(left) => tokio::select! {
                biased;
                message = orders.recv() => message,
                () = tokio::time::sleep(left) => return Received::Nothing,
            },
        };
        message.map_or(Received::Left, Received::Message)
    }

    /// Returns a site by new settings; without one, the old ones stay in use.
    fn reopened(&self, config: &ClusterConfig) -> Option<Box<dyn Site>> {
        let cluster = &config.name;
        match (self.open)(config.clone()) {
            Ok(site) => {
                tracing::info!(cluster, "the cluster is talked to by its new settings");
                Some(site)
            }
            Err(error) => {
                tracing::error!(%error, cluster, "the cluster's old settings stay in use");
                None
            }
        }
    }

    /// Takes a report to who wants it; returns whether anybody listens.
    fn report(&self, report: Report) -> bool {
        let WorkerContext { cluster, inbox, known_resources, .. } = &self.context;
        let cluster = *cluster;
        let sent = match report {
            Report::Update(told) => inbox.send(ToDriver::Update(told)),
            Report::Clock(ahead_s) => inbox.send(ToDriver::Clock(cluster, ahead_s)),
            Report::Looked => inbox.send(ToDriver::Looked(cluster)),
            Report::Resources(Some(resources)) => {
                known_resources.put(cluster, resources);
                Ok(())
            }
            Report::Resources(None) => {
                known_resources.forget(cluster);
                Ok(())
            }
        };
        sent.is_ok()
    }
}

/// What has come while a worker rested.
enum Received {
    Message(ToWorker),
    /// Nothing in time.
    Nothing,
    /// The driver has gone.
    Left,
}

/// Asks the cluster. A daemon that dies around a submission loses none.
async fn ask(site: &mut dyn Site, question: Question) -> Result<Answer, Failure> {
    let submits = matches!(question, Question::Submit(_));
    if submits {
        failpoint::hit("before-send");
    }
    let answer = site.ask(question).await;
    if submits {
        failpoint::hit("after-reply");
    }
    answer
}
