//! One look at the cluster: which jobs live, which are over and how, what was unconfirmed, how the
//! cluster is.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_core::fact::{Fact, Outcome};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::listing::ListedState;
use gleaner_core::time::Timestamp;

use crate::order::JobNote;
use crate::sites::answer::{Answer, FileEnd};
use crate::sites::failure::Failure;
use crate::sites::job::{Details, Job, JobState, Listed, Row};
use crate::sites::port::Question;
use crate::submission_name::is_a_grids;
use crate::worker::matching::{Arrays, OutcomeSource};
use crate::worker::tracked::TrackedJob;
use crate::worker::{Worker, listing, outcome};

/// Files of standard error that are read in one look, at most.
const TAILS_MAX: usize = 20;
/// Lines of standard error that are kept.
const TAIL_LINES: u32 = 5;
/// Bytes of them that are kept.
const TAIL_BYTES: usize = 4096;
/// Looks in a row in which a job is not among the living and cannot be read, until it is given up: one answer
/// may be cut, and one list may leave a job out.
const GARBLED_MAX: u32 = 5;

impl Worker {
    /// Looks at the cluster and gathers an update.
    pub(super) async fn poll(&mut self) {
        if self.at_rest() {
            return;
        }
        // What a list does not show had not arrived when it was asked for, and not a moment later: unconfirmed
        // submissions are settled by what the cluster's clock showed before that.
        let told = if self.unconfirmed.is_empty() { None } else { self.ask_time().await };
        let listed = self.ask(Question::Living).await.and_then(Answer::listed);
        let Listed { rows: current, unread, in_order } = match listed {
            Ok(listed) => listed,
            Err(error) => return self.note_failure(&error),
        };
        self.in_order = in_order;
        // A cluster that does not tell its time gets nothing, but what it has of ours is tracked.
        if self.know_clock().await {
            self.note_success();
        }
        let at = self.now();
        self.look_up(&current, told).await;
        if let Err(error) = self.follow(&current, &unread, at).await {
            return self.note_failure(&error);
        }
        self.watch_no_longer();
        self.find_orphans(&current).await;
        self.ask_stress().await;
        let snapshot = self.snapshot(&current, at).await;
        self.update.snapshot = snapshot;
    }

    /// The jobs of a whole list; none where some may have been missed.
    pub(super) async fn all_rows(
        &mut self,
        question: Question,
    ) -> Result<Option<Vec<Row>>, Failure> {
        match self.ask(question).await.and_then(Answer::rows) {
            Err(Failure::Odd(fault)) => {
                self.note_fault(fault);
                Ok(None)
            }
            told => told,
        }
    }

    /// Details of jobs.
    pub(super) async fn details(&mut self, ids: &[RemoteJobId]) -> Result<Details, Failure> {
        if ids.is_empty() {
            return Ok(Details::default());
        }
        let details = self.ask(Question::Jobs(ids.to_vec())).await?.details()?;
        if let Some(fault) = details.fault {
            self.note_fault(fault);
        }
        for (job, error) in &details.unreadable {
            if !self.unreadable.contains_key(job) {
                let cluster = &self.config.name;
                tracing::warn!(
                    cluster,
                    job = job.0,
                    error,
                    "a job cannot be read; hint: it is waited for while it lives; `DELETE /jobs/ID?drop=1` ends that"
                );
            }
        }
        Ok(details)
    }

