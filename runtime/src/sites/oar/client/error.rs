//! Why a call has no answer, and whether it may have had its effect all the same.

use gleaner_core::fact::ClusterFault;
use gleaner_oar::wire::check::Harmful;
use gleaner_oar::wire::error::WireError;

use crate::sites::failure::Failure;
use crate::sites::session::SessionError;

/// The most bytes of an answer's body. The longest that is asked for are pages of details, of some
/// kilobytes a job: this is room for thousands.
pub const ANSWER_MAX: usize = 32 << 20;

/// The most bytes of all answers from one look to the next: room for lists and details of tens of thousands of jobs.
pub const LOOK_MAX: usize = 128 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It could have done harm, and was not sent.
    #[error("not sent")]
    Harmful(#[source] Harmful),
    /// Its user has no login there; it was not sent.
    #[error("`{0}` has no login on the cluster")]
    NoLogin(Box<str>),
    /// Its user has handed in no token for it; it was not sent.
    #[error("`{0}` has no token for the cluster")]
    NoToken(Box<str>),
    /// A setting keeps it from being sent.
    #[error("not sent")]
    Session(#[from] SessionError),
    /// It certainly did not reach the server.
    #[error("not sent: {0}")]
    NotSent(ClusterFault),
    /// It may have reached the server, and there is no whole answer.
    #[error("sent, without an answer: {0}")]
    Unanswered(ClusterFault),
    /// The server's answer is longer than any that makes sense. The call may have had its effect.
    #[error("the answer to the call is longer than {} MiB", ANSWER_MAX >> 20)]
    TooLong,
    /// All answers of a look are longer than makes sense.
    #[error("the answers of one look are longer than {} MiB", LOOK_MAX >> 20)]
    TooMuch,
    /// A list that does not end.
    #[error("a list does not end: {what}; {entries} entries were seen")]
    Endless {
        /// How many there were so far.
        entries: usize,
        /// Why it is given up.
        what: &'static str,
    },
    /// The server's answer makes no sense.
    #[error("the answer to the call cannot be understood")]
    Unreadable(#[source] WireError),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Failure {
        match error {
            CallError::NotSent(fault) => Failure::NotSent(fault),
            CallError::Unanswered(fault) => Failure::Unanswered(fault),
            CallError::NoLogin(user) => Failure::NoLogin(user),
            CallError::NoToken(user) => Failure::NoToken(user),
            CallError::Harmful(_) | CallError::Session(_) => Failure::Unsendable(Box::new(error)),
            CallError::Unreadable(_) => Failure::Unreadable(Box::new(error)),
            CallError::TooLong | CallError::TooMuch | CallError::Endless { .. } => {
                Failure::TooMuch(Box::new(error))
            }
        }
    }
}
