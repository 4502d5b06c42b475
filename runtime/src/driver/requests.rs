//! What people ask for: checked against the rows, made a fact, and durable before it is answered.

use std::sync::Arc;

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::{CampaignId, ClusterId, EventId, RemoteJobId, TaskId};
use rusqlite::{Connection, DropBehavior, OptionalExtension, Savepoint, params};

use crate::clock::Moment;
use crate::driver::GridBackend;
use crate::driver::quota::{self, Growth};
use crate::order::ToWorker;
use crate::request::{Caller, Envelope, Receipt, Refused, Request};
use crate::store::error::StoreError;
use crate::store::journal;
use crate::store::rows::{self, Rows};
use crate::store::{numbers, parameters};

/// Rows that are purged in one request: a campaign of a million must not hold the others up.
const PURGED_MAX: usize = 5000;

/// A request that is granted.
struct Grant {
    facts: Vec<Fact>,
    receipt: Receipt,
}

/// A request that is not.
enum Denied {
    /// It may not be done.
    Refused(Refused),
    /// The store fails.
    Store(StoreError),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Denied {
        Denied::Store(error)
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Denied {
        Denied::Refused(refused)
    }
}

impl GridBackend {
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
                let desk = Desk { connection: &point, rows: &mut self.rows, now };
                answers.push(match desk.decide(&caller, request) {
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
}

impl GridBackend {
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

/// Where one request is decided.
struct Desk<'a> {
    connection: &'a Connection,
    rows: &'a mut Rows,
    now: Moment,
}

/// What the rows say of a campaign.
struct Known {
    user: String,
    state: String,
    total: u32,
}

impl Desk<'_> {
    fn decide(self, caller: &Caller, request: Request) -> Result<Grant, Denied> {
        match request {
            Request::Submit { spec, jdl, quota } => {
                let growth = Growth::Campaign(&spec.parameters);
                if let Some(refused) =
                    quota::refuse(self.connection, caller.user(), &quota, growth)?
                {
                    return Err(refused.into());
                }
                let campaign = numbers::next_campaign(self.connection)?;
                parameters::put(self.connection, campaign, 0, &spec.parameters)?;
                self.rows.campaign(
                    self.connection,
                    campaign,
                    caller.user(),
                    &spec,
                    &jdl,
                    self.now.date,
                )?;
                let fact =
                    Fact::CampaignSubmitted { campaign, user: Arc::clone(caller.user()), spec };
                Ok(Grant { facts: vec![fact], receipt: Receipt::Campaign(campaign) })
            }
            Request::AddJobs { .. } => self.add(caller, request),
            Request::Hold(campaign) => self.turn(caller, campaign, &["in_treatment"], "paused"),
            Request::Resume(campaign) => self.turn(caller, campaign, &["paused"], "in_treatment"),
            Request::Cancel(campaign) => {
                let from = ["in_treatment", "paused", "terminated"];
                self.turn(caller, campaign, &from, "cancelled")
            }
            Request::Purge(campaign) => self.purge(caller, campaign),
            Request::Rename(campaign, name) => {
                self.own(caller, campaign)?;
                let sql = "UPDATE campaigns SET name = ?2 WHERE id = ?1";
                rows::run(self.connection, "rename a campaign", sql, params![campaign.0, name])?;
                Ok(Grant { facts: Vec::new(), receipt: Receipt::Campaign(campaign) })
            }
            Request::KillJob(cluster, job) => self.kill(caller, cluster, job),
            Request::DropJob(cluster, job) => self.drop(caller, cluster, job),
            Request::FixEvent { event, retry } => self.fix(caller, event, retry),
            Request::FixCampaign { campaign, retry } => {
                self.own(caller, campaign)?;
                let facts = self.open_events(campaign)?.into_iter();
                let facts = facts.map(|event| Fact::EventFixed { event, retry }).collect();
                Ok(Grant { facts, receipt: Receipt::Campaign(campaign) })
            }
            Request::DisableCluster(cluster) => {
                only_admins(caller, "a cluster")?;
                let facts = vec![Fact::ClusterDisabled { cluster }];
                Ok(Grant { facts, receipt: Receipt::Done })
            }
            Request::UserPriority { user: ranked, cluster, priority } => {
                only_admins(caller, "the rank of a user")?;
                let facts = vec![Fact::UserPriority { user: ranked, cluster, priority }];
                Ok(Grant { facts, receipt: Receipt::Done })
            }
        }
    }

    /// A campaign that the user may change.
    fn own(&self, caller: &Caller, campaign: CampaignId) -> Result<Known, Denied> {
        let sql = "SELECT user, state, total FROM campaigns WHERE id = ?1";
        let known = self.connection.query_row(sql, [campaign.0], |row| {
            Ok(Known { user: row.get(0)?, state: row.get(1)?, total: row.get(2)? })
        });
        let known = known.optional().map_err(StoreError::doing("read a campaign"))?;
        let name = || format!("campaign {campaign}");
        let known = known.ok_or_else(|| Refused::NotFound(name()))?;
        if !caller.may_touch(&known.user) {
            return Err(Refused::NotYours(name()).into());
        }
        Ok(known)
    }

    /// Brings a campaign from one state to another.
    fn turn(
        self,
        caller: &Caller,
        campaign: CampaignId,
        from: &[&str],
        to: &str,
    ) -> Result<Grant, Denied> {
        let known = self.own(caller, campaign)?;
        if !from.contains(&known.state.as_str()) {
            let state = known.state;
            let text = format!("campaign {campaign} is {state}: it cannot become {to}");
            return Err(Refused::WrongState(text).into());
        }
        let fact = match to {
            "paused" => Fact::CampaignHeld { campaign },
            "cancelled" => Fact::CampaignCancelled { campaign },
            _ => Fact::CampaignResumed { campaign },
        };
        rows::state_of(self.connection, campaign, to, self.now)?;
        Ok(Grant { facts: vec![fact], receipt: Receipt::Campaign(campaign) })
    }

    fn add(self, caller: &Caller, request: Request) -> Result<Grant, Denied> {
        let Request::AddJobs { campaign, parameters, behind, quota } = request else {
            return Ok(Grant { facts: Vec::new(), receipt: Receipt::Done });
        };
        let known = self.own(caller, campaign)?;
        if known.state == "cancelled" {
            let text = format!("campaign {campaign} was cancelled and takes no more jobs");
            return Err(Refused::WrongState(text).into());
        }
        let first = known.total;
        if first != behind {
            let text = format!("campaign {campaign} has got other parameters meanwhile");
            return Err(Refused::Changed(text).into());
        }
        if first == 0 {
            let text = format!("campaign {campaign} has no parameters, and gets none");
            return Err(
                Refused::WrongState(format!("{text}\n  hint: submit a new campaign")).into()
            );
        }
        let growth = Growth::Tasks { known: first, parameters: &parameters };
        if let Some(refused) = quota::refuse(self.connection, &known.user, &quota, growth)? {
            return Err(refused.into());
        }
        parameters::put(self.connection, campaign, first, &parameters)?;
        let sql = "UPDATE campaigns SET total = total + ?2, \
                   state = CASE state WHEN 'terminated' THEN 'in_treatment' ELSE state END \
                   WHERE id = ?1";
        let row = params![campaign.0, parameters.len()];
        rows::run(self.connection, "add to a campaign", sql, row)?;
        let facts = vec![Fact::JobsAdded { campaign, first, parameters }];
        Ok(Grant { facts, receipt: Receipt::Campaign(campaign) })
    }

    fn purge(self, caller: &Caller, campaign: CampaignId) -> Result<Grant, Denied> {
        let known = self.own(caller, campaign)?;
        if !matches!(known.state.as_str(), "terminated" | "cancelled") {
            let text =
                format!("campaign {campaign} is {}: only what is over can be purged", known.state);
            return Err(Refused::WrongState(text).into());
        }
        // Its parameters stay until the whole campaign is forgotten: the journal may need them.
        let failed = StoreError::doing("purge a campaign");
        let mut left = PURGED_MAX;
        for sql in [
            "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs INDEXED BY jobs_over WHERE campaign = ?1 \
             AND state IN ('terminated', 'event') LIMIT ?2)",
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE campaign = ?1 AND open = 0 \
             LIMIT ?2)",
        ] {
            let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
            left -= statement.execute(params![campaign.0, left]).map_err(&failed)?;
        }
        let receipt = if left == 0 { Receipt::More } else { Receipt::Campaign(campaign) };
        Ok(Grant { facts: Vec::new(), receipt })
    }

