//! A job of a simulated OAR server: what was asked, and how far it got.

use crate::job_request::WALLTIME_DEFAULT_S;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use gleaner_oar::job_type::JobType;
use gleaner_oar::request::{Amount, Group, Request};
use gleaner_oar::states::{JobState, ReservationState};
use std::sync::Arc;

/// One alternative of a moldable job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// Walltime in seconds, without the security time.
    pub walltime_s: i64,
    /// Groups of resources, all needed.
    pub groups: Arc<[Group]>,
}

/// Resources booked for an accepted reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Planned start.
    pub start: Date,
    /// Index of the alternative.
    pub alternative: usize,
    /// The resources.
    pub resources: Arc<[ResourceId]>,
}

/// A wish to change the walltime of a running job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WalltimeChange {
    /// Seconds still asked for, negative to give back.
    pub pending_s: i64,
    /// Seconds granted so far.
    pub granted_s: i64,
    /// Whether waiting jobs without reservation may be delayed for it.
    pub delay_next_jobs: bool,
    /// Whether step and date of application are ignored.
    pub force: bool,
}

/// What has already happened to a job, for decisions that ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PastEvents {
    /// A `BESTEFFORT_KILL` exists.
    pub besteffort_kill: bool,
    /// A `SEND_KILL_JOB` exists.
    pub kill_sent: bool,
    /// The priority of its resources has been raised once.
    pub priority_raised: bool,
    /// A copy has been submitted.
    pub resubmitted: bool,
    /// Date of the first `CHECKPOINT`.
    pub checkpoint: Option<Date>,
}

/// A job.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Queue by name.
    pub queue: Arc<str>,
    /// Owner.
    pub user: Arc<str>,
    /// Project.
    pub project: Arc<str>,
    /// Name, may be empty.
    pub name: Arc<str>,
    /// Types, in the order given.
    pub types: Vec<JobType>,
    /// SQL filter over resources, may be empty.
    pub properties: String,
    /// Alternatives, at least one.
    pub alternatives: Vec<Alternative>,
    /// Jobs that must end well before.
    pub depends_on: Vec<JobId>,
    /// State.
    pub state: JobState,
    /// Reservation state.
    pub reservation: ReservationState,
    /// When it was submitted.
    pub submission: Date,
    /// Start: of a waiting job the last prediction (`Real`), of a reservation the one asked for.
    pub start: Date,
    /// End.
    pub stop: Date,
    /// Raw exit code of the command, if it ended.
    pub exit_code: Option<i32>,
    /// Index of the alternative that runs.
    pub assigned_alternative: usize,
    /// Resources it holds or held.
    pub assigned: Arc<[ResourceId]>,
    /// Whether it has ever been suspended.
    pub suspended: bool,
    /// Times spent suspended or resuming; the last may be open.
    pub suspended_periods: Vec<(Date, Option<Date>)>,
    /// Seconds before its end, or before a best-effort kill, at which it wants a signal; 0 never.
    pub checkpoint_s: i64,
    /// The job of which this is a copy.
    pub resubmit_of: Option<JobId>,
    /// Whether it was submitted interactively (never copied automatically).
    pub interactive: bool,
    /// Booked place of an accepted reservation.
    pub booking: Option<Booking>,
    /// Asked change of its walltime.
    pub walltime_change: WalltimeChange,
    /// What has happened to it.
    pub past: PastEvents,
}

impl Job {
    /// A waiting job of `user1` in the default queue that asks for nothing yet.
    #[must_use]
    pub fn new(id: JobId, submission: Date) -> Self {
        Self {
            id,
            queue: "default".into(),
            user: "user1".into(),
            project: "default".into(),
            name: "".into(),
            types: Vec::new(),
            properties: String::new(),
            alternatives: Vec::new(),
            depends_on: Vec::new(),
            state: JobState::Waiting,
            reservation: ReservationState::None,
            submission,
            start: Date::UNSET,
            stop: Date::UNSET,
            exit_code: None,
            assigned_alternative: 0,
            assigned: Arc::new([]),
            suspended: false,
            suspended_periods: Vec::new(),
            checkpoint_s: 0,
            resubmit_of: None,
            interactive: false,
            booking: None,
            walltime_change: WalltimeChange::default(),
            past: PastEvents::default(),
        }
    }

    /// Adds an alternative of one group without filter.
    #[must_use]
    pub fn asking(mut self, levels: &[(&str, u32)], walltime_s: i64) -> Self {
        let levels = levels.iter().map(|(n, c)| ((*n).to_owned(), Amount::Count(*c))).collect();
        let groups = Arc::new([Group { filter: String::new(), levels }]);
        self.alternatives.push(Alternative { walltime_s, groups });
        self
    }

    /// Adds an alternative as the request grammar reads it. What the request leaves out, the site's
    /// defaults complete: one resource, two hours. `nodes` means `network_address`.
    #[must_use]
    pub fn requesting(mut self, request: &Request) -> Self {
        let one = || Group {
            filter: String::new(),
            levels: vec![("resource_id".to_owned(), Amount::Count(1))],
        };
        let mut groups =
            if request.groups.is_empty() { vec![one()] } else { request.groups.clone() };
        for (level, _) in groups.iter_mut().flat_map(|group| &mut group.levels) {
            if level == "nodes" {
                "network_address".clone_into(level);
            }
        }
        let walltime_s = request.walltime_s.unwrap_or(WALLTIME_DEFAULT_S);
        self.alternatives.push(Alternative { walltime_s, groups: groups.into() });
        self
    }

    /// Makes it a best-effort job, as the admission rule does (queue, but not the filter: sites
    /// that have resources without best-effort add `besteffort='YES'`).
    #[must_use]
    pub fn besteffort(mut self) -> Self {
        self.queue = "besteffort".into();
        self.types.push(JobType::Besteffort);
        self
    }

    /// Adds a type as users write it.
    #[must_use]
    pub fn of_type(mut self, text: &str) -> Self {
        self.types.push(JobType::parse(text));
        self
    }

    /// Whether it may be killed for any other job.
    #[must_use]
    pub fn is_besteffort(&self) -> bool {
        self.types.contains(&JobType::Besteffort)
    }

    /// Whether it may be run again.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.types.contains(&JobType::Idempotent)
    }

    /// Whether it only changes states.
    #[must_use]
    pub fn is_noop(&self) -> bool {
        self.types.contains(&JobType::Noop)
    }

    /// Name of the slot set it opens as a container.
    #[must_use]
    pub fn container(&self) -> Option<String> {
        self.types.iter().find_map(|kind| match kind {
            JobType::Container(name) => Some(name.clone().unwrap_or_else(|| self.id.to_string())),
            _ => None,
        })
    }

    /// Name of the container it runs in.
    #[must_use]
    pub fn inner(&self) -> Option<&str> {
        self.types.iter().find_map(|kind| match kind {
            JobType::Inner(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Walltime of the alternative that runs, in seconds.
    #[must_use]
    pub fn assigned_walltime_s(&self) -> i64 {
        self.alternatives.get(self.assigned_alternative).map_or(0, |chosen| chosen.walltime_s)
    }

    /// Seconds spent suspended or resuming until `now`.
    #[must_use]
    pub fn suspended_s(&self, now: Date) -> i64 {
        let spent = |(from, to): &(Date, Option<Date>)| (to.unwrap_or(now).0 - from.0).max(0);
        self.suspended_periods.iter().map(spent).sum()
    }
}
