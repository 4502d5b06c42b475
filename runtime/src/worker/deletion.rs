//! Deletes jobs: an array of which nobody is to stay with one request, others one by one. OAR's server
//! works off a message for each request, one a round: a thousand requests keep it busy for minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::{CommandId, RemoteJobId};
use gleaner_core::words::Words;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::{JobId, JobRow};
use gleaner_oar::wire::receipt::Deletion;

use crate::client::{Answered, CallError};
use crate::worker::refusal::text;
use crate::worker::{Worker, listing};

/// Fewer jobs of an array are deleted one by one, without asking for all of it.
const FEW: usize = 8;

/// A call, the jobs that it deletes, and whether they were listed a moment ago.
type Deletions = (Call, Vec<RemoteJobId>, bool);

/// What became of one call.
enum Verdict {
    Done,
    /// The jobs of this call belong to somebody else there.
    NotYours,
    /// Its user may delete nothing, whatever it is.
    NotAllowed,
    /// Nothing says that it was done.
    Unclear,
}

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
            if let Some(followed) = self.jobs.get_mut(job) {
                followed.going = true;
            }
        }
        let deletions = self.deletions(jobs).await.map_err(|error| {
            self.judge(&error);
            Refusal::Unreachable
        })?;
        let mut refused: Vec<RemoteJobId> = Vec::new();
        let mut reason = Refusal::NotAllowed;
        let mut words = String::new();
        let mut left = deletions.into_iter();
        while let Some((deletion, members, listed)) = left.next() {
            let answered = self.client.call(&deletion, user).await;
            let verdict = match &answered {
                Ok(answered) => verdict(answered, listed),
                Err(CallError::NoLogin(_)) => {
                    reason = Refusal::NoLogin;
                    Verdict::NotAllowed
                }
                Err(CallError::NoToken(_)) => {
                    reason = Refusal::NoToken;
                    Verdict::NotAllowed
                }
                Err(error) => {
                    self.judge(error);
                    return Err(Refusal::Unreachable);
                }
            };
            let said = match &answered {
                Ok(answered) => said(answered),
                Err(error) => error.to_string(),
            };
            match verdict {
                Verdict::Done => self.well(),
                Verdict::NotYours => {
                    refused.extend(members);
                    words = said;
                }
                Verdict::NotAllowed => {
                    refused.extend(members);
                    refused.extend(left.by_ref().flat_map(|(_, members, _)| members));
                    words = said;
                }
                Verdict::Unclear => {
                    if let Ok(answered) = &answered
                        && answered.is_out_of_order()
                    {
                        self.surprised(answered);
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
        let (name, example) = (&self.client.config().name, jobs[0]);
        let (count, user_name) = (jobs.len(), &**user);
        tracing::warn!(cluster = name, user = user_name, jobs = count, %example, %reason, words,
            "jobs that are to be deleted run on: the cluster refuses to delete them");
        self.undeleted.entry(Arc::clone(user)).or_default().extend(&jobs);
        let words = Words::new(words);
        self.fact(Fact::DeletionRefused { cluster: self.cluster, jobs, reason, words });
    }

    /// The calls that delete jobs. What is over already is left alone, and so is what is somebody else's by its
    /// name: numbers are given by each server anew.
    async fn deletions(&mut self, jobs: &[RemoteJobId]) -> Result<Vec<Deletions>, CallError> {
        let details = self.details(jobs).await?;
        let mut arrays: BTreeMap<JobId, Vec<RemoteJobId>> = BTreeMap::new();
        let mut calls = Vec::new();
        for &job in jobs {
            match details.jobs.get(&job) {
                Some(detail) if !listing::is_a_grids(detail.name.as_deref()) => {
                    self.is_anothers(job);
                }
                Some(detail) if detail.state.is_final() => {}
                Some(detail) => arrays.entry(detail.array_id).or_default().push(job),
                None => calls.push(single(job, false)),
            }
        }
        let mut going: BTreeSet<RemoteJobId> = jobs.iter().copied().collect();
        let before = self.jobs.iter().filter(|(_, followed)| followed.going);
        going.extend(before.map(|(job, _)| *job));
        for (array, members) in arrays {
            if members.len() >= FEW && self.goes_whole(array, &members, &going).await? {
                calls.push((Call::DeleteArray(array), members, true));
            } else {
                calls.extend(members.into_iter().map(|job| single(job, true)));
            }
        }
        Ok(calls)
    }

    /// Whether the cluster lists these members of an array, and none that lives and is not to go.
    async fn goes_whole(
        &mut self,
        array: JobId,
        members: &[RemoteJobId],
        going: &BTreeSet<RemoteJobId>,
    ) -> Result<bool, CallError> {
        let size = self.client.config().page_size;
        let rows = self.all_rows(|offset| Call::jobs_by_array(array, size, offset)).await?;
        let Some(rows) = rows else { return Ok(false) };
        let goes = |row: &JobRow| row.state.is_final() || going.contains(&RemoteJobId(row.id.0));
        let listed: BTreeSet<u64> = rows.iter().map(|row| row.id.0).collect();
        Ok(rows.iter().all(goes) && members.iter().all(|job| listed.contains(&job.0)))
    }
}

fn single(job: RemoteJobId, listed: bool) -> Deletions {
    (Call::Delete(JobId(job.0)), vec![job], listed)
}

fn verdict(answered: &Answered, listed: bool) -> Verdict {
    let told = said(answered);
    match (answered.status, &answered.answer) {
        (200..=299, Answer::Done(done)) if done.deletion() == Deletion::NotYours => {
            Verdict::NotYours
        }
        // OAR 2 says the same of a job that it does not know.
        (400, _) if listed && told.contains("not the right user") => Verdict::NotYours,
        // `oardel` refuses what is over already, or dying: its state will tell.
        (200..=299 | 400 | 404, _) => Verdict::Done,
        (401 | 403, _) => Verdict::NotAllowed,
        // Doing it twice does no harm.
        _ => Verdict::Unclear,
    }
}

fn said(answered: &Answered) -> String {
    match &answered.answer {
        Answer::Done(done) => done.output().trim().to_owned(),
        answer => text(answer),
    }
}
