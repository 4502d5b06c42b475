//! One job as its cluster knows it, with everything a client may ask of it. Must not know how it
//! is written in a dialect.

use std::borrow::Cow;
use std::sync::Arc;

use gleaner_core::ids::CampaignId;
use gleaner_oar::states::JobState;
use gleaner_sim::cores::Intervals;
use gleaner_sim::job::JobSlot;
use gleaner_sim::time::SimTime;

use crate::command::script::Effect;
use crate::command::submission;

/// Number of a job on its cluster, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobNumber(pub u64);

/// A job as it was submitted; the jobs of an array share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDescription {
    /// Login of whom it belongs to.
    pub user: Arc<str>,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// Its project.
    pub project: Arc<str>,
    /// Its queue.
    pub queue: Arc<str>,
    /// Its command, without parameters.
    pub command: Arc<str>,
    /// Its types, as they were written.
    pub types: Vec<Arc<str>>,
    /// Filter on resources as it was submitted, empty if there is none.
    pub filter: Arc<str>,
    /// Filter on resources, with what the admission rules add.
    pub properties: Arc<str>,
    /// The resources it asks for, one text an alternative.
    pub resources: Vec<Arc<str>>,
    /// Cores of the first alternative.
    pub cores: u32,
    /// Walltime of the first alternative, seconds.
    pub walltime_s: i64,
    /// Directory it runs in.
    pub directory: Arc<str>,
    /// Seconds before its end at which it is asked to save its state; 0 for never.
    pub checkpoint_s: i64,
    /// The start of an advance reservation, as it was written.
    pub reservation: Option<Arc<str>>,
    /// Whether it was submitted on hold.
    pub hold: bool,
    /// Numbers of the jobs that must be over before it starts.
    pub after: Vec<u64>,
    /// How many jobs its array has, if it was asked for as one.
    pub array: Option<u32>,
    /// Whether the array was given by a parameter file.
    pub parameters: bool,
    /// Whether its shell gets the command as Perl reads it: so it is in OAR 3.
    pub perl: bool,
    /// Whether it came through the API: owners' jobs come from a trace.
    pub from_api: bool,
}

impl JobDescription {
    /// Whether it may be killed for others.
    pub fn is_besteffort(&self) -> bool {
        self.has_type("besteffort")
    }

    /// Whether it is of a type.
    pub fn has_type(&self, word: &str) -> bool {
        self.types.iter().any(|kind| &**kind == word)
    }
}

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEvent {
    /// Number of the event on its cluster.
    pub id: u64,
    /// What, in OAR's word.
    pub kind: Cow<'static, str>,
    /// When.
    pub date: SimTime,
    /// In words.
    pub description: Box<str>,
}

/// One job.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number.
    pub number: JobNumber,
    /// What was submitted.
    pub description: Arc<JobDescription>,
    /// Its command with parameters.
    pub command: Arc<str>,
    /// Number of the first job of its array.
    pub array: JobNumber,
    /// Its index in the array, from 1.
    pub index: u32,
    /// When it was submitted.
    pub submitted: SimTime,
    /// Its state.
    pub state: JobState,
    /// When the scheduler last meant it to start, as of its promise, its hold or its death.
    pub foreseen: Option<SimTime>,
    /// Walltime that it had in the end, seconds.
    pub walltime_s: Option<i64>,
    /// When it took its cores.
    pub start: Option<SimTime>,
    /// When its command ended.
    pub stop: Option<SimTime>,
    /// When it reached its final state.
    pub closed: Option<SimTime>,
    /// Raw wait status of its command.
    pub status: Option<i32>,
    /// Cores it holds or held.
    pub cores: Intervals,
    /// What happened to it, in order.
    pub events: Vec<RowEvent>,
    /// The job of which this is a copy.
    pub copy_of: Option<JobNumber>,
    /// The job in the World, while it is there.
    pub(crate) slot: Option<JobSlot>,
    /// What its command does, if that is simulated.
    pub(crate) effect: Option<Box<Effect>>,
    /// The task of the scenario that it tries.
    pub(crate) task: Option<(CampaignId, u32)>,
    /// The instant from which it does nothing.
    pub(crate) lease: Option<SimTime>,
    /// Whether it started too late to do anything.
    pub(crate) lease_over: bool,
    /// Whether somebody has asked to kill it.
    pub(crate) fragged: bool,
}

impl Row {
    /// What the shell of the job is handed; none where it cannot be launched.
    pub(crate) fn for_shell(&self) -> Option<Cow<'_, str>> {
        // Without a backslash Perl reads what was written.
        match self.description.perl && self.command.contains('\\') {
            true => submission::read_by_perl(&self.command).map(Cow::Owned),
            false => Some(Cow::Borrowed(&self.command)),
        }
    }

    pub(crate) fn new(
        number: JobNumber,
        description: Arc<JobDescription>,
        array: JobNumber,
        index: u32,
        submitted: SimTime,
        state: JobState,
    ) -> Row {
        Row {
            number,
            command: Arc::clone(&description.command),
            description,
            array,
            index,
            submitted,
            state,
            foreseen: None,
            walltime_s: None,
            start: None,
            stop: None,
            closed: None,
            status: None,
            cores: Intervals::new(),
            events: Vec::new(),
            copy_of: None,
            slot: None,
            effect: None,
            task: None,
            lease: None,
            lease_over: false,
            fragged: false,
        }
    }

    /// The state a poller would have seen at `time`; none before the submission.
    pub fn state_at(&self, time: SimTime) -> Option<JobState> {
        if self.submitted > time {
            return None;
        }
        if self.closed.is_some_and(|closed| closed <= time) {
            return Some(self.state);
        }
        Some(match (self.stop, self.start) {
            (Some(stop), _) if stop <= time => JobState::Finishing,
            (_, Some(start)) if start <= time => JobState::Running,
            _ if self.description.hold && self.state == JobState::Hold => JobState::Hold,
            _ => JobState::Waiting,
        })
    }

    /// The file its output goes to, in its directory.
    pub fn stdout_file(&self) -> String {
        self.file("stdout")
    }

    /// The file its error output goes to, in its directory.
    pub fn stderr_file(&self) -> String {
        self.file("stderr")
    }

    fn file(&self, end: &str) -> String {
        match &self.description.name {
            Some(name) => format!("OAR.{name}.{}.{end}", self.number.0),
            None => format!("OAR.{}.{end}", self.number.0),
        }
    }

    /// Whether it was killed before it ever started.
    pub fn never_started(&self) -> bool {
        self.state == JobState::Error && self.start.is_none()
    }
}