    fn kill(self, caller: &Caller, cluster: ClusterId, job: RemoteJobId) -> Result<Grant, Denied> {
        let known = self.rows.living.get(&(cluster, job)).copied();
        let gone = || Refused::NotFound(format!("a living job of number {job} on its cluster"));
        let known = known.ok_or_else(gone)?;
        self.own(caller, known.campaign)?;
        let Some(index) = known.task else {
            let row = known.row;
            let text = format!("job {row} is a prologue or an epilogue: cancel its campaign");
            return Err(Refused::WrongState(text).into());
        };
        let task = TaskId { campaign: known.campaign, index };
        Ok(Grant { facts: vec![Fact::TaskCancelled { task }], receipt: Receipt::Done })
    }

    /// The core is told that the job is over in a way that nobody can read: its task waits for a person. What
    /// lives on there is found by its name, and deleted as what was given up.
    fn drop(self, caller: &Caller, cluster: ClusterId, job: RemoteJobId) -> Result<Grant, Denied> {
        only_admins(caller, "what is followed")?;
        if !self.rows.living.contains_key(&(cluster, job)) {
            let text = format!("job {job} on cluster {cluster} among the living");
            return Err(Refused::NotFound(text).into());
        }
        let (at, outcome) = (self.now.date, Outcome::Unreadable);
        let facts = vec![Fact::JobEnded { cluster, job, at, outcome }];
        Ok(Grant { facts, receipt: Receipt::Done })
    }

