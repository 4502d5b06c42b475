//! Orphans: living jobs that have a name of ours and whose submission was given up. One that was sent here is
//! deleted; all others are somebody else's: of another entry of the configuration, of a store that was lost, of a
//! user who likes the name. Those are reported to operators and left alone.

use std::collections::BTreeSet;

use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, CommandId, RemoteJobId};

use crate::order::{OrderAction, Unreadable};
use crate::sites::answer::Answer;
use crate::sites::failure::Failure;
use crate::sites::job::Row;
use crate::sites::port::Question;
use crate::submission_name;
use crate::worker::Worker;
use crate::worker::tracked::TrackedJob;

/// Orphans whose origin is asked for in one look, at most.
const ASKED_MAX: usize = 20;

/// Jobs of one look that are somebody else's.
#[derive(Debug, Default)]
struct Foreign {
    jobs: usize,
    /// One of them.
    example: Option<(RemoteJobId, String)>,
    why: &'static str,
}

impl Worker {
    /// Looks for jobs that arrived after they were given up. One of them may be the cluster's own copy of a job
    /// whose end has not been seen yet.
    pub(super) async fn find_orphans(&mut self, current: &[Row]) {
        if !self.foreign.is_empty() {
            let living: BTreeSet<RemoteJobId> = current.iter().map(|row| row.job).collect();
            self.foreign.retain(|job| living.contains(job));
        }
        let mut foreign = Foreign::default();
        let mut asked = 0;
        for row in current {
            let job = row.job;
            let Some(name) = row.name.as_deref() else { continue };
            let Some((campaign, epoch, command)) = submission_name::parts(name) else { continue };
            if epoch != self.epoch {
                continue;
            }
            let known = self.jobs.contains_key(&job) || self.foreign.contains(&job);
            if known || self.is_unconfirmed(name) || self.in_queue(name) {
                continue;
            }
            match self.sent_here(row, campaign, command).await {
                Ok(None) => {}
                Ok(Some(why)) => {
                    self.foreign.insert(job);
                    foreign.jobs += 1;
                    foreign.why = why;
                    foreign.example.get_or_insert_with(|| (job, name.to_owned()));
                    continue;
                }
                // The next look will tell.
                Err(error) => {
                    let cluster = &self.config.name;
                    tracing::error!(%error, cluster, name, "nobody can tell where a submission was sent");
                    break;
                }
            }
            if asked == ASKED_MAX {
                break;
            }
            asked += 1;
            let original = match self.ask(Question::Alone(job)).await.and_then(Answer::job) {
                Ok(detail) => detail.and_then(|detail| detail.copy_of),
                Err(Failure::Unreadable(_)) => None,
                // The next look will tell.
                Err(error) => {
                    self.note_failure(&error);
                    break;
                }
            };
            if let Some((old, tracked)) = original.and_then(|old| self.jobs.remove_entry(&old)) {
                self.replaced(old, job, tracked);
                continue;
            }
            self.fact(Fact::JobFound { cluster: self.cluster, job, campaign });
            self.jobs.insert(job, TrackedJob::found(row.owner.as_str().into(), None, None));
        }
        self.tell_foreign(&foreign);
    }

    /// Why a job is none of this cluster's, though it bears such a name; none when it is.
    async fn sent_here(
        &self,
        row: &Row,
        campaign: CampaignId,
        command: CommandId,
    ) -> Result<Option<&'static str>, Unreadable> {
        let Some(sent) = self.mailbox.recall(command).await? else {
            return Ok(Some("nothing is known of their submission"));
        };
        Ok(if sent.cluster != self.cluster {
            Some("they were sent to another cluster of the configuration: do both have one server?")
        } else if sent.campaign != campaign {
            Some("their submission was another campaign's")
        } else if self.config.login(&sent.user) != Some(row.owner.as_str()) {
            Some("they belong to another login than their campaign's user has there")
        } else {
            None
        })
    }

    fn tell_foreign(&self, foreign: &Foreign) {
        let Some((job, name)) = &foreign.example else { return };
        tracing::warn!(
            cluster = self.config.name,
            jobs = foreign.jobs,
            why = foreign.why,
            example = %job,
            name,
            "jobs with names like ours are left alone: they are not this cluster's to delete"
        );
    }

    /// Notes that the job under this id is somebody else's: the server is not the one that ours was sent to.
    pub(super) fn note_reused_id(&mut self, job: RemoteJobId) {
        if self.reused_ids.insert(job) {
            let cluster = &self.config.name;
            tracing::error!(
                cluster,
                %job,
                "a job of ours has no name of ours there: it is somebody else's, and ours is not known; hint: does \
                 `api_url` lead to another server than before?"
            );
        }
    }

    fn in_queue(&self, name: &str) -> bool {
        self.queue.iter().any(|order| match &order.action {
            OrderAction::Submit(batch) => batch.name == name,
            OrderAction::Cancel { .. } => false,
        })
    }
}
