//! What a job asks of a resource manager in full, in the grammar of `gleaner-oar`: user, queue, types,
//! requests, dependencies, reservation. A job without it asks for cores only. Must not know who decides.

use std::sync::Arc;

use gleaner_oar::job_type::JobType;
use gleaner_oar::request::Request;

use crate::time::{SimSpan, SimTime};

/// Walltime of a request that names none, in seconds: OAR's default.
pub const WALLTIME_DEFAULT_S: i64 = 7200;

/// A live or ended job, by the number that its cluster's own resource manager gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u64);

/// What is said to a resource manager beside a number of cores, and how long each alternative truly runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRequest {
    /// Who asks.
    pub user: Arc<str>,
    /// On behalf of which project.
    pub project: Arc<str>,
    /// Name of the job, may be empty.
    pub name: Arc<str>,
    /// Queue; the type `besteffort` overrules it.
    pub queue: Arc<str>,
    /// Types, in the order given.
    pub types: Vec<JobType>,
    /// SQL filter over resources, may be empty.
    pub properties: String,
    /// Alternatives of a moldable job, at least one.
    pub alternatives: Vec<RequestAlternative>,
    /// Jobs that must end well before.
    pub after: Vec<Dependency>,
    /// Start of an advance reservation.
    pub reservation: Option<SimTime>,
    /// How long before its end, or before a best-effort kill, it wants a signal; zero: never.
    pub checkpoint: SimSpan,
    /// Whether it is held back until it is resumed.
    pub held: bool,
}

/// One alternative, and how long the job runs if it is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestAlternative {
    /// Resources and walltime as asked for.
    pub request: Request,
    /// How long it runs if nothing stops it. Schedulers must not look.
    pub run: SimSpan,
}

/// A job that must end well before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// By its id on the cluster.
    Id(LocalId),
    /// By its number ([`crate::job::JobSpec::number`]); of jobs with a [`JobRequest`] only.
    Number(u64),
}

impl JobRequest {
    /// A job of `user` in queue `default` with the given alternatives, and nothing else asked for.
    #[must_use]
    pub fn new(user: &str, alternatives: Vec<RequestAlternative>) -> JobRequest {
        JobRequest {
            user: user.into(),
            project: "default".into(),
            name: "".into(),
            queue: "default".into(),
            types: Vec::new(),
            properties: String::new(),
            alternatives,
            after: Vec::new(),
            reservation: None,
            checkpoint: SimSpan::ZERO,
            held: false,
        }
    }

    /// Whether it may be killed for any other job.
    pub fn is_besteffort(&self) -> bool {
        self.types.contains(&JobType::Besteffort)
    }

    /// Whether it executes nothing and lasts until its walltime.
    pub fn is_noop(&self) -> bool {
        self.types.contains(&JobType::Noop)
    }

    /// Whether other jobs run inside of it.
    pub fn is_container(&self) -> bool {
        self.types.iter().any(|kind| matches!(kind, JobType::Container(_)))
    }

    /// The container it runs in.
    pub fn container(&self) -> Option<&str> {
        self.types.iter().find_map(|kind| match kind {
            JobType::Inner(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether it may be given cores that others hold outside of containers. A reservation that waited
    /// for its nodes ends late, and meets the next one: OAR starts both.
    pub fn may_overlap(&self) -> bool {
        let overlaps = |kind: &JobType| {
            matches!(
                kind,
                JobType::Timesharing(..)
                    | JobType::Placeholder(_)
                    | JobType::Allow(_)
                    | JobType::Allowed(_)
            )
        };
        self.reservation.is_some() || self.types.iter().any(overlaps)
    }

    /// Whether cores may be held by it and by others at once.
    pub fn shares(&self) -> bool {
        self.container().is_some() || self.may_overlap()
    }
}
