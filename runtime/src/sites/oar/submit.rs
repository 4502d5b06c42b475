//! A submission: what is sent of it, and what each answer means. One job goes ahead of an array that would crash
//! the server.

use gleaner_core::fact::Refusal;
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_oar::inventory::Fit;
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::JobId;
use gleaner_oar::wire::receipt::Submitted;
use gleaner_oar::wire::submission::Submission as Wanted;

use crate::order::Batch;
use crate::sites::answer::{Refused, Submission, SubmissionOutcome};
use crate::sites::failure::Failure;
use crate::sites::oar::client::Answered;
use crate::sites::oar::server::Server;
use crate::sites::oar::submission::submission;
use crate::sites::port::Request;

impl Server {
    pub(super) async fn submit(&mut self, request: &Request) -> Result<Submission, Failure> {
        let outcome = self.outcome(request).await?;
        Ok(Submission { outcome, capacity: self.unreported.take() })
    }

    async fn outcome(&mut self, request: &Request) -> Result<SubmissionOutcome, Failure> {
        let Request { batch, lines, lease, cluster_now } = request;
        let (mut batch, mut lines, lease, cluster_now) =
            (batch, lines.as_slice(), *lease, *cluster_now);
        let first;
        let dialect = self.client.dialect();
        let mut wanted = submission(dialect, batch, &texts(lines), lease);
        let fit = self.judge_fit(&wanted, cluster_now).await;
        // OAR 3 crashes on an array for which its resources do not suffice, and refuses a single job in words.
        if dialect == Dialect::Oar3 && matches!(fit, Some(Fit::Later(_) | Fit::Never(_))) {
            let ahead = lines.iter().position(Option::is_some).map_or(0, |first| first + 1);
            first = batch.first(ahead);
            batch = &first;
            lines = &lines[..ahead];
            wanted = submission(dialect, batch, &texts(lines), lease);
        }
        let sent = lines.len();
        let call = Call::Submit(Box::new(wanted.clone()));
        let inventory = self.listing.inventory.clone();
        let columns = inventory.as_ref().map(|inventory| inventory.columns());
        Ok(match self.client.call_knowing(&call, &batch.user, columns).await {
            Ok(Answered { answer: Answer::Submitted(taken), .. }) => {
                match self.jobs_of(&taken, batch, lines.iter().flatten().count()).await {
                    Some(jobs) => SubmissionOutcome::Taken(spread(lines, jobs)),
                    None => SubmissionOutcome::TakenUnseen(sent),
                }
            }
            Ok(answered) => self.not_taken(&answered, sent, &wanted, fit, cluster_now).await,
            Err(error) => match Refused::unsent(&error) {
                Some(refused) => SubmissionOutcome::Refused(refused),
                None => match Failure::from(error) {
                    unsent @ Failure::NotSent(_) => return Err(unsent),
                    failure => {
                        SubmissionOutcome::Unclear { sent, explained: None, failure: Some(failure) }
                    }
                },
            },
        })
    }

    /// What an answer means that is no acceptance.
    async fn not_taken(
        &mut self,
        answered: &Answered,
        sent: usize,
        wanted: &Wanted,
        fit: Option<Fit>,
        cluster_now: Timestamp,
    ) -> SubmissionOutcome {
        let dialect = self.client.dialect();
        if let Some(refused) = Refused::by(dialect, answered, fit.as_ref()) {
            let contradicts = refused.reason == Refusal::NotNow && matches!(fit, Some(Fit::Now));
            if !contradicts {
                return SubmissionOutcome::Refused(refused);
            }
            // Nodes have gone since they were listed, or there never were as many.
            let fit = self.judge_fit_anew(wanted, cluster_now).await;
            return SubmissionOutcome::Refused(
                Refused::by(dialect, answered, fit.as_ref()).unwrap_or(refused),
            );
        }
        self.note_page(answered);
        let failure = answered.is_out_of_order().then(|| answered.odd());
        let crash = dialect == Dialect::Oar3 && answered.status == 500;
        let fit = if crash { self.judge_fit_anew(wanted, cluster_now).await } else { None };
        let explained = fit.and_then(|fit| Refused::crashed(dialect, answered, &fit));
        SubmissionOutcome::Unclear { sent, explained, failure }
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

    /// The jobs of a submission that was taken, so many, in the order of its lines.
    async fn jobs_of(
        &mut self,
        taken: &Submitted,
        batch: &Batch,
        wanted: usize,
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
                let (user, campaign, name) = (&*batch.user, batch.campaign.0, &*batch.name);
                tracing::info!(
                    cluster,
                    user,
                    campaign,
                    name,
                    "the jobs of an array are not to be seen yet"
                );
                None
            }
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
