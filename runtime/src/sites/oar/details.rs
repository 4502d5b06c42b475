//! Details of jobs: by chunks, then singly of those that a list left out, some at a time in turn.

use std::collections::BTreeSet;

use gleaner_core::ids::RemoteJobId;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::{Job as OarJob, JobId};

use crate::sites::failure::Failure;
use crate::sites::job::Details;
use crate::sites::oar::client::{Answered, CallError};
use crate::sites::oar::server::Server;

/// Jobs that are asked for singly at a time, at most: a list that leaves out thousands must not cost
/// thousands of requests.
const SINGLES_MAX: usize = 20;

impl Server {
    /// Details of jobs.
    pub(super) async fn details(&mut self, ids: &[RemoteJobId]) -> Result<Details, Failure> {
        let mut details = Details::default();
        let chunk = usize::try_from(self.client.config().details_chunk).unwrap_or(100).max(1);
        for part in ids.chunks(chunk) {
            let asked = part.iter().map(|id| JobId(id.0)).collect();
            match self.client.open(&Call::jobs_by_ids(asked, true)).await {
                Ok(Answered { answer: Answer::Jobs(page), .. }) => {
                    // A server may list whatever it likes.
                    let wanted: BTreeSet<&RemoteJobId> = part.iter().collect();
                    let jobs = page.items.into_iter().map(|job| (RemoteJobId(job.id.0), job));
                    let jobs = jobs.filter(|(id, _)| wanted.contains(id));
                    details.jobs.extend(jobs.map(|(id, job)| (id, job.into())));
                }
                Ok(Answered { status: 404, .. }) => {}
                // One job that cannot be understood must not hide the others: they are asked for singly.
                Err(CallError::Unreadable(_)) => {}
                Err(error) => return Err(error.into()),
                Ok(other) => {
                    details.fault = Some(other.fault());
                    let known = |id: &&RemoteJobId| details.jobs.contains_key(id);
                    details.unasked = ids.iter().filter(|id| !known(id)).copied().collect();
                    return Ok(details);
                }
            }
        }
        let left_out = ids.iter().filter(|id| !details.jobs.contains_key(id)).copied();
        let mut left_out: Vec<RemoteJobId> = left_out.collect();
        left_out.sort_unstable();
        // The turn begins behind the job that was asked for last, so that each has its turn.
        let turn = left_out.partition_point(|id| *id <= self.single);
        left_out.rotate_left(turn);
        details.unasked = left_out.split_off(left_out.len().min(SINGLES_MAX)).into_iter().collect();
        for id in left_out {
            self.single = id;
            match self.detail(id).await {
                Ok(Some(job)) => drop(details.jobs.insert(id, job.into())),
                Ok(None) => {}
                // That says nothing about the cluster, whose lists can be read.
                Err(CallError::Unreadable(error)) => {
                    details.unasked.insert(id);
                    details.unreadable.insert(id, error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(details)
    }

    /// Details of one job; none when the server does not know it, or answers something else.
    pub(super) async fn detail(&mut self, id: RemoteJobId) -> Result<Option<OarJob>, CallError> {
        let call = Call::Job { id: JobId(id.0), details: true };
        Ok(match self.client.open(&call).await?.answer {
            Answer::Job(job) => Some(*job),
            _ => None,
        })
    }
}
