//! Submissions: what is wrong with one, and how its jobs enter the table and the World. Must not
//! know how a dialect writes it.

use std::sync::Arc;

use gleaner_oar::states::JobState;
use gleaner_sim::job::{ClusterIndex, JobKind, JobSpec};
use gleaner_sim::time::SimSpan;

use crate::behaviour::JobBehaviour;
use crate::calendar;
use crate::command::parts;
use crate::engine::cluster::Execute;
use crate::engine::job_request;
use crate::engine::submission::Submission;
use crate::engine::{Engine, Plan};
use crate::platform::{RequestProblem, Resolved};
use crate::table::row::{JobDescription, JobNumber};
use crate::table::watcher::JobRef;

/// Most jobs of one array.
pub const ARRAY_MAX: usize = 100_000;

/// Why a submission is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// Root and oar must not submit.
    PrivilegedUser,
    /// The resources cannot be.
    Request(RequestProblem),
    /// No such queue.
    NoQueue(String),
    /// A queue for administrators.
    AdminQueue,
    /// A type that no rule knows.
    UnknownType(String),
    /// More jobs than are taken at once.
    TooMany(usize),
}

/// Queues of a fresh installation.
const QUEUES: [&str; 3] = ["admin", "default", "besteffort"];

/// Types that the packaged admission rule knows.
const TYPES: [&str; 12] = [
    "besteffort",
    "idempotent",
    "deploy",
    "cosystem",
    "noop",
    "container",
    "inner",
    "timesharing",
    "placeholder",
    "allowed",
    "token",
    "desktop_computing",
];

impl Engine {
    /// Checks a submission of `user` as admission rules do. Returns what it asks for.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn admit(
        &self,
        cluster: ClusterIndex,
        user: &str,
        types: &[&str],
        queue: &str,
        resources: &[&str],
        filter: &str,
    ) -> Result<Resolved, Refusal> {
        if ["root", "oar"].contains(&user) {
            return Err(Refusal::PrivilegedUser);
        }
        for kind in types {
            let word = kind.split('=').next().unwrap_or(kind);
            if !TYPES.contains(&word) {
                return Err(Refusal::UnknownType((*kind).to_owned()));
            }
        }
        let platform = &self.cluster(cluster).platform;
        let resolved = platform.resolve(resources, filter);
        if queue == "admin" {
            return Err(Refusal::AdminQueue);
        }
        if !QUEUES.contains(&queue) {
            return Err(Refusal::NoQueue(queue.to_owned()));
        }
        resolved.map_err(Refusal::Request)
    }

    /// Records a submission; of an array only the first `part` thousandths, if given. Returns the
    /// jobs, the first of which names the array.
    pub fn record(
        &mut self,
        cluster: ClusterIndex,
        submission: &Submission,
        part: Option<u32>,
    ) -> Vec<JobNumber> {
        let all = submission.parameters.len();
        let count = part.map_or(all, |part| all * part as usize / 1000);
        let now = self.now();
        let array = self.table(cluster).next_number();
        let mut numbers = Vec::with_capacity(count);
        for (index, parameters) in submission.parameters.iter().take(count).enumerate() {
            let description = Arc::clone(&submission.description);
            let state = if description.hold { JobState::Hold } else { JobState::Waiting };
            let table = self.world.observer_mut().table_mut(cluster);
            let row = table.add(Arc::clone(&description), array, index as u32 + 1, now, state);
            if !parameters.is_empty() {
                row.command = format!("{} {parameters}", description.command).into();
            }
            let job = JobRef { cluster, number: row.number };
            numbers.push(job.number);
            match submission.reserved {
                Some(start) if start > now => self.plans.push(start, 0, Plan::Enter(job)),
                _ if description.hold => {}
                Some(_) | None => self.enter(job),
            }
        }
        self.world.observer_mut().changed = true;
        self.settle();
        numbers
    }

    /// Records a submission later.
    pub fn record_later(&mut self, cluster: ClusterIndex, submission: Submission, after: SimSpan) {
        let plan = Plan::Arrive(cluster, Box::new(submission));
        self.plans.push(self.now() + after, 1, plan);
    }

    /// A waiting job joins its queue in the World.
    pub(super) fn enter(&mut self, job: JobRef) {
        let JobRef { cluster, number } = job;
        let Some(row) = self.world.observer().table(cluster).row(number) else { return };
        if row.state != JobState::Waiting || row.slot.is_some() {
            return;
        }
        let description = Arc::clone(&row.description);
        // Nothing is known of a command that cannot be launched.
        let command = row.for_shell().unwrap_or_default().into_owned();
        let Some(after) = self.dependencies_of(job, &description) else { return };
        let parts = parts(&command);
        let emulated = &mut self.clusters[cluster.index()];
        let local = emulated.execute == Execute::Local;
        let JobBehaviour { effect, task } = self.behaviours.of(
            number.0,
            description.name.as_deref(),
            &parts,
            &description.directory,
            &mut emulated.usual,
        );
        let (run, exit_code) = match local {
            true => (SimSpan::FOREVER, 0),
            false => (effect.run, effect.status >> 8),
        };
        let now = self.now();
        let row = self.world.observer_mut().table_mut(cluster).row_mut(number);
        row.effect = (!local).then(|| Box::new(effect));
        row.task = task.filter(|_| !local);
        row.lease = parts.lease_s.map(calendar::sim_time);
        let spec = JobSpec {
            number: number.0,
            submit: now,
            cores: description.cores,
            run,
            walltime: Some(SimSpan::from_s(description.walltime_s)),
            user: -1,
            queue: -1,
            kind: if description.is_besteffort() { JobKind::BestEffort } else { JobKind::Grid },
            exit_code,
            origin: None,
            request: job_request::job_request(&description, run, after.clone()).map(Arc::new),
        };
        self.world.advance(now);
        let spec = self.admitted(cluster, &description, spec);
        if spec.request.is_none() && !after.is_empty() {
            return self.wait_outside(job, &description);
        }
        self.world.observer_mut().incoming = Some(job);
        self.world.submit(cluster, spec);
    }

    /// A job as its cluster takes it: where no resource manager decides, or it does not know what the job
    /// asks for, the job asks for cores alone. The jobs of an array are alike, so one look is
    /// enough.
    fn admitted(
        &mut self,
        cluster: ClusterIndex,
        description: &Arc<JobDescription>,
        spec: JobSpec,
    ) -> JobSpec {
        let known = self.looked_at_last.as_ref().filter(|(last, _)| Arc::ptr_eq(last, description));
        let takes_all = match known {
            Some((_, takes_all)) => *takes_all,
            None => {
                let now = self.now();
                let manager = self.world.manager(cluster).filter(|_| spec.request.is_some());
                manager.is_some_and(|manager| manager.admit(now, &spec).is_ok())
            }
        };
        self.looked_at_last = Some((Arc::clone(description), takes_all));
        let request = spec.request.filter(|_| takes_all);
        JobSpec { request, ..spec }
    }
}
