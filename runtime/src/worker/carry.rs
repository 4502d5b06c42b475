//! Carrying orders out: what is sent, and what each answer to it means.

use std::sync::Arc;

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::{CommandId, RemoteJobId};
use gleaner_core::time::{Duration, Timestamp};

use crate::command::line::check_command;
use crate::order::{Batch, BatchWork, Order, OrderAction};
use crate::sites::answer::{Answer, Refused, Submission, SubmissionOutcome};
use crate::sites::port::{Question, Request};
use crate::worker::tracked::TrackedJob;
use crate::worker::unconfirmed::{MARGIN, Unconfirmed};
use crate::worker::{Worker, unsent};

impl Batch {
    /// Number of jobs.
    pub(super) fn len(&self) -> usize {
        match &self.work {
            BatchWork::Tasks(tasks) => tasks.len(),
            BatchWork::Script(_) => 1,
        }
    }

    /// What is to be run.
    fn text(&self) -> &str {
        match &self.work {
            BatchWork::Tasks(_) => &self.settings.exec_file,
            BatchWork::Script(script) => script,
        }
    }
}

impl Worker {
    /// Carries out all orders that wait.
    pub(super) async fn carry_all(&mut self) {
        while let Some(order) = self.queue.pop_front() {
            self.carry(order).await;
        }
    }

    async fn carry(&mut self, order: Order) {
        // What was noted is the longest that any cluster allows.
        let within = self.config.send_within.to_std().as_secs();
        let here = order.intent_at + Duration::from_seconds(within);
        if self.now() > order.send_before.min(here) {
            return self.fact(Fact::CommandExpired { command: order.command });
        }
        match &order.action {
            OrderAction::Cancel { user, jobs } => {
                let (user, jobs, command) = (user.clone(), jobs.clone(), order.command);
                self.delete(command, &user, &jobs).await;
            }
            OrderAction::Submit(batch) => {
                let (batch, command) = (batch.clone(), order.command);
                match self.submit(&order, &batch).await {
                    Some(SubmissionOutcome::Taken(jobs)) => {
                        self.accept(command, &batch, jobs, true)
                    }
                    Some(SubmissionOutcome::Refused(refused)) => {
                        self.refused(command, &batch, refused)
                    }
                    None => self.fact(Fact::CommandExpired { command }),
                    Some(SubmissionOutcome::Unclear { sent, explained, .. }) => {
                        self.fact(Fact::CommandUnknown { command });
                        let cluster = &self.config.name;
                        let until = batch.harmless_from().seconds();
                        tracing::warn!(
                            cluster,
                            user = &*batch.user,
                            campaign = batch.campaign.0,
                            %command,
                            until,
                            "nobody knows whether a submission arrived: its tasks are held back until its jobs are \
                             found, or their lease is over"
                        );
                        self.unconfirmed.push(Unconfirmed::sent(order, sent, explained));
                    }
                    Some(SubmissionOutcome::TakenUnseen(sent)) => {
                        self.unconfirmed.push(Unconfirmed::sent(order, sent, None));
                    }
                }
            }
        }
    }

    /// Sends a submission, unless it is not worth it any more. Returns `None` then.
    async fn submit(&mut self, order: &Order, batch: &Batch) -> Option<SubmissionOutcome> {
        let command = order.command;
        let refused =
            |reason, words: &str| Some(SubmissionOutcome::Refused(Refused::new(reason, words)));
        if let Err(error) = check_command(batch.text()) {
            return refused(Refusal::BadRequest, &format!("not sent: {error}"));
        }
        if !self.know_clock().await {
            // A lease by a clock that nobody knows protects nothing.
            let words = "not sent: the cluster's clock is not known";
            return refused(Refusal::Unreachable, words);
        }
        let certain = match self.identify(&batch.user).await {
            Ok(certain) => certain,
            Err((reason, words)) => return refused(reason, &words),
        };
        let Some(lease) = batch.lease_there.filter(|lease| self.is_worth(order, batch, *lease))
        else {
            let cluster = &self.config.name;
            let (user, campaign) = (&*batch.user, batch.campaign.0);
            tracing::warn!(cluster, user, campaign, %command, "not sent: its lease was made for another time of the cluster's clock");
            return None;
        };
        let most = usize::try_from(self.config.array_max).unwrap_or(usize::MAX);
        let part = batch.first(most);
        let lines = self.sendable(command, &part);
        if lines.iter().all(Option::is_none) {
            return None;
        }
        let sent = lines.len();
        let request = Request { batch: part, lines, lease, cluster_now: self.cluster_now() };
        let asked = self.ask(Question::Submit(Arc::new(request))).await;
        match asked.and_then(Answer::submitted) {
            Ok(Submission { outcome, capacity }) => {
                if let Some(capacity) = capacity {
                    self.note_capacity(capacity);
                }
                self.learn_from(&outcome, &batch.user, certain);
                Some(outcome)
            }
            Err(error) => {
                self.note_failure(&error);
                match unsent(&error) {
                    Some(reason) => refused(reason, &error.to_string()),
                    None => {
                        Some(SubmissionOutcome::Unclear { sent, explained: None, failure: None })
                    }
                }
            }
        }
    }

