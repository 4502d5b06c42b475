//! Carrying orders out: what is sent, and what each answer to it means.

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::{CommandId, RemoteJobId};
use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::inventory::Fit;
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::JobId;
use gleaner_oar::wire::receipt::Submitted;
use gleaner_oar::wire::submission::Submission;

use crate::client::line::check_command;
use crate::client::submission::submission;
use crate::client::{Answered, CallError};
use crate::failpoint;
use crate::order::{Batch, BatchWork, Order, OrderAction};
use crate::worker::doubt::{Doubt, MARGIN};
use crate::worker::refusal::Refused;
use crate::worker::{Followed, Worker};

/// What became of a submission.
enum Fate {
    /// It was taken, with these jobs in the order of its tasks; none for a task that was left out.
    Taken(Vec<RemoteJobId>),
    /// It was taken; its jobs, so many, are still to be found.
    TakenUnseen(usize),
    /// It certainly was not.
    Refused(Refused),
    /// Nobody knows. As many jobs were sent, and it counts as refused if a look finds none of them, where the
    /// failure is explained.
    Unknown(usize, Option<Refused>),
    /// It was not sent, and is not worth sending any more.
    Expired,
}

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
                    Fate::Taken(jobs) => self.accept(command, &batch, jobs, true),
                    Fate::Refused(refused) => self.refused(command, &batch, refused),
                    Fate::Expired => self.fact(Fact::CommandExpired { command }),
                    Fate::Unknown(sent, explained) => {
                        self.fact(Fact::CommandUnknown { command });
                        let cluster = &self.client.config().name;
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
                        self.doubts.push(Doubt::sent(order, sent, explained));
                    }
                    Fate::TakenUnseen(sent) => self.doubts.push(Doubt::sent(order, sent, None)),
                }
            }
        }
    }

    async fn submit(&mut self, order: &Order, batch: &Batch) -> Fate {
        let command = order.command;
        let most = usize::try_from(self.client.config().array_max).unwrap_or(usize::MAX);
        if let Err(error) = check_command(batch.text()) {
            return Fate::Refused(Refused::new(Refusal::BadRequest, &format!("not sent: {error}")));
        }
        if !self.know_clock().await {
            // A lease by a clock that nobody knows protects nothing.
            let words = "not sent: the cluster's clock is not known";
            return Fate::Refused(Refused::new(Refusal::Unreachable, words));
        }
        self.client.renew(&batch.user, self.there()).await;
        let certain = match self.identify(&batch.user).await {
            Ok(certain) => certain,
            Err((reason, words)) => return Fate::Refused(Refused::new(reason, &words)),
        };
        let Some(lease) = batch.lease_there.filter(|lease| self.is_worth(order, batch, *lease))
        else {
            let cluster = &self.client.config().name;
            let (user, campaign) = (&*batch.user, batch.campaign.0);
            tracing::warn!(cluster, user, campaign, %command, "not sent: its lease was made for another time of the cluster's clock");
            return Fate::Expired;
        };
        let dialect = self.client.dialect();
        let mut part = batch.first(most);
        let mut lines = self.sendable(command, &part);
        let Some(first) = lines.iter().position(Option::is_some) else { return Fate::Expired };
        let mut wanted = submission(dialect, &part, &texts(&lines), lease);
        let fit = self.judge_fit(&wanted).await;
        // OAR 3 crashes on an array for which its resources do not suffice, and refuses a single job in words.
        if dialect == Dialect::Oar3 && matches!(fit, Some(Fit::Later(_) | Fit::Never(_))) {
            part = batch.first(first + 1);
            lines.truncate(first + 1);
            wanted = submission(dialect, &part, &texts(&lines), lease);
        }
        let call = Call::Submit(Box::new(wanted.clone()));
        let inventory = self.census.inventory.clone();
        let columns = inventory.as_ref().map(|inventory| inventory.columns());
        failpoint::hit("before-send");
        let answered = self.client.call_knowing(&call, &batch.user, columns).await;
        failpoint::hit("after-reply");
        match answered {
            Ok(Answered { answer: Answer::Submitted(taken), .. }) => {
                self.well();
                match self.jobs_of(&taken, batch, texts(&lines).len(), command).await {
                    Some(jobs) => {
                        if !certain {
                            self.watch_owner(&batch.user, &jobs);
                        }
                        Fate::Taken(spread(&lines, jobs))
                    }
                    None => Fate::TakenUnseen(part.len()),
                }
            }
            Ok(answered) => self.not_taken(&answered, &part, &wanted, fit).await,
            Err(error) => match Refused::unsent(&error) {
                Some(refused) => Fate::Refused(refused),
                None => {
                    self.judge(&error);
                    match error {
                        CallError::NotSent(fault) => {
                            let words = format!("not sent: {fault}");
                            Fate::Refused(Refused::new(Refusal::Unreachable, &words))
                        }
                        _ => Fate::Unknown(part.len(), None),
                    }
                }
            },
        }
    }

    /// What an answer means that is no acceptance.
    async fn not_taken(
        &mut self,
        answered: &Answered,
        part: &Batch,
        wanted: &Submission,
        fit: Option<Fit>,
    ) -> Fate {
        let dialect = self.client.dialect();
        if let Some(refused) = Refused::by(dialect, answered, fit.as_ref()) {
            let contradicts = refused.reason == Refusal::NotNow && matches!(fit, Some(Fit::Now));
            if !contradicts {
                return Fate::Refused(refused);
            }
            // Nodes have gone since they were listed, or there never were as many.
            let fit = self.judge_fit_anew(wanted).await;
            return Fate::Refused(Refused::by(dialect, answered, fit.as_ref()).unwrap_or(refused));
        }
        self.note_page(answered);
        if answered.is_out_of_order() {
            self.surprised(answered);
        }
        let crash = dialect == Dialect::Oar3 && answered.status == 500;
        let fit = if crash { self.judge_fit_anew(wanted).await } else { None };
        let explained = fit.and_then(|fit| Refused::crashed(dialect, answered, &fit));
        Fate::Unknown(part.len(), explained)
    }

    /// Tells and logs a refusal.
    pub(super) fn refused(&mut self, command: CommandId, batch: &Batch, refused: Refused) {
        let Refused { reason, words } = refused;
        let cluster = &self.client.config().name;
        let (user, campaign, name) = (&*batch.user, batch.campaign.0, &*batch.name);
        tracing::warn!(cluster, user, campaign, %command, name, %reason, %words, "a submission was refused");
        self.fact(Fact::CommandRefused { command, reason, words });
    }

    /// Whether a lease by the cluster's clock still says what it was meant to: that clock, or what was known
    /// of it, may have been set since.
    fn is_worth(&self, order: &Order, batch: &Batch, lease: Timestamp) -> bool {
        let span = batch.lease_until.since(order.intent_at);
        let now = self.there();
        now < lease && lease.since(now) <= span + MARGIN
    }

    /// The line of each job; what has none is its own task's affair, and is told.
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
        wanted: usize,
        command: CommandId,
    ) -> Option<Vec<RemoteJobId>> {
        match taken.jobs() {
            Some(told) if told.len() == wanted => return Some(in_order(told)),
            // Whose each is has to be asked.
            Some(told) if told.len() > wanted => return None,
            Some(_) | None if wanted == 1 => return Some(vec![RemoteJobId(taken.id.0)]),
            Some(_) | None => {}
        }
        // OAR 3 tells the first only.
        let most = u32::try_from(wanted).unwrap_or(u32::MAX).saturating_add(1);
        let listed = self.client.open(&Call::jobs_by_array(taken.id, most, 0)).await;
        match listed {
            Ok(Answered { answer: Answer::JobRows(page), .. }) if page.items.len() == wanted => {
                Some(in_order(page.items.iter().map(|row| row.id).collect()))
            }
            Ok(_) | Err(_) => {
                let cluster = &self.client.config().name;
                let (user, campaign) = (&*batch.user, batch.campaign.0);
                tracing::info!(cluster, user, campaign, %command, "the jobs of an array are not to be seen yet");
                None
            }
        }
    }

    /// A submission was taken: its jobs are followed, and told. `numbered`: they certainly have the numbers of
    /// their tasks.
    pub(super) fn accept(
        &mut self,
        command: CommandId,
        batch: &Batch,
        jobs: Vec<RemoteJobId>,
        numbered: bool,
    ) {
        self.follow_jobs(batch, &jobs, numbered);
        let whole = jobs.len() == batch.len();
        self.fact(Fact::CommandAccepted { command, jobs });
        if !whole {
            // What was left out of an array that is too long is free again.
            self.fact(Fact::refused(command, Refusal::Busy));
        }
    }

    /// Follows those jobs of a batch that have an id.
    pub(super) fn follow_jobs(&mut self, batch: &Batch, jobs: &[RemoteJobId], numbered: bool) {
        let named = jobs.iter().enumerate().filter(|(_, job)| **job != RemoteJobId::NONE);
        for (place, &job) in named {
            let (user, cores, task) = (batch.user.clone(), batch.settings.cores, batch.task(place));
            let (told, going, lease) = (None, false, batch.lease_there);
            let followed = Followed { user, told, cores, going, lease, task, numbered };
            self.jobs.entry(job).or_insert(followed);
        }
    }
}

/// The lines that there are.
fn texts(lines: &[Option<String>]) -> Vec<String> {
    lines.iter().flatten().cloned().collect()
}

/// The jobs in the places of their lines.
fn spread(lines: &[Option<String>], jobs: Vec<RemoteJobId>) -> Vec<RemoteJobId> {
    let mut jobs = jobs.into_iter();
    let place = |line: &Option<String>| line.as_ref().and_then(|_| jobs.next());
    lines.iter().map(place).map(|job| job.unwrap_or(RemoteJobId::NONE)).collect()
}

/// Within an array, the ids grow with the index.
fn in_order(mut ids: Vec<JobId>) -> Vec<RemoteJobId> {
    ids.sort_unstable();
    ids.into_iter().map(|id| RemoteJobId(id.0)).collect()
}