    /// Tells what has happened to the jobs that are tracked.
    async fn follow(
        &mut self,
        current: &[Row],
        unread: &[Option<RemoteJobId>],
        at: Timestamp,
    ) -> Result<(), Failure> {
        let rows: BTreeMap<RemoteJobId, &Row> = current.iter().map(|row| (row.job, row)).collect();
        let mut states: BTreeMap<RemoteJobId, ListedState> = BTreeMap::new();
        let mut unseen = Vec::new();
        let mut others = Vec::new();
        for (&job, tracked) in &self.jobs {
            if unread.contains(&Some(job)) {
                // It is listed, so it lives; what it does is not to be read.
                states.insert(job, ListedState::Unclear);
                continue;
            }
            let row = rows.get(&job);
            if row.is_some_and(|row| !is_a_grids(row.name.as_deref())) {
                others.push(job);
                continue;
            }
            match row.map(|row| listing::alive(row.state, tracked.reported, at)) {
                Some(Some(state)) => drop(states.insert(job, state)),
                Some(None) | None => unseen.push(job),
            }
        }
        if self.watches_owners() {
            for row in current {
                if self.jobs.contains_key(&row.job) {
                    self.see_owner(row.job, &row.owner).await;
                }
            }
        }
        let details = self.details(&unseen).await?;
        let mut copies = Vec::new();
        let mut tails = 0;
        let mut arrays = Arrays::new();
        self.unreadable.retain(|job, _| details.unreadable.contains_key(job));
        for job in unseen {
            let Some(detail) = details.jobs.get(&job) else {
                let may_live = unread.contains(&None)
                    || rows.get(&job).is_some_and(|row| row.state != JobState::Over);
                if details.unreadable.contains_key(&job) && !may_live && self.never_readable(job) {
                    states.insert(job, ListedState::Ended(self.cluster_now(), Outcome::Unreadable));
                } else if !details.unasked.contains(&job) {
                    states.insert(job, ListedState::Unclear);
                }
                continue;
            };
            if !is_a_grids(detail.name.as_deref()) {
                others.push(job);
                continue;
            }
            self.see_owner(job, &detail.owner).await;
            if let Some(copy) = detail.copy {
                copies.push((job, copy));
                continue;
            }
            if outcome::copy_may_come(detail, self.cluster_now()) {
                states.insert(job, ListedState::Unclear);
                continue;
            }
            let tracked = self.jobs[&job].clone();
            let ended = outcome::outcome(detail, tracked.lease);
            let source = match ended {
                Some(ended) => self.outcome_source(&tracked, detail, ended, &mut arrays).await?,
                None => OutcomeSource::OwnJob,
            };
            let (detail, ended) = match &source {
                OutcomeSource::OwnJob => (detail, ended),
                OutcomeSource::OtherJob(own) => (&**own, outcome::outcome(own, tracked.lease)),
                OutcomeSource::NoJob => (detail, Some(Outcome::OtherTask)),
                OutcomeSource::Later => {
                    states.insert(job, ListedState::Unclear);
                    continue;
                }
            };
            match ended {
                Some(ended) => {
                    let stop = detail.stopped_at.unwrap_or_default();
                    states.insert(job, ListedState::Ended(stop, ended));
                    let tail = match ended {
                        _ if tails >= TAILS_MAX => None,
                        Outcome::Exited(0) => None,
                        Outcome::Exited(_) | Outcome::Signalled(_) => {
                            tails += 1;
                            self.stderr(detail, tracked.user.clone()).await
                        }
                        _ => None,
                    };
                    self.update.notes.push(JobNote { job, ..note(detail, tail) });
                }
                None => {
                    let state = listing::alive(detail.state, tracked.reported, at);
                    states.insert(job, state.unwrap_or(ListedState::Unclear));
                }
            }
        }
        for job in others {
            states.insert(job, ListedState::Unclear);
            self.note_reused_id(job);
        }
        for (old, copy) in copies {
            if let Some(tracked) = self.jobs.remove(&old) {
                self.replaced(old, copy, tracked);
            }
        }
        self.tell_changes(&states);
        Ok(())
    }

    /// Counts that a job could not be read. Returns whether that was so often enough to give up.
    fn never_readable(&mut self, job: RemoteJobId) -> bool {
        let times = self.unreadable.entry(job).or_insert(0);
        *times += 1;
        *times >= GARBLED_MAX
    }

    fn tell_changes(&mut self, states: &BTreeMap<RemoteJobId, ListedState>) {
        let told = self.jobs.iter().map(|(&job, tracked)| (job, tracked.reported));
        let facts = listing::changes(self.cluster, told, states);
        self.update.urgent |= facts.iter().any(|fact| matches!(fact, Fact::JobEnded { .. }));
        self.update.facts.extend(facts);
        for (job, state) in states {
            match state {
                ListedState::Ended(..) => drop(self.jobs.remove(job)),
                state => {
                    if let Some(tracked) = self.jobs.get_mut(job) {
                        tracked.reported = Some(*state);
                    }
                }
            }
        }
    }

    /// The last lines of a job's standard error; none when they are not to be had.
    async fn stderr(&mut self, job: &Job, user: Arc<str>) -> Option<String> {
        let file = job.stderr.clone()?;
        let question = Question::File { user, file, lines: TAIL_LINES };
        match self.ask(question).await.and_then(Answer::file) {
            Ok(FileEnd::Found(bytes)) if !bytes.is_empty() => {
                let kept = &bytes[bytes.len().saturating_sub(TAIL_BYTES)..];
                Some(String::from_utf8_lossy(kept).into_owned())
            }
            _ => None,
        }
    }

    /// The cluster has put a copy in a job's place.
    pub(super) fn replaced(&mut self, job: RemoteJobId, copy: RemoteJobId, tracked: TrackedJob) {
        self.fact(Fact::JobReplaced { cluster: self.cluster, job, copy });
        self.jobs.insert(copy, TrackedJob { reported: None, deleting: false, ..tracked });
    }

    async fn ask_stress(&mut self) {
        let stress = match self.ask(Question::Stress).await.and_then(Answer::stress) {
            Ok(Some(stress)) => stress,
            // It has no such sensor, but a clock.
            Ok(None) => {
                self.load.stress = None;
                self.ask_time().await;
                return;
            }
            Err(error) => return self.note_failure(&error),
        };
        self.compare_clocks(stress.at);
        let Some(value) = stress.value else { return };
        self.load.stress = Some(value);
        let high = value >= self.config.stress_limit;
        if high != self.stressed {
            self.stressed = high;
            let cluster = self.cluster;
            self.fact(match high {
                true => Fact::ClusterStressed { cluster },
                false => Fact::ClusterRelaxed { cluster },
            });
        }
    }
}

fn note(job: &Job, stderr_tail: Option<String>) -> JobNote {
    JobNote {
        job: job.job,
        node: job.node.clone(),
        start: job.started_at,
        stop: job.stopped_at,
        exit_status: job.exit_status,
        stderr_tail,
        events: job.events.clone(),
    }
}
