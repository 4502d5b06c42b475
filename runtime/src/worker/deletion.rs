//! Deletes jobs: an array of which nobody is to stay with one request, others one by one. OAR's server
//! works off a message for each request, one a round: a thousand requests keep it busy for minutes.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::{CommandId, RemoteJobId};
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::{JobId, JobRow};

use crate::client::{Answered, CallError};
use crate::worker::{Worker, listing};

/// Fewer jobs of an array are deleted one by one, without asking for all of it.
const FEW: usize = 8;

impl Worker {
    pub(super) async fn delete(&mut self, command: CommandId, user: &str, jobs: &[RemoteJobId]) {
        for job in jobs {
            if let Some(followed) = self.jobs.get_mut(job) {
                followed.going = true;
            }
        }
        let deletions = match self.deletions(jobs).await {
            Ok(deletions) => deletions,
            Err(error) => {
                self.judge(&error);
                return self.undeleted(command, Refusal::Unreachable);
            }
        };
        for deletion in deletions {
            match self.client.call(&deletion, user).await {
                // `oardel` refuses what is over already, or dying: its state will tell.
                Ok(Answered { status: 200..=299 | 400 | 404, .. }) => self.well(),
                Ok(Answered { status: 401 | 403, .. }) => {
                    return self.undeleted(command, Refusal::NotAllowed);
                }
                // Nothing says that it was done, and doing it twice does no harm.
                Ok(answered) => {
                    if answered.is_out_of_order() {
                        self.surprised(&answered);
                    }
                    return self.undeleted(command, Refusal::Busy);
                }
                Err(CallError::NoLogin(_)) => return self.undeleted(command, Refusal::NoLogin),
                Err(CallError::NoToken(_)) => return self.undeleted(command, Refusal::NoToken),
                Err(error) => {
                    self.judge(&error);
                    return self.undeleted(command, Refusal::Unreachable);
                }
            }
        }
        self.fact(Fact::CommandAccepted { command, jobs: Vec::new() });
    }

    /// The calls that delete jobs. What is over already is left alone, and so is what is somebody else's by its
    /// name: numbers are given by each server anew.
    async fn deletions(&mut self, jobs: &[RemoteJobId]) -> Result<Vec<Call>, CallError> {
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
                None => calls.push(single(job)),
            }
        }
        let mut going: BTreeSet<RemoteJobId> = jobs.iter().copied().collect();
        let before = self.jobs.iter().filter(|(_, followed)| followed.going);
        going.extend(before.map(|(job, _)| *job));
        for (array, members) in arrays {
            if members.len() >= FEW && self.goes_whole(array, &members, &going).await? {
                calls.push(Call::DeleteArray(array));
            } else {
                calls.extend(members.into_iter().map(single));
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

    fn undeleted(&mut self, command: CommandId, reason: Refusal) {
        self.fact(Fact::refused(command, reason));
    }
}

fn single(job: RemoteJobId) -> Call {
    Call::Delete(JobId(job.0))
}
