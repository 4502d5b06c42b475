//! Details of single jobs: asked only of those that are over or out of sight.

use std::collections::BTreeMap;

use gleaner_core::ids::RemoteJobId;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::{Job, JobId};

use crate::client::{Answered, CallError};
use crate::worker::Worker;

/// Lines of standard error that are kept.
const TAIL_LINES: u32 = 5;
/// Bytes of them that are kept.
const TAIL_BYTES: usize = 4096;

impl Worker {
    /// Details of jobs, by chunks, then singly of those that a list left out.
    pub(super) async fn details(
        &mut self,
        ids: &[RemoteJobId],
    ) -> Result<BTreeMap<RemoteJobId, Job>, CallError> {
        let mut jobs = BTreeMap::new();
        let chunk = usize::try_from(self.client.config().details_chunk).unwrap_or(100).max(1);
        for part in ids.chunks(chunk) {
            let asked = part.iter().map(|id| JobId(id.0)).collect();
            match self.client.open(&Call::jobs_by_ids(asked, true)).await? {
                Answered { answer: Answer::Jobs(page), .. } => {
                    jobs.extend(page.items.into_iter().map(|job| (RemoteJobId(job.id.0), job)));
                }
                Answered { status: 404, .. } => {}
                other => {
                    self.surprised(&other);
                    return Ok(jobs);
                }
            }
        }
        for id in ids {
            if !jobs.contains_key(id)
                && let Some(job) = self.detail(JobId(id.0)).await?
            {
                jobs.insert(*id, job);
            }
        }
        Ok(jobs)
    }

    /// Details of one job; none when the server does not know it, or answers something else.
    pub(super) async fn detail(&mut self, id: JobId) -> Result<Option<Job>, CallError> {
        let answered = self.client.open(&Call::Job { id, details: true }).await?;
        Ok(match answered.answer {
            Answer::Job(job) => Some(*job),
            _ => None,
        })
    }

    /// The last lines of a job's standard error; none when they are not to be had.
    pub(super) async fn stderr(&mut self, job: &Job, user: &str) -> Option<String> {
        let file = job.stderr_file.as_deref()?.replace("%jobid%", &job.id.0.to_string());
        let path = if file.starts_with('/') {
            file
        } else {
            format!("{}/{file}", job.launching_directory.trim_end_matches('/'))
        };
        let call = Call::ReadFile { path, tail: Some(TAIL_LINES) };
        match self.client.call(&call, user).await.ok()? {
            Answered { answer: Answer::Content(bytes), .. } if !bytes.is_empty() => {
                let kept = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
                Some(String::from_utf8_lossy(kept).into_owned())
            }
            _ => None,
        }
    }
}