    /// Events go by their rows for people; a blacklist is lifted with what caused it.
    fn fix(self, caller: &Caller, row: EventId, retry: bool) -> Result<Grant, Denied> {
        let sql = "SELECT coalesce(parent, event), campaign, open FROM events WHERE id = ?1";
        let found = self
            .connection
            .query_row(sql, [row.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let found = found.optional().map_err(StoreError::doing("read an event"))?;
        let (event, campaign, open): (Option<u64>, Option<u32>, bool) =
            found.ok_or_else(|| Refused::NotFound(format!("event {row}")))?;
        match campaign {
            Some(campaign) => drop(self.own(caller, CampaignId(campaign))?),
            None => only_admins(caller, "an event that concerns everybody")?,
        }
        if open && event.is_none() {
            // The core does not know of it.
            let sql = "UPDATE events SET open = 0, closed_at = ?2 WHERE id = ?1";
            let row = params![row.0, self.now.date.seconds()];
            rows::run(self.connection, "close an event", sql, row)?;
        }
        let open = event.filter(|_| open).map(EventId);
        let facts = open.map(|event| Fact::EventFixed { event, retry }).into_iter().collect();
        Ok(Grant { facts, receipt: Receipt::Done })
    }

    fn open_events(&self, campaign: CampaignId) -> Result<Vec<EventId>, StoreError> {
        let failed = StoreError::doing("read events");
        let sql = "SELECT event FROM events WHERE campaign = ?1 AND open = 1 AND parent IS NULL \
                   AND event IS NOT NULL ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let rows = statement.query_map([campaign.0], |row| row.get(0).map(EventId));
        rows.map_err(&failed)?.collect::<Result<_, _>>().map_err(&failed)
    }
}

fn only_admins(caller: &Caller, what: &str) -> Result<(), Refused> {
    if caller.is_admin() { Ok(()) } else { Err(Refused::NotYours(what.to_owned())) }
}
