//! What a cluster answers to a question, in words that fit any resource manager. Decides nothing.

use std::sync::Arc;

use gleaner_core::fact::{ClusterFault, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_core::server_message::ServerMessage;
use gleaner_core::time::Timestamp;
use serde_json::Value;

use crate::order::TokenOwner;
use crate::sites::failure::Failure;
use crate::sites::job::{Details, Job, Listed, Row};
use crate::sites::resources::Resources;

/// An answer.
#[derive(Debug)]
pub enum Answer {
    /// What its clock shows.
    Time(ClockReading),
    /// Jobs in short.
    Listed(Listed),
    /// Jobs in short, all of them; none where some may have been missed.
    Rows(Option<Vec<Row>>),
    /// Jobs in detail.
    Details(Details),
    /// A job in detail; none where it is not known.
    Job(Option<Box<Job>>),
    /// A job in its manager's own words; none where it is not known.
    Told(Option<Value>),
    /// The end of a file.
    File(FileEnd),
    /// Its resources; none where they are not to be had, so that what was known stays.
    Resources(Option<Capacity>),
    /// How busy it is; none where it has no such sensor.
    Stress(Option<Stress>),
    /// By what a user is known: it changes when that user becomes somebody else. None without a token where one is
    /// needed, or without a login.
    Known(Option<String>),
    /// Who somebody is.
    Who(TokenOwner),
    /// What became of a submission.
    Submitted(Submission),
    /// What became of a deletion.
    Deleted(Deletion),
}

/// The end of a file on a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileEnd {
    /// Its last lines.
    Found(Vec<u8>),
    /// There is no such file, or not yet.
    Missing,
    /// The user may not read it, in the cluster's words.
    Refused(String),
}

/// What a cluster's clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockReading {
    /// It shows this time.
    Shown(Timestamp),
    /// The cluster answers, but does not show its time: what that means while its time is not known.
    Hidden(ClusterFault),
}

/// A cluster's resources.
#[derive(Clone, Debug)]
pub struct Capacity {
    /// Cores that can be used.
    pub cores: u32,
    /// What they are like, for whoever judges a campaign; none where nothing was listed.
    pub resources: Option<Arc<dyn Resources>>,
}

/// How busy a cluster's front end is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stress {
    /// From 0, at ease, upwards; none where what is told is no number.
    pub value: Option<f64>,
    /// What its clock shows.
    pub at: Timestamp,
}

/// The answer to a submission.
#[derive(Debug)]
pub struct Submission {
    /// Whether it was taken.
    pub outcome: SubmissionOutcome,
    /// The resources, if they were listed on the way.
    pub capacity: Option<Capacity>,
}

/// The outcome of a submission. A site may have sent the first of its jobs only.
#[derive(Debug)]
pub enum SubmissionOutcome {
    /// It was taken, with these jobs in the order of its tasks; [`RemoteJobId::NONE`] for one that was left out.
    Taken(Vec<RemoteJobId>),
    /// It was taken; its jobs, so many, are still to be found.
    TakenUnseen(usize),
    /// It certainly was not taken.
    Refused(Refused),
    /// It is not known whether it was taken.
    Unclear {
        /// So many jobs were sent.
        sent: usize,
        /// It counts as refused if a look finds none of its jobs, where the failure is explained.
        explained: Option<Refused>,
        /// The failure, where it says something about the cluster.
        failure: Option<Failure>,
    },
}

/// A certain refusal.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// What it means for the tasks.
    pub reason: Refusal,
    /// The reason in words, for their user.
    pub words: ServerMessage,
}

impl Refused {
    /// A refusal in these words.
    pub fn new(reason: Refusal, words: &str) -> Refused {
        Refused { reason, words: ServerMessage::new(words) }
    }
}

/// The outcome of a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is done, or will be, or was not needed any more.
    Done,
    /// The jobs belong to somebody else there, in the cluster's words.
    NotYours(String),
    /// Its user may delete nothing, whatever it is, in the cluster's words.
    NotAllowed(String),
    /// Nothing says that it was done; doing it twice does no harm. What that means for the cluster, if anything.
    Unclear(Option<ClusterFault>),
}

/// The failure for an answer to another question than the one that was asked: a mistake of the site, which
/// counts as one of its cluster.
fn odd() -> Failure {
    Failure::Odd(ClusterFault::BadAnswers)
}

macro_rules! takes {
    ($($(#[$doc:meta])* $name:ident -> $kind:ident($type:ty);)+) => {
        impl Answer {
            $($(#[$doc])*
            ///
            /// # Errors
            /// [`Failure::Odd`] where it is the answer to another question.
            pub fn $name(self) -> Result<$type, Failure> {
                match self {
                    Answer::$kind(value) => Ok(value),
                    _ => Err(odd()),
                }
            })+
        }
    };
}

takes! {
    /// The time.
    time -> Time(ClockReading);
    /// The jobs of a list.
    listed -> Listed(Listed);
    /// The jobs of a whole list.
    rows -> Rows(Option<Vec<Row>>);
    /// Jobs in detail.
    details -> Details(Details);
    /// A job in detail.
    job -> Job(Option<Box<Job>>);
    /// A job in its manager's words.
    told -> Told(Option<Value>);
    /// The end of a file.
    file -> File(FileEnd);
    /// Resources.
    resources -> Resources(Option<Capacity>);
    /// How busy it is.
    stress -> Stress(Option<Stress>);
    /// By what somebody is known.
    known -> Known(Option<String>);
    /// Who somebody is.
    who -> Who(TokenOwner);
    /// What became of a submission.
    submitted -> Submitted(Submission);
    /// What became of a deletion.
    deleted -> Deleted(Deletion);
}
