//! The names by which people know clusters, jobs and tasks, for messages of events. Writes no row.

use gleaner_api::numbers::ClusterNumber;
use gleaner_core::config::ClusterSpec;
use gleaner_core::ids::{ClusterId, RemoteJobId, TaskId};
use gleaner_core::report::text::Names;

use crate::store::rows::known_jobs::KnownJobs;

/// Names as the API shows them.
pub(super) struct ShownNames<'a> {
    pub(super) clusters: &'a [ClusterSpec],
    pub(super) jobs: &'a KnownJobs,
}

impl Names for ShownNames<'_> {
    fn cluster(&self, cluster: ClusterId) -> String {
        match self.clusters.get(cluster.index()) {
            Some(spec) => format!("cluster `{}`", spec.name),
            None => format!("cluster {}", ClusterNumber::from(cluster).0),
        }
    }

    fn job(&self, cluster: ClusterId, job: RemoteJobId) -> String {
        match self.jobs.living.get(&(cluster, job)) {
            Some(known) => format!("job {} (number {job})", known.row),
            None => format!("number {job}"),
        }
    }

    fn task(&self, task: TaskId, cluster: Option<ClusterId>) -> String {
        match self.jobs.job_of(task, cluster) {
            Some(job) => format!("job {job}"),
            // It has no job that could be shown.
            None => format!("task {} of campaign {}", task.index, task.campaign),
        }
    }
}
