//! Deletes jobs: an array of which nobody is to stay with one request, others one by one, since a thousand
//! requests keep a server busy for minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::{CommandId, RemoteJobId};
use gleaner_core::server_message::ServerMessage;

use crate::sites::answer::{Answer, Deletion};
use crate::sites::failure::Failure;
use crate::sites::job::{ArrayId, JobState, Row};
use crate::sites::port::{DeletionTarget, Question};
use crate::submission_name::is_a_grids;
use crate::worker::Worker;

/// Fewer jobs of an array are deleted one by one, without asking for all of it.
const FEW: usize = 8;

/// What goes with one request, which jobs that are, and whether they were listed a moment ago.
type DeletionRequest = (DeletionTarget, Vec<RemoteJobId>, bool);

impl Worker {
    /// Carries a deletion out and answers the command.
    pub(super) async fn delete(
        &mut self,
        command: CommandId,
        user: &Arc<str>,
        jobs: &[RemoteJobId],
    ) {
        let fact = match self.delete_jobs(user, jobs).await {
            Ok(()) => Fact::CommandAccepted { command, jobs: Vec::new() },
            Err(reason) => Fact::refused(command, reason),
        };
        self.fact(fact);
    }

    /// Deletes what was refused to be deleted for want of a good token, now that there is another.
    pub(super) async fn delete_again(&mut self, user: &Arc<str>) {
        let Some(refused) = self.undeleted.remove(user) else { return };
        let jobs: Vec<RemoteJobId> =
            refused.into_iter().filter(|job| self.jobs.contains_key(job)).collect();
        if !jobs.is_empty() {
            // Those that are refused again are told again.
            let _ = self.delete_jobs(user, &jobs).await;
        }
    }

    async fn delete_jobs(&mut self, user: &Arc<str>, jobs: &[RemoteJobId]) -> Result<(), Refusal> {
        for job in jobs {
            if let Some(tracked) = self.jobs.get_mut(job) {
                tracked.deleting = true;
            }
        }
        let deletions = self.deletions(jobs).await.map_err(|error| {
            self.note_failure(&error);
            Refusal::Unreachable
        })?;
        let mut refused: Vec<RemoteJobId> = Vec::new();
        let mut reason = Refusal::NotAllowed;
        let mut words = String::new();
        let mut left = deletions.into_iter();
        while let Some((target, members, listed)) = left.next() {
            let user = Arc::clone(user);
            let asked = self.ask(Question::Delete { user, target, listed }).await;
            let deletion = match asked.and_then(Answer::deleted) {
                Ok(deletion) => deletion,
                Err(error @ Failure::NoLogin(_)) => {
                    reason = Refusal::NoLogin;
                    Deletion::NotAllowed(error.to_string())
                }
                Err(error @ Failure::NoToken(_)) => {
                    reason = Refusal::NoToken;
                    Deletion::NotAllowed(error.to_string())
                }
                Err(error) => {
                    self.note_failure(&error);
                    return Err(Refusal::Unreachable);
                }
            };
            match deletion {
                Deletion::Done => self.note_success(),
                Deletion::NotYours(said) => {
                    refused.extend(members);
                    words = said;
                }
                Deletion::NotAllowed(said) => {
                    refused.extend(members);
                    refused.extend(left.by_ref().flat_map(|(_, members, _)| members));
                    words = said;
                }
                Deletion::Unclear(fault) => {
                    if let Some(fault) = fault {
                        self.note_fault(fault);
                    }
                    return Err(Refusal::Busy);
                }
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        self.undeleted(user, refused, reason, &words);
        Err(reason)
    }

    /// Tells that jobs run on which are to be deleted.
    fn undeleted(&mut self, user: &Arc<str>, jobs: Vec<RemoteJobId>, reason: Refusal, words: &str) {
        let (name, example) = (&self.config.name, jobs[0]);
        let (count, user_name) = (jobs.len(), &**user);
        tracing::warn!(cluster = name, user = user_name, jobs = count, %example, %reason, words,
            "jobs that are to be deleted run on: the cluster refuses to delete them");
        self.undeleted.entry(Arc::clone(user)).or_default().extend(&jobs);
        let words = ServerMessage::new(words);
        self.fact(Fact::DeletionRefused { cluster: self.cluster, jobs, reason, words });
    }

    /// What goes with which request. What is over already is left alone, and so is what is somebody else's by its
    /// name: numbers are given by each server anew.
    async fn deletions(&mut self, jobs: &[RemoteJobId]) -> Result<Vec<DeletionRequest>, Failure> {
        let details = self.details(jobs).await?;
        let mut arrays: BTreeMap<ArrayId, Vec<RemoteJobId>> = BTreeMap::new();
        let mut requests = Vec::new();
        for &job in jobs {
            match details.jobs.get(&job) {
                Some(detail) if !is_a_grids(detail.name.as_deref()) => {
                    self.note_reused_id(job);
                }
                Some(detail) if detail.state == JobState::Over => {}
                Some(detail) => arrays.entry(detail.array).or_default().push(job),
                None => requests.push(single(job, false)),
            }
        }
        let mut deleting: BTreeSet<RemoteJobId> = jobs.iter().copied().collect();
        let before = self.jobs.iter().filter(|(_, tracked)| tracked.deleting);
        deleting.extend(before.map(|(job, _)| *job));
        for (array, members) in arrays {
            if members.len() >= FEW && self.goes_whole(array, &members, &deleting).await? {
                requests.push((DeletionTarget::Array(array), members, true));
            } else {
                requests.extend(members.into_iter().map(|job| single(job, true)));
            }
        }
        Ok(requests)
    }

    /// Whether the cluster lists these members of an array, and none that lives and is not to go.
    async fn goes_whole(
        &mut self,
        array: ArrayId,
        members: &[RemoteJobId],
        deleting: &BTreeSet<RemoteJobId>,
    ) -> Result<bool, Failure> {
        let rows = self.all_rows(Question::Array(array)).await?;
        let Some(rows) = rows else { return Ok(false) };
        let goes = |row: &Row| row.state == JobState::Over || deleting.contains(&row.job);
        let listed: BTreeSet<RemoteJobId> = rows.iter().map(|row| row.job).collect();
        Ok(rows.iter().all(goes) && members.iter().all(|job| listed.contains(job)))
    }
}

fn single(job: RemoteJobId, listed: bool) -> DeletionRequest {
    (DeletionTarget::Job(job), vec![job], listed)
}
