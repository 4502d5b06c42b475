//! How a simulated OAR server is set up in the middle of its life: nodes in their states, jobs that
//! wait, run and are being killed. Must not know true run times.

use std::sync::Arc;

use crate::job::{Job, JobSlot, JobState, JobTable};
use crate::job_request::{Dependency, JobRequest};
use crate::node::NodeState;
use crate::oar::model::ids::{JobId, ResourceId};
use crate::oar::server::nodes::resource_state;
use crate::oar::server::{OarServer, date};
use crate::snapshot::ClusterState;
use crate::time::SimTime;

impl OarServer {
    /// Nodes are as the snapshot has them; one that boots begins to.
    pub(super) fn take_up_nodes(&mut self, now: SimTime, cluster: &ClusterState) {
        for (node, condition) in (0..).zip(&cluster.nodes) {
            let state = condition.state();
            let Some(name) = self.node_name(node).filter(|_| state.is_away()) else { continue };
            let name = name.to_owned();
            self.state.set_node_state(&name, resource_state(state));
            if state == NodeState::Booting {
                self.boots.insert((now + self.site.power.boot, node));
            }
        }
    }

    /// Jobs are where the snapshot has them.
    pub(super) fn take_up_jobs(&mut self, now: SimTime, live: &[JobSlot], jobs: &JobTable) {
        for slot in live {
            let job = jobs.job(*slot);
            let request = job.spec.request.as_ref().map(|request| self.without_the_gone(request));
            let id = self.enter(job.spec.submit, *slot, request, jobs);
            if job.state != JobState::Waiting {
                self.take_up_started(now, id, *slot, job);
            }
        }
        // The signals were sent long ago.
        self.state.leon(date(now), &self.config);
        self.state.drop_events();
    }

    /// A job that a pass has launched.
    fn take_up_started(&mut self, now: SimTime, id: JobId, slot: JobSlot, job: &Job) {
        let launched = date(SimTime::from_ms(job.start.ms() - self.rhythm.duration.ms()));
        let cores: Arc<[ResourceId]> = job.cores.cores().map(|core| ResourceId(core + 1)).collect();
        self.state.start_job(id, alternative(job), cores, launched, &self.config);
        let runs = self.state.launched(id, launched, &self.config);
        assert!(runs.is_ok(), "a started job can run");
        if job.state == JobState::Suspended {
            self.state.suspend(id, date(now), &self.config);
            self.paused.insert(id);
        }
        let limit = self.limit(id, launched);
        let overdue = self.poll_after(limit) <= now;
        if !overdue {
            self.watch_until(limit, id, slot);
        }
        if overdue || job.kill_ordered {
            let known = self.state.frag(id, date(now));
            assert!(known.is_ok(), "the job was just submitted");
        }
    }

    /// What a job asks for, but for jobs to wait for that are not there any more.
    fn without_the_gone(&self, request: &Arc<JobRequest>) -> Arc<JobRequest> {
        let is_gone = |dependency: &Dependency| match dependency {
            Dependency::Number(number) => !self.numbers.contains_key(number),
            // The server numbers its jobs anew.
            Dependency::Id(_) => true,
        };
        if !request.after.iter().any(is_gone) {
            return Arc::clone(request);
        }
        let mut rest = JobRequest::clone(request);
        rest.after.retain(|required| !is_gone(required));
        Arc::new(rest)
    }
}

/// The alternative that a job runs with.
fn alternative(job: &Job) -> usize {
    let Some(request) = job.spec.request.as_deref() else { return 0 };
    let walltime_s = job.spec.walltime.map(|walltime| walltime.ms() / 1000);
    let chosen = request.alternatives.iter().position(|alternative| {
        alternative.request.walltime_s == walltime_s
            && (alternative.run == job.spec.run || request.is_noop())
    });
    chosen.unwrap_or(0)
}
