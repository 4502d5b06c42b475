//! What people ask for: checked against the rows, made a fact, and durable before it is answered.

mod campaigns;
mod events;
mod handler;
mod jobs;
mod quota;

use gleaner_core::fact::Fact;
use gleaner_core::ledger::campaign::CampaignState;
use rusqlite::{DropBehavior, Savepoint};

use crate::driver::backend::GridBackend;
use crate::driver::requests::handler::{Denied, Grant, Handler, only_admins};
use crate::order::ToWorker;
use crate::request::{Caller, Envelope, Receipt, Refused, Request};
use crate::store::error::StoreError;
use crate::store::journal;

impl GridBackend {
    /// Decides about requests as about those that people send, and returns the answers: for whoever takes something into a
    /// store that no daemon works on.
    pub fn answer(&mut self, asked: Vec<(Caller, Request)>) -> Vec<Result<Receipt, Refused>> {
        let (envelopes, answers): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .map(|(caller, request)| {
                let (reply, answer) = tokio::sync::oneshot::channel();
                (Envelope { caller, request, reply }, answer)
            })
            .unzip();
        self.grant(envelopes);
        let unanswered = |_| Err(Refused::NotStored("nobody has answered".to_owned()));
        answers.into_iter().map(|mut answer| answer.try_recv().unwrap_or_else(unanswered)).collect()
    }

    /// Decides about requests, makes those that are granted durable as one, then answers all. One that fails takes
    /// back what it has written, and nothing else.
    pub(super) fn grant(&mut self, asked: Vec<Envelope>) {
        let now = self.clock.moment();
        let (replies, asked): (Vec<_>, Vec<_>) = asked
            .into_iter()
            .map(|Envelope { caller, request, reply }| (reply, (caller, request)))
            .unzip();
        let mut answers = Vec::with_capacity(asked.len());
        let mut facts: Vec<Fact> = Vec::new();
        let done = (|| {
            let mut transaction = self.store.begin()?;
            for (caller, request) in asked {
                let point =
                    transaction.savepoint().map_err(StoreError::doing("begin a request"))?;
                let handler = Handler { connection: &point, rows: &self.rows, now };
                answers.push(match decide(handler, &caller, request) {
                    Ok(grant) => {
                        point.commit().map_err(StoreError::doing("end a request"))?;
                        facts.extend(grant.facts);
                        Ok(grant.receipt)
                    }
                    Err(Denied::Refused(refused)) => {
                        undo(point)?;
                        Err(refused)
                    }
                    Err(Denied::Store(error)) => {
                        undo(point)?;
                        // Some failures, a full disk among them, end the whole transaction.
                        if transaction.is_autocommit() {
                            return Err(error);
                        }
                        tracing::error!(%error, user = %caller.user(), "a request cannot be stored");
                        Err(Refused::NotStored(error.to_string()))
                    }
                });
            }
            let last = journal::put_facts(&transaction, self.last_fact, &facts)?;
            transaction.commit().map_err(StoreError::doing("commit requests"))?;
            Ok(last)
        })();
        match done {
            Ok(last) => {
                self.last_fact = last;
                self.pending.urgent |= !facts.is_empty();
                self.let_go(&facts);
                self.pending.asked.append(&mut facts);
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // Whoever asked may have gone.
                    let _ = reply.send(answer);
                }
            }
            Err(error) => {
                tracing::error!(%error, hint = error.hint(), "requests cannot be stored");
                for reply in replies {
                    let _ = reply.send(Err(Refused::NotStored(error.to_string())));
                }
            }
        }
    }

    /// Tells workers which jobs they are to follow no more. One that does not hear of it stops with the next
    /// start, when it is not among the jobs that the core knows.
    fn let_go(&self, facts: &[Fact]) {
        for fact in facts {
            if let Fact::JobEnded { cluster, job, .. } = fact
                && let Some(worker) = self.workers.get(cluster)
            {
                // A worker that is gone is the daemon's end.
                let _ = worker.send(ToWorker::LetGo(*job));
            }
        }
    }
}

/// Takes back what one request has written.
fn undo(mut point: Savepoint<'_>) -> Result<(), StoreError> {
    if point.is_autocommit() {
        // There is nothing left to go back to.
        point.set_drop_behavior(DropBehavior::Ignore);
        return Ok(());
    }
    point.finish().map_err(StoreError::doing("take a request back"))
}

/// Decides about one request.
fn decide(handler: Handler<'_>, caller: &Caller, request: Request) -> Result<Grant, Denied> {
    match request {
        Request::Submit { spec, jdl, quota } => handler.submit(caller, spec, &jdl, &quota),
        Request::AddJobs { campaign, parameters, behind, quota } => {
            handler.add(caller, campaign, parameters, behind, &quota)
        }
        Request::Hold(campaign) => {
            let fact = Fact::CampaignHeld { campaign };
            handler.turn(
                caller,
                campaign,
                &[CampaignState::InTreatment],
                CampaignState::Paused,
                fact,
            )
        }
        Request::Resume(campaign) => {
            let fact = Fact::CampaignResumed { campaign };
            handler.turn(
                caller,
                campaign,
                &[CampaignState::Paused],
                CampaignState::InTreatment,
                fact,
            )
        }
        Request::Cancel(campaign) => {
            let from =
                [CampaignState::InTreatment, CampaignState::Paused, CampaignState::Terminated];
            let fact = Fact::CampaignCancelled { campaign };
            handler.turn(caller, campaign, &from, CampaignState::Cancelled, fact)
        }
        Request::Purge(campaign) => handler.purge(caller, campaign),
        Request::Rename(campaign, name) => handler.rename(caller, campaign, &name),
        Request::KillJob(cluster, job) => handler.kill(caller, cluster, job),
        Request::DropJob(cluster, job) => handler.drop(caller, cluster, job),
        Request::FixEvent { event, retry } => handler.fix(caller, event, retry),
        Request::FixCampaign { campaign, retry } => handler.fix_campaign(caller, campaign, retry),
        Request::DisableCluster(cluster) => {
            only_admins(caller, "a cluster")?;
            Ok(Grant::of(Fact::ClusterDisabled { cluster }, Receipt::Done))
        }
        Request::UserPriority { user, cluster, priority } => {
            only_admins(caller, "the rank of a user")?;
            Ok(Grant::of(Fact::UserPriority { user, cluster, priority }, Receipt::Done))
        }
    }
}
