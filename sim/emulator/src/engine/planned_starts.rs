//! When and where an OAR server plans to start the jobs that wait. Must not know how a dialect writes
//! it.

use std::collections::BTreeMap;

use gleaner_oar::states::JobState;
use gleaner_sim::job::{ClusterIndex, JobSlot};
use gleaner_sim::time::SimTime;

use crate::engine::Engine;
use crate::table::row::JobNumber;
use crate::table::row::Row;
use crate::table::watcher::JobRef;

/// Where and when a waiting job is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStart {
    /// Its start, as the last pass of the scheduler saw it.
    pub start: SimTime,
    /// Numbers of its resources, ascending.
    pub resources: Vec<u32>,
}

/// The planned starts of jobs that wait, by number.
pub type PlannedStarts = BTreeMap<JobNumber, PlannedStart>;

impl Engine {
    /// Returns what is planned for those of the jobs that wait. Clusters without a resource manager plan
    /// nothing.
    pub fn planned_starts<'a>(
        &self,
        cluster: ClusterIndex,
        jobs: impl Iterator<Item = &'a Row>,
    ) -> PlannedStarts {
        let Some(manager) = self.world.manager(cluster) else { return PlannedStarts::new() };
        let waiting = jobs.filter(|row| row.state == JobState::Waiting);
        let asked: BTreeMap<JobSlot, JobNumber> =
            waiting.filter_map(|row| Some((row.slot?, row.number))).collect();
        let slots: Vec<JobSlot> = asked.keys().copied().collect();
        let plan = |planned: gleaner_sim::manager::Planned| {
            let number = *asked.get(&planned.job)?;
            // Resources are numbered from 1.
            let resources = planned.cores.cores().map(|core| core + 1).collect();
            Some((number, PlannedStart { start: planned.start, resources }))
        };
        manager.planned(&slots).into_iter().filter_map(plan).collect()
    }

    /// Notes the planned start of a job that is about to leave the queue: a real server keeps it, too.
    pub(super) fn keep_foreseen(&mut self, job: JobRef) {
        let row = self.table(job.cluster).row(job.number);
        let planned = self.planned_starts(job.cluster, row.into_iter());
        if let Some(plan) = planned.get(&job.number) {
            let table = self.world.observer_mut().table_mut(job.cluster);
            table.row_mut(job.number).foreseen = Some(plan.start);
        }
    }
}