    /// Notes what the outcome of a submission says about the cluster, and about its user.
    fn learn_from(&mut self, outcome: &SubmissionOutcome, user: &Arc<str>, certain: bool) {
        match outcome {
            SubmissionOutcome::Taken(jobs) => {
                self.note_success();
                if !certain {
                    self.watch_owner(user, jobs);
                }
            }
            SubmissionOutcome::TakenUnseen(_) => self.note_success(),
            SubmissionOutcome::Unclear { failure: Some(failure), .. } => self.note_failure(failure),
            SubmissionOutcome::Unclear { failure: None, .. } | SubmissionOutcome::Refused(_) => {}
        }
    }

    /// Reports and logs a refusal.
    pub(super) fn refused(&mut self, command: CommandId, batch: &Batch, refused: Refused) {
        let Refused { reason, words } = refused;
        let cluster = &self.config.name;
        let (user, campaign, name) = (&*batch.user, batch.campaign.0, &*batch.name);
        tracing::warn!(cluster, user, campaign, %command, name, %reason, %words, "a submission was refused");
        self.fact(Fact::CommandRefused { command, reason, words });
    }

    /// Whether a lease by the cluster's clock still says what it was meant to: that clock, or what was known
    /// of it, may have been set since.
    fn is_worth(&self, order: &Order, batch: &Batch, lease: Timestamp) -> bool {
        let span = batch.lease_until.since(order.intent_at);
        let now = self.cluster_now();
        now < lease && lease.since(now) <= span + MARGIN
    }

    /// Returns the line of each job; one that has none concerns its own task alone, and is reported.
    fn sendable(&mut self, command: CommandId, part: &Batch) -> Vec<Option<String>> {
        let lines = part.lines().into_iter().enumerate().map(|(place, line)| match line {
            Ok(line) => Some(line),
            Err(error) => {
                let (campaign, task) = (part.campaign, part.task(place).map(|index| index + 1));
                tracing::warn!(%campaign, task, %error, %command, "a task is not sent");
                let place = u32::try_from(place).unwrap_or(u32::MAX);
                self.fact(Fact::JobLeftOut { command, place });
                None
            }
        });
        lines.collect()
    }

    /// A submission was taken: its jobs are tracked, and reported. `numbered`: they certainly have the numbers of
    /// their tasks.
    pub(super) fn accept(
        &mut self,
        command: CommandId,
        batch: &Batch,
        jobs: Vec<RemoteJobId>,
        numbered: bool,
    ) {
        self.track_jobs(batch, &jobs, numbered);
        let whole = jobs.len() == batch.len();
        self.fact(Fact::CommandAccepted { command, jobs });
        if !whole {
            // What was left out of an array that is too long is free again.
            self.fact(Fact::refused(command, Refusal::Busy));
        }
    }

    /// Tracks those jobs of a batch that have an id.
    pub(super) fn track_jobs(&mut self, batch: &Batch, jobs: &[RemoteJobId], numbered: bool) {
        let named = jobs.iter().enumerate().filter(|(_, job)| **job != RemoteJobId::NONE);
        for (place, &job) in named {
            let (user, cores, task) = (batch.user.clone(), batch.settings.cores, batch.task(place));
            let (reported, deleting, lease) = (None, false, batch.lease_there);
            let tracked = TrackedJob { user, reported, cores, deleting, lease, task, numbered };
            self.jobs.entry(job).or_insert(tracked);
        }
    }
}
