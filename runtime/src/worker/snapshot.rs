//! How the cluster is: cores that can be used, jobs that run and wait, ours and everybody's.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_core::ids::RemoteJobId;
use gleaner_core::listing::ListedState;
use gleaner_core::observation::{ClusterSnapshot, JobCounts};
use gleaner_core::time::Timestamp;
use gleaner_oar::inventory::Inventory;
use gleaner_oar::states::JobState;
use gleaner_oar::wire::job::JobRow;

use crate::worker::Worker;

/// Owners' jobs whose cores are asked for in one look, at most: it costs the server about 10 ms each.
const SIZED_MAX: usize = 50;

/// What is known of the cluster as a whole.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub(super) stress: Option<f64>,
    pub(super) capacity_cores: Option<u32>,
    /// The resources as they were listed last, if ever; never empty.
    pub(super) inventory: Option<Arc<Inventory>>,
    /// When that was.
    pub(super) listed_at: Option<Timestamp>,
    /// Looks since the resources were last counted.
    pub(super) looks: u32,
    /// Cores of others' jobs that run.
    sizes: BTreeMap<RemoteJobId, u32>,
}

impl Worker {
    pub(super) async fn snapshot(
        &mut self,
        current: &[JobRow],
        at: Timestamp,
    ) -> Option<ClusterSnapshot> {
        self.count_resources().await;
        self.size_others(current).await;
        let mut snapshot = ClusterSnapshot::empty(self.cluster, at, self.census.capacity_cores?);
        snapshot.stress = self.census.stress;
        for row in current {
            let job = RemoteJobId(row.id.0);
            let ours = self.jobs.get(&job);
            let cores = ours.map(|followed| followed.cores);
            let cores = cores.or_else(|| self.census.sizes.get(&job).copied()).unwrap_or(1);
            count(&mut snapshot.everybody, row.state, cores);
        }
        for followed in self.jobs.values() {
            let counts = &mut snapshot.ours;
            match followed.told {
                Some(ListedState::Waiting) => {
                    counts.waiting += 1;
                    counts.waiting_cores += followed.cores;
                }
                Some(ListedState::Running(_)) => {
                    counts.running += 1;
                    counts.running_cores += followed.cores;
                }
                Some(ListedState::Unclear | ListedState::Ended(..)) | None => {}
            }
        }
        Some(snapshot)
    }

    /// Learns how many cores others' running jobs hold: each is asked for once.
    async fn size_others(&mut self, current: &[JobRow]) {
        let running = |row: &&JobRow| row.state == JobState::Running;
        let there: Vec<RemoteJobId> =
            current.iter().filter(running).map(|row| RemoteJobId(row.id.0)).collect();
        self.census.sizes.retain(|job, _| there.binary_search(job).is_ok() || there.contains(job));
        let unknown: Vec<RemoteJobId> = there
            .into_iter()
            .filter(|job| !self.jobs.contains_key(job) && !self.census.sizes.contains_key(job))
            .take(SIZED_MAX)
            .collect();
        if unknown.is_empty() {
            return;
        }
        if let Ok(details) = self.details(&unknown).await {
            // What cannot be read is not asked for again.
            self.census.sizes.extend(details.garbled.into_iter().map(|job| (job, 1)));
            for (job, detail) in details.jobs {
                let cores = detail.resources.map_or(1, |resources| resources.len());
                self.census.sizes.insert(job, u32::try_from(cores).unwrap_or(u32::MAX));
            }
        }
    }
}

fn count(counts: &mut JobCounts, state: JobState, cores: u32) {
    match state {
        JobState::Waiting => {
            counts.waiting += 1;
            counts.waiting_cores += cores;
        }
        JobState::Launching | JobState::Running | JobState::Finishing => {
            counts.running += 1;
            counts.running_cores += cores;
        }
        _ => {}
    }
}
