//! Jobs that wait for the end of others. A resource manager plans them itself as long as it knows both;
//! else they wait outside of the World. Must not know how a dialect writes dependencies.

use gleaner_oar::states::JobState;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::job_request::Dependency;

use crate::engine::Engine;
use crate::table::row::JobDescription;
use crate::table::row::JobNumber;
use crate::table::watcher::JobRef;

impl Engine {
    /// The jobs that a server has to wait for on behalf of `job`; none if it cannot join its queue
    /// yet. As on a real server, a job that ended in error is not waited for, and one whose command
    /// failed, or that never was, blocks for ever.
    pub(super) fn dependencies_of(
        &mut self,
        job: JobRef,
        description: &JobDescription,
    ) -> Option<Vec<Dependency>> {
        let (mut required, mut blocked) = (Vec::new(), false);
        for number in &description.after {
            let before = JobRef { cluster: job.cluster, number: JobNumber(*number) };
            let Some(row) = self.table(job.cluster).row(before.number) else {
                blocked = true;
                continue;
            };
            match (row.state, row.status) {
                (JobState::Error, _) | (JobState::Terminated, Some(0)) => {}
                (JobState::Terminated, _) => blocked = true,
                _ => {
                    let manager = self.world.manager(job.cluster);
                    let id = manager.and_then(|manager| manager.local_id(row.slot?));
                    match id {
                        Some(id) => required.push(Dependency::Id(id)),
                        None => {
                            blocked = true;
                            self.wait_for(before, job);
                        }
                    }
                }
            }
        }
        (!blocked).then_some(required)
    }

    /// A job is looked at again when another one is over.
    fn wait_for(&mut self, before: JobRef, job: JobRef) {
        self.dependents.insert((before, job));
        self.world.observer_mut().await_end(before);
    }

    /// A job waits outside of the World for all that it must not start before.
    pub(super) fn wait_outside(&mut self, job: JobRef, description: &JobDescription) {
        for number in &description.after {
            self.wait_for(JobRef { cluster: job.cluster, number: JobNumber(*number) }, job);
        }
    }

    /// Looks again at those that have waited for a job outside of the World.
    pub(super) fn release_dependents(&mut self, ended: JobRef) {
        let first = JobRef { cluster: ClusterIndex(0), number: JobNumber(0) };
        let behind = self.dependents.range((ended, first)..);
        let freed = behind.take_while(|(before, _)| *before == ended).copied();
        for pair @ (_, job) in freed.collect::<Vec<_>>() {
            self.dependents.remove(&pair);
            self.enter(job);
        }
    }
}
