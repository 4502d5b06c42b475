//! How the cluster is: cores that can be used, jobs that run and wait, ours and everybody's.

use gleaner_core::ids::RemoteJobId;
use gleaner_core::listing::ListedState;
use gleaner_core::snapshot::{ClusterSnapshot, JobCounts};
use gleaner_core::time::Timestamp;

use crate::sites::answer::{Answer, Capacity};
use crate::sites::job::{JobState, Row};
use crate::sites::port::Question;
use crate::worker::Worker;
use crate::worker::mailbox::Report;

/// Owners' jobs whose cores are asked for in one look, at most: it costs the server about 10 ms each.
const SIZED_MAX: usize = 50;

/// Resources are counted again after so many looks.
const LOOKS_BETWEEN: u32 = 20;

impl Worker {
    pub(super) async fn snapshot(
        &mut self,
        current: &[Row],
        at: Timestamp,
    ) -> Option<ClusterSnapshot> {
        self.count_resources().await;
        self.size_others(current).await;
        let mut snapshot = ClusterSnapshot::empty(self.cluster, at, self.load.capacity_cores?);
        snapshot.stress = self.load.stress;
        for row in current {
            let ours = self.jobs.get(&row.job);
            let cores = ours.map(|tracked| tracked.cores);
            let cores = cores.or_else(|| self.load.sizes.get(&row.job).copied()).unwrap_or(1);
            count(&mut snapshot.everybody, row.state, cores);
        }
        for tracked in self.jobs.values() {
            let counts = &mut snapshot.ours;
            match tracked.reported {
                Some(ListedState::Waiting) => {
                    counts.waiting += 1;
                    counts.waiting_cores += tracked.cores;
                }
                Some(ListedState::Running(_)) => {
                    counts.running += 1;
                    counts.running_cores += tracked.cores;
                }
                Some(ListedState::Unclear | ListedState::Ended(..)) | None => {}
            }
        }
        Some(snapshot)
    }

    /// Counts the resources, now and then; without an answer, what was known stays.
    async fn count_resources(&mut self) {
        let due =
            self.load.looks.is_multiple_of(LOOKS_BETWEEN) || self.load.capacity_cores.is_none();
        self.load.looks = self.load.looks.wrapping_add(1);
        if !due {
            return;
        }
        let cluster_now = self.cluster_now();
        match self.ask(Question::Resources { cluster_now }).await.and_then(Answer::resources) {
            Ok(Some(capacity)) => self.note_capacity(capacity),
            Ok(None) => {}
            Err(error) => self.note_failure(&error),
        }
    }

    /// Takes in what was listed.
    pub(super) fn note_capacity(&mut self, Capacity { cores, resources }: Capacity) {
        self.load.capacity_cores = Some(cores);
        if resources.is_some() {
            self.mailbox.report(Report::Resources(resources));
        }
    }

    /// Forgets the resources: the cluster may be another machine now.
    pub(super) fn forget_resources(&mut self) {
        self.load.capacity_cores = None;
        self.mailbox.report(Report::Resources(None));
    }

    /// Learns how many cores others' running jobs hold: each is asked for once.
    async fn size_others(&mut self, current: &[Row]) {
        let running = |row: &&Row| row.state == JobState::Running;
        let there: Vec<RemoteJobId> = current.iter().filter(running).map(|row| row.job).collect();
        self.load.sizes.retain(|job, _| there.binary_search(job).is_ok() || there.contains(job));
        let unknown: Vec<RemoteJobId> = there
            .into_iter()
            .filter(|job| !self.jobs.contains_key(job) && !self.load.sizes.contains_key(job))
            .take(SIZED_MAX)
            .collect();
        if unknown.is_empty() {
            return;
        }
        if let Ok(details) = self.details(&unknown).await {
            // What cannot be read is not asked for again.
            self.load.sizes.extend(details.unreadable.into_keys().map(|job| (job, 1)));
            let sizes = details.jobs.into_iter();
            self.load.sizes.extend(sizes.map(|(job, detail)| (job, detail.cores.unwrap_or(1))));
        }
    }
}

fn count(counts: &mut JobCounts, state: JobState, cores: u32) {
    if state == JobState::Waiting {
        counts.waiting += 1;
        counts.waiting_cores += cores;
    } else if state.runs() {
        counts.running += 1;
        counts.running_cores += cores;
    }
}
