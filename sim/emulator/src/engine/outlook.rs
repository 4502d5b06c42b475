//! What an OAR server means to do with the jobs that wait: when they are to start, and where. Must
//! not know how a dialect tells it.

use std::collections::BTreeMap;

use gleaner_oar::states::JobState;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::oar::model::ids::JobId;
use gleaner_sim::oar::server::sim_time;
use gleaner_sim::time::SimTime;

use crate::engine::Engine;
use crate::table::JobNumber;
use crate::table::row::Row;
use crate::table::watcher::JobRef;

/// So few jobs are looked up one by one.
const FEW: usize = 8;

/// Where and when a waiting job is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its start, as the last pass of the scheduler saw it.
    pub start: SimTime,
    /// Numbers of its resources, ascending.
    pub resources: Vec<u32>,
}

/// The plans of jobs that wait, by number.
pub type Outlook = BTreeMap<JobNumber, Planned>;

impl Engine {
    /// What is planned for those of the jobs that wait. Clusters without an OAR server tell nothing.
    pub fn outlook<'a>(
        &self,
        cluster: ClusterIndex,
        jobs: impl Iterator<Item = &'a Row>,
    ) -> Outlook {
        let Some(server) = self.world.oar(cluster) else { return Outlook::new() };
        let waiting = jobs.filter(|row| row.state == JobState::Waiting);
        let ids: BTreeMap<JobId, JobNumber> =
            waiting.filter_map(|row| Some((server.job_id(row.slot?)?, row.number))).collect();
        let gantt = server.state().gantt();
        let planned = match ids.len() {
            0 => Vec::new(),
            1..FEW => ids.keys().filter_map(|id| gantt.prediction(*id)).collect(),
            FEW.. => gantt.predictions(),
        };
        let plan = |planned: gleaner_sim::oar::model::gantt::Prediction| {
            let number = *ids.get(&planned.job)?;
            let resources = planned.resources.iter().map(|resource| resource.0).collect();
            Some((number, Planned { start: sim_time(planned.start), resources }))
        };
        planned.into_iter().filter_map(plan).collect()
    }

    /// Writes down what was planned for a job that is about to leave the queue: a real server keeps
    /// it, too.
    pub(super) fn keep_foreseen(&mut self, job: JobRef) {
        let row = self.table(job.cluster).row(job.number);
        let planned = self.outlook(job.cluster, row.into_iter());
        if let Some(plan) = planned.get(&job.number) {
            let table = self.world.observer_mut().table_mut(job.cluster);
            table.row_mut(job.number).foreseen = Some(plan.start);
        }
    }
}
