//! How a simulated OAR server admits a submission: defaults, the rules of the packaged admission,
//! and whether the request can ever be met. Must not know true run
//! times.

use std::sync::Arc;

use gleaner_oar::error::ParseError;
use gleaner_oar::job_type::JobType;
use gleaner_oar::states::{JobState, ReservationState};
use thiserror::Error;

use crate::job::{JobKind, JobSpec};
use crate::job_request::{Dependency, JobRequest, LocalId};
use crate::oar::model::config::{Config, Predictions};
use crate::oar::model::error::OarError;
use crate::oar::model::ids::JobId;
use crate::oar::model::job::Job;
use crate::oar::pass::pass;
use crate::oar::server::{OarServer, date, whole_seconds};
use crate::time::SimTime;

/// Most reservations of one user that wait at once.
const RESERVATIONS_MAX: usize = 2;

/// Why a submission is refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Refusal {
    /// A walltime, queue, level or filter that cannot be used.
    #[error(transparent)]
    Request(#[from] OarError),
    /// A filter of the job that cannot be read, before it has an id.
    #[error("filter `{filter}` cannot be used")]
    Filter {
        /// As written.
        filter: String,
        /// Why.
        #[source]
        source: ParseError,
    },
    /// No state of the cluster could ever satisfy it.
    #[error("there are not enough resources for request `{0}`")]
    TooMuch(String),
    /// A best-effort job cannot be an advance reservation.
    #[error("a job of type `besteffort` cannot be a reservation")]
    BestEffortReservation,
    /// The user has as many waiting reservations as are allowed.
    #[error("user `{user}` has {RESERVATIONS_MAX} reservations waiting already")]
    TooManyReservations {
        /// The user.
        user: String,
    },
    /// A reservation in the past.
    #[error("the reservation would start in the past")]
    PastReservation,
    /// A dependency on a job that never was.
    #[error("it depends on job `{0}`, which does not exist")]
    UnknownDependency(String),
    /// The queue takes no jobs.
    #[error("queue `{0}` is closed")]
    ClosedQueue(String),
}

impl Refusal {
    /// What to do about it, if more can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Request(error) => error.hint(),
            Self::Filter { source, .. } => source.hint(),
            Self::TooMuch(_) => Some("ask for fewer resources, or loosen the filter"),
            Self::BestEffortReservation => Some("drop the type, or the start of the reservation"),
            Self::TooManyReservations { .. } => Some("wait until one of them has started"),
            Self::PastReservation => Some("reserve for a later time"),
            Self::UnknownDependency(_) => Some("name a job that was submitted before"),
            Self::ClosedQueue(_) => Some("submit to another queue"),
        }
    }
}

impl OarServer {
    /// Checks a submission from outside without taking it.
    ///
    /// # Errors
    /// Whatever the admission refuses.
    pub fn admit(&self, now: SimTime, spec: &JobSpec) -> Result<(), Refusal> {
        let job = self.admitted(now, spec)?;
        if self.is_closed(&job.queue) {
            return Err(Refusal::ClosedQueue(job.queue.to_string()));
        }
        if job.reservation != ReservationState::None {
            if job.is_besteffort() {
                return Err(Refusal::BestEffortReservation);
            }
            if job.start < date(now) {
                return Err(Refusal::PastReservation);
            }
            let waits = |other: &&Job| {
                other.reservation != ReservationState::None
                    && other.state == JobState::Waiting
                    && other.user == job.user
            };
            if self.state.jobs().filter(waits).count() >= RESERVATIONS_MAX {
                return Err(Refusal::TooManyReservations { user: job.user.to_string() });
            }
        }
        self.fits(job)
    }

