//! Carrying orders out: what is sent, and what each answer to it means.

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::{CommandId, RemoteJobId};
use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::JobId;
use gleaner_oar::wire::receipt::Submitted;

use crate::client::submission::submission;
use crate::client::{Answered, CallError};
use crate::failpoint;
use crate::order::{Batch, BatchWork, Order, OrderAction};
use crate::worker::doubt::{Doubt, MARGIN};
use crate::worker::{Followed, Worker};

/// What became of a submission.
enum Fate {
    /// It was taken, with these jobs in the order of its tasks.
    Taken(Vec<RemoteJobId>),
    /// It was taken; its jobs are still to be found.
    TakenUnseen,
    /// It certainly was not.
    Refused(Refusal),
    /// Nobody knows.
    Unknown,
    /// It was not sent, and is not worth sending any more.
    Expired,
}

impl Batch {
    /// Number of jobs.
    pub(super) fn len(&self) -> usize {
        match &self.work {
            BatchWork::Tasks(parameters) => parameters.len(),
            BatchWork::Script(_) => 1,
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
        let within = self.client.config().send_within.duration().as_secs();
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
                    Fate::Taken(jobs) => self.accept(command, &batch, jobs),
                    Fate::Refused(reason) => {
                        self.fact(Fact::refused(command, reason));
                    }
                    Fate::Expired => self.fact(Fact::CommandExpired { command }),
                    Fate::Unknown => {
                        self.fact(Fact::CommandUnknown { command });
                        let cluster = &self.client.config().name;
                        let until = batch.harmless_from().seconds();
                        tracing::warn!(
                            cluster,
                            %command,
                            until,
                            "nobody knows whether a submission arrived: its tasks are held back until its jobs are \
                             found, or their lease is over"
                        );
                        self.doubts.push(Doubt::new(order));
                    }
                    Fate::TakenUnseen => self.doubts.push(Doubt::new(order)),
                }
            }
        }
    }

    async fn submit(&mut self, order: &Order, batch: &Batch) -> Fate {
        let command = order.command;
        let most = usize::try_from(self.client.config().array_max).unwrap_or(usize::MAX);
        let part = batch.first(most);
        if !self.know_clock().await {
            // A lease by a clock that nobody knows protects nothing.
            let cluster = &self.client.config().name;
            tracing::warn!(cluster, %command, "not sent: the cluster's clock is not known");
            return Fate::Refused(Refusal::Unreachable);
        }
        let Some(lease) = batch.lease_there.filter(|lease| self.is_worth(order, batch, *lease))
        else {
            let cluster = &self.client.config().name;
            tracing::warn!(cluster, %command, "not sent: its lease was made for another time of the cluster's clock");
            return Fate::Expired;
        };
        self.client.renew(&batch.user, self.there()).await;
        let call = Call::Submit(Box::new(submission(self.client.dialect(), &part, lease)));
        failpoint::hit("before-send");
        let answered = self.client.call(&call, &batch.user).await;
        failpoint::hit("after-reply");
        match answered {
            Ok(Answered { answer: Answer::Submitted(taken), .. }) => {
                self.well();
                match self.jobs_of(&taken, &part, command).await {
                    Some(jobs) => Fate::Taken(jobs),
                    None => Fate::TakenUnseen,
                }
            }
            Ok(answered) => {
                let refused = refusal(self.client.dialect(), &answered);
                match refused {
                    Some(reason) => {
                        let said = text(&answered.answer);
                        let cluster = &self.client.config().name;
                        tracing::warn!(cluster, %command, said, "a submission was refused");
                        Fate::Refused(reason)
                    }
                    None => {
                        self.note_page(&answered);
                        if answered.is_out_of_order() {
                            self.surprised(&answered);
                        }
                        Fate::Unknown
                    }
                }
            }
            Err(CallError::NoLogin(_)) => Fate::Refused(Refusal::NoLogin),
            Err(CallError::NoToken(_)) => Fate::Refused(Refusal::NoToken),
            Err(error @ (CallError::Harmful(_) | CallError::Session(_))) => {
                tracing::warn!(%error, source = ?std::error::Error::source(&error), %command, "a submission was not sent");
                Fate::Refused(Refusal::BadRequest)
            }
            Err(error @ CallError::NotSent(_)) => {
                self.judge(&error);
                Fate::Refused(Refusal::Unreachable)
            }
            Err(
                error @ (CallError::Unanswered(_) | CallError::TooLong | CallError::Garbled(_)),
            ) => {
                self.judge(&error);
                Fate::Unknown
            }
        }
    }

    /// Whether a lease by the cluster's clock still says what it was meant to: that clock, or what was known
    /// of it, may have been set since.
    fn is_worth(&self, order: &Order, batch: &Batch, lease: Timestamp) -> bool {
        let span = batch.lease_until.since(order.intent_at);
        let now = self.there();
        now < lease && lease.since(now) <= span + MARGIN
    }

    /// Says what makes a web server answer a submission with a page of its own.
    fn note_page(&self, answered: &Answered) {
        if answered.is_page() && self.client.dialect() == Dialect::Oar2 {
            let cluster = &self.client.config().name;
            tracing::warn!(
                cluster,
                "the web server answered a submission with a page of its own, as it does where a process of OAR's API \
                 has ended; hint: `FcgidMaxRequestsPerProcess 50` in its configuration ends that"
            );
        }
    }

    /// The jobs of a submission that was taken, in the order of its tasks.
    async fn jobs_of(
        &mut self,
        taken: &Submitted,
        batch: &Batch,
        command: CommandId,
    ) -> Option<Vec<RemoteJobId>> {
        let wanted = batch.len();
        if wanted == 1 {
            return Some(vec![RemoteJobId(taken.id.0)]);
        }
        if let Some(told) = taken.jobs().filter(|told| told.len() == wanted) {
            return Some(in_order(told));
        }
        // OAR 3 tells the first only.
        let most = u32::try_from(wanted).unwrap_or(u32::MAX).saturating_add(1);
        let listed = self.client.open(&Call::jobs_by_array(taken.id, most, 0)).await;
        match listed {
            Ok(Answered { answer: Answer::JobRows(page), .. }) if page.items.len() == wanted => {
                Some(in_order(page.items.iter().map(|row| row.id).collect()))
            }
            Ok(_) | Err(_) => {
                tracing::info!(%command, "the jobs of an array are not to be seen yet");
                None
            }
        }
    }

    /// A submission was taken: its jobs are followed, and told.
    pub(super) fn accept(&mut self, command: CommandId, batch: &Batch, jobs: Vec<RemoteJobId>) {
        self.follow_jobs(batch, &jobs);
        let whole = jobs.len() == batch.len();
        self.fact(Fact::CommandAccepted { command, jobs });
        if !whole {
            // What was left out of an array that is too long is free again.
            self.fact(Fact::refused(command, Refusal::Busy));
        }
    }

    /// Follows those jobs of a batch that have an id.
    pub(super) fn follow_jobs(&mut self, batch: &Batch, jobs: &[RemoteJobId]) {
        for &job in jobs.iter().filter(|job| **job != RemoteJobId::NONE) {
            let (user, cores) = (batch.user.clone(), batch.settings.cores);
            let lease = batch.lease_there;
            let followed = Followed { user, told: None, cores, going: false, lease };
            self.jobs.entry(job).or_insert(followed);
        }
    }
}

