//! A cluster's jobs as its resource manager shows them, in words that fit any. Knows no manager.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_core::fact::{ClusterFault, Outcome};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;

use crate::command::line::{Named, named};

/// What jobs have in common that one request submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArrayId(pub u64);

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Waits for its turn.
    Waiting,
    /// Has its cores, and is about to run.
    Starting,
    /// Runs.
    Running,
    /// Has run, and still has its cores.
    Finishing,
    /// Lives, and does something else: held, suspended, between two states.
    Unclear,
    /// Is about to be over, without having run to its end.
    Dying,
    /// Is over: it will never do anything again.
    Over,
}

impl JobState {
    /// Whether it holds its cores.
    pub fn runs(self) -> bool {
        matches!(self, JobState::Starting | JobState::Running | JobState::Finishing)
    }
}

/// A job in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub job: RemoteJobId,
    /// The name it was submitted under.
    pub name: Option<String>,
    /// The login there whose it is.
    pub owner: String,
    /// What it does.
    pub state: JobState,
}

/// The jobs of a list in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Those that can be read, as they were listed.
    pub rows: Vec<Row>,
    /// The numbers of those that cannot, where that much can be read.
    pub unread: Vec<Option<RemoteJobId>>,
    /// Whether, on this cluster, the numbers of jobs that one request submitted grow with their places: then all of
    /// them, without a gap, tell whose each is.
    pub in_order: bool,
}

/// A job in detail.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its number.
    pub job: RemoteJobId,
    /// The name it was submitted under.
    pub name: Option<String>,
    /// The login there whose it is.
    pub owner: String,
    /// What it does.
    pub state: JobState,
    /// What it was submitted with.
    pub array: ArrayId,
    /// Its place there, from 1, where that is told.
    pub index: Option<u32>,
    /// What it runs, in the words of [`crate::command`]; none where that is not shown.
    pub command: Option<String>,
    /// When it was submitted, by the cluster's clock.
    pub submitted_at: Timestamp,
    /// When it started, if it did.
    pub started_at: Option<Timestamp>,
    /// When it ended, if it did.
    pub stopped_at: Option<Timestamp>,
    /// How it ended, as the manager tells; none while it is not over.
    pub ended: Option<Outcome>,
    /// How many units of resources it has or had, where that is told.
    pub cores: Option<u32>,
    /// The job that the manager has put in its place by itself.
    pub copy: Option<RemoteJobId>,
    /// The job in whose place the manager has put it.
    pub copy_of: Option<RemoteJobId>,
    /// It is over, and the manager may still put a copy in its place until then, by the cluster's clock.
    pub copy_until: Option<Timestamp>,
    /// Where its standard output is, as [`Question::File`](crate::sites::port::Question::File) takes it.
    pub stdout: Option<String>,
    /// Where its standard error is, likewise.
    pub stderr: Option<String>,
    /// For people: where it ran.
    pub node: Option<String>,
    /// For people: its raw wait status.
    pub exit_status: Option<i32>,
    /// For people: what happened to it, in the manager's words.
    pub events: Vec<String>,
}

impl Job {
    /// What its command says of the task that it runs; the same as a command that says nothing of it where none is
    /// shown.
    pub fn named(&self) -> Named {
        self.command.as_deref().map_or(Named::Unnumbered, named)
    }
}

/// What was learned of jobs in detail.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Those that are known.
    pub jobs: BTreeMap<RemoteJobId, Job>,
    /// Those that were not asked for, or whose answer made no sense: they may be known there.
    pub unasked: BTreeSet<RemoteJobId>,
    /// Those of them whose answer made no sense, though only they were asked for, and why not.
    pub unreadable: BTreeMap<RemoteJobId, String>,
    /// The cluster did not go on answering as it should: what that means for it.
    pub fault: Option<ClusterFault>,
}