    /// Whether a job could start on the cluster if nobody else was there. What happens inside of a
    /// container depends on the container.
    fn fits(&self, mut job: Job) -> Result<(), Refusal> {
        let inside = job.inner().is_some();
        let mut state = self.pristine.clone();
        job.id = state.next_job_id();
        job.depends_on.clear();
        job.state = JobState::Waiting;
        job.reservation = ReservationState::None;
        job.resubmit_of = None;
        let (id, submission) = (job.id, job.submission);
        let first = job.alternatives.first().map(|chosen| chosen.groups.to_vec());
        state.submit(job, &self.config)?;
        if inside {
            return Ok(());
        }
        // A later start will do as well.
        let config = Config { predictions: Predictions::All, ..self.config.clone() };
        let outcome = pass(&mut state, submission, &config);
        if outcome.launched.contains(&id) || state.gantt().prediction(id).is_some() {
            return Ok(());
        }
        let request =
            gleaner_oar::request::Request { groups: first.unwrap_or_default(), walltime_s: None };
        Err(Refusal::TooMuch(request.to_string()))
    }

    /// The server's job for a submission, whatever the admission thinks of it.
    pub(super) fn admitted(&self, now: SimTime, spec: &JobSpec) -> Result<Job, Refusal> {
        let job = Job::new(self.state.next_job_id(), date(now));
        let mut job = match spec.request.as_deref() {
            Some(request) => self.requested(job, request)?,
            None => self.plain(job, spec),
        };
        let narrowed = |properties: &str, more: &str| match properties {
            "" => more.to_owned(),
            filter => format!("({filter}) AND {more}"),
        };
        if job.is_besteffort() && self.spares_resources {
            job.properties = narrowed(&job.properties, "besteffort = 'YES'");
        }
        if job.types.contains(&JobType::Deploy) {
            job.properties = narrowed(&job.properties, "deploy = 'YES'");
        }
        Ok(job)
    }

    /// A job of cores: of a log, of a workload model, or of the grid.
    fn plain(&self, job: Job, spec: &JobSpec) -> Job {
        let walltime = spec.walltime.unwrap_or(spec.run);
        let job = job.asking(&[("resource_id", spec.cores)], whole_seconds(walltime).max(1));
        let names = &self.site.names;
        let user = names.users.get(&spec.user);
        let user = user.map_or_else(|| format!("user{}", spec.user).into(), Arc::clone);
        let project = names.projects.get(&spec.user).map_or(job.project.clone(), Arc::clone);
        let queue = names.queues.get(&spec.queue).map_or(job.queue.clone(), Arc::clone);
        match spec.kind {
            JobKind::Local => Job { user, project, queue, ..job },
            JobKind::Grid => Job { user, project, ..job },
            JobKind::BestEffort => Job { user, project, ..job }.besteffort(),
        }
    }

    fn requested(&self, job: Job, request: &JobRequest) -> Result<Job, Refusal> {
        let mut job = request
            .alternatives
            .iter()
            .fold(job, |job, alternative| job.requesting(&alternative.request));
        job.user = Arc::clone(&request.user);
        job.project = Arc::clone(&request.project);
        job.name = Arc::clone(&request.name);
        job.queue = Arc::clone(&request.queue);
        job.types.clone_from(&request.types);
        if job.is_besteffort() {
            job.queue = "besteffort".into();
        }
        job.properties.clone_from(&request.properties);
        job.checkpoint_s = whole_seconds(request.checkpoint);
        if request.held {
            job.state = JobState::Hold;
        }
        if let Some(start) = request.reservation {
            job.reservation = ReservationState::ToSchedule;
            job.start = date(start);
        }
        job.depends_on = request
            .after
            .iter()
            .map(|dependency| self.dependency(*dependency, job.id))
            .collect::<Result<_, _>>()?;
        Ok(job)
    }

    fn dependency(&self, dependency: Dependency, next: JobId) -> Result<JobId, Refusal> {
        match dependency {
            Dependency::Id(LocalId(id)) if id >= next.0 || id == 0 => {
                Err(Refusal::UnknownDependency(id.to_string()))
            }
            Dependency::Id(LocalId(id)) => Ok(JobId(id)),
            Dependency::Number(number) => {
                let known = self.numbers.get(&number).copied();
                known.ok_or_else(|| Refusal::UnknownDependency(number.to_string()))
            }
        }
    }
}