/// Within an array, the ids grow with the index.
fn in_order(mut ids: Vec<JobId>) -> Vec<RemoteJobId> {
    ids.sort_unstable();
    ids.into_iter().map(|id| RemoteJobId(id.0)).collect()
}

/// Whether an answer refuses a submission for certain, and how; none when it proves nothing.
fn refusal(dialect: Dialect, answered: &Answered) -> Option<Refusal> {
    let said = text(&answered.answer).to_ascii_lowercase();
    let later = said.contains("not enough resources");
    match (answered.status, &answered.answer) {
        (413, _) => Some(Refusal::TooLarge),
        (429, _) => Some(Refusal::Busy),
        // A proxy that lost patience does not know what became of it.
        (408, _) => None,
        // OAR 3 answers so both without a good token and after an admission rule.
        (403, _) if said.contains("admission rule") => Some(Refusal::BadRequest),
        (401 | 403, _) => Some(Refusal::NotAllowed),
        // Nodes may be down for the moment.
        (400..=499, _) if later => Some(Refusal::Busy),
        (400..=499 | 501, _) => Some(Refusal::BadRequest),
        // OAR 2 answers an admission rule's refusal with 500, in JSON and with `oarsub`'s words; what the
        // web server or a crash answers is no JSON.
        (500, Answer::Problem(_))
            if dialect == Dialect::Oar2
                && said.contains("exited with status")
                && !said.contains("oar_job_id=") =>
        {
            Some(if later { Refusal::Busy } else { Refusal::BadRequest })
        }
        _ => None,
    }
}

fn text(answer: &Answer) -> String {
    match answer {
        Answer::Problem(problem) => problem.text(),
        Answer::Foreign(foreign) => foreign.text.clone(),
        _ => String::new(),
    }
}
