//! What a job asks of an OAR server in full: user, queue, types, requests, dependencies, reservation.
//! A job without it asks for cores only. Must not know how it is decided upon.

use std::sync::Arc;

use gleaner_oar::job_type::JobType;
use gleaner_oar::request::Request;

use crate::oar::model::ids::JobId;
use crate::time::{SimSpan, SimTime};

/// What is said to an OAR server beside a number of cores, and how long each alternative truly runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
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
    pub alternatives: Vec<AskAlternative>,
    /// Jobs that must end well before.
    pub after: Vec<Required>,
    /// Start of an advance reservation.
    pub reservation: Option<SimTime>,
    /// How long before its end, or before a best-effort kill, it wants a signal; zero: never.
    pub checkpoint: SimSpan,
    /// First job of its array; `None`: itself.
    pub array: Option<JobId>,
    /// Place in its array, from 1.
    pub array_index: u32,
    /// The ended job that this one is a copy of; whoever waits for that one waits for this.
    pub resubmit_of: Option<JobId>,
    /// Whether it is held back until it is resumed.
    pub held: bool,
    /// Whether it is interactive: never copied by OAR itself.
    pub interactive: bool,
}

/// One alternative, and how long the job runs if it is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskAlternative {
    /// Resources and walltime as asked for.
    pub request: Request,
    /// How long it runs if nothing stops it. Schedulers must not look.
    pub run: SimSpan,
}

/// A job that must end well before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// By its id on the server.
    Id(JobId),
    /// By its number ([`crate::job::JobSpec::number`]); of jobs with an [`Ask`] only.
    Number(u64),
}

impl Ask {
    /// A job of `user` in queue `default` with the given alternatives, and nothing else asked for.
    #[must_use]
    pub fn new(user: &str, alternatives: Vec<AskAlternative>) -> Ask {
        Ask {
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
            array: None,
            array_index: 1,
            resubmit_of: None,
            held: false,
            interactive: false,
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
