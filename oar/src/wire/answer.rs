//! Answers of the API as a whole: what a route gives, decoded from status and body, and encoded.
//! Does not know what an answer means for the request.

use serde_json::Value;
use serde_json_borrow::Value as Json;

use super::Dialect;
use super::error::{Fault, WireError};
use super::field::Field;
use super::job::{Event, Job, JobRow};
use super::page::Page;
use super::problem::Problem;
use super::receipt::{Done, Submitted};
use super::resource::{Assigned, Busy, Node, Resource, ResourceChange};
use super::server::{FileEntry, NewToken, Stress, Timezone, TokenCheck, Uploaded, Version, WhoAmI};

macro_rules! answers {
    ($($(#[$doc:meta])* $kind:ident($type:ty),)+) => {
        /// What a route gives when all is well.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Expect {
            $($(#[$doc])* $kind,)+
            /// A file's content.
            Content,
            /// A file deleted: no body.
            Nothing,
        }

        /// An answer.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Answer {
            $($(#[$doc])* $kind($type),)+
            /// A file's content.
            Content(Vec<u8>),
            /// Done, without a body.
            Nothing,
            /// An error in JSON.
            Problem(Problem),
            /// An error in another form: a page of the web server, or a crash.
            Foreign(Foreign),
        }

        fn decode_well(dialect: Dialect, expect: Expect, body: &[u8]) -> Result<Answer, WireError> {
            Ok(match expect {
                Expect::Content => Answer::Content(body.to_vec()),
                Expect::Nothing => Answer::Nothing,
                $(Expect::$kind => Answer::$kind(<$type>::read(dialect, &json(body)?)?),)+
            })
        }

        /// The answer's body in JSON; nothing if it has none or is none.
        #[must_use]
        pub fn encode(dialect: Dialect, answer: &Answer) -> Option<Value> {
            match answer {
                $(Answer::$kind(value) => Some(value.write(dialect)),)+
                Answer::Problem(value) => Some(value.write(dialect)),
                Answer::Content(_) | Answer::Nothing | Answer::Foreign(_) => None,
            }
        }
    };
}

answers! {
    /// Versions.
    Version(Version),
    /// The server's clock.
    Timezone(Timezone),
    /// Who we are.
    WhoAmI(WhoAmI),
    /// A good token.
    TokenCheck(TokenCheck),
    /// A fresh token.
    NewToken(NewToken),
    /// The front end's load.
    Stress(Stress),
    /// Jobs in short.
    JobRows(Page<JobRow>),
    /// Jobs with details.
    Jobs(Page<Job>),
    /// One job.
    Job(Box<Job>),
    /// Resources of a job.
    JobResources(Page<Assigned>),
    /// Nodes of a job.
    JobNodes(Page<Node>),
    /// Events of a job.
    JobEvents(Page<Event>),
    /// A submission taken.
    Submitted(Submitted),
    /// A request about a job taken, or refused.
    Done(Done),
    /// Resources.
    Resources(Page<Resource>),
    /// One resource.
    Resource(Resource),
    /// A resource's state changed.
    ResourceChange(ResourceChange),
    /// How many resources are busy.
    Busy(Busy),
    /// Files in a folder.
    Files(Page<FileEntry>),
    /// A file taken.
    Uploaded(Uploaded),
    /// Any JSON, of routes that nothing here reads.
    Json(Value),
}

/// An error that is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The HTTP status.
    pub status: u16,
    /// Whether it is a page for people.
    pub html: bool,
    /// The body, cut to [`FOREIGN_MAX`] bytes.
    pub text: String,
}

/// The most bytes kept of a body that is not understood.
pub const FOREIGN_MAX: usize = 2000;

/// Reads an answer. Errors of the server, in whatever form, are answers too.
///
/// # Errors
/// A body that is not what `expect` says: cut, of another kind, with unknown words.
pub fn decode(
    dialect: Dialect,
    expect: Expect,
    status: u16,
    body: &[u8],
) -> Result<Answer, WireError> {
    match status {
        200..=299 => whole(decode_well(dialect, expect, body)?),
        _ => Ok(decode_error(dialect, status, body)),
    }
}

/// Refuses lists with gaps, but for those of jobs: one job that cannot be read must not hide the others, while
/// resources that are left out would be cores that nobody counts. Where no job of several can be read, the
/// server is of another kind.
fn whole(answer: Answer) -> Result<Answer, WireError> {
    let (read, unread) = match &answer {
        Answer::JobRows(page) => (page.items.len(), &page.unread),
        Answer::Jobs(page) => (page.items.len(), &page.unread),
        Answer::JobResources(page) => (0, &page.unread),
        Answer::JobNodes(page) => (0, &page.unread),
        Answer::JobEvents(page) => (0, &page.unread),
        Answer::Resources(page) => (0, &page.unread),
        Answer::Files(page) => (0, &page.unread),
        _ => return Ok(answer),
    };
    let jobs = matches!(answer, Answer::JobRows(_) | Answer::Jobs(_));
    match unread.first() {
        Some(first) if !jobs || (read == 0 && unread.len() > 1) => Err(first.error.clone()),
        _ => Ok(answer),
    }
}

fn decode_error(dialect: Dialect, status: u16, body: &[u8]) -> Answer {
    if let Ok(problem) = json(body).and_then(|value| Problem::read(dialect, &value)) {
        return Answer::Problem(problem);
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(FOREIGN_MAX)]).into_owned();
    let start = text.trim_start().get(..5).unwrap_or("").to_ascii_lowercase();
    Answer::Foreign(Foreign { status, html: start == "<html" || start == "<!doc", text })
}

fn json(body: &[u8]) -> Result<Json<'_>, WireError> {
    // The error of serde_json tells line and column, and nothing of the text.
    serde_json::from_slice(body).map_err(|error| WireError::new(Fault::NotJson(error.to_string())))
}
