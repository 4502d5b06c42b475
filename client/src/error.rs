//! Why an answer did not come, or was no good one: what was asked where, why it failed, and what to do.

use std::error::Error as _;

use gleaner_api::shapes::answer::Problem;

use crate::place::Place;

/// What was asked: a method and an address below the daemon's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where the daemon is.
    pub place: Place,
    /// `GET /campaigns/3`, say.
    pub line: String,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing could be sent.
    #[error("no daemon answers at {}: {why}", asked.place)]
    Unreachable {
        /// What was asked.
        asked: Box<Asked>,
        /// What the system says.
        why: String,
    },
    /// Something was sent, and no answer came: it may have been done.
    #[error("no answer from {} to {}: {why}", asked.place, asked.line)]
    Lost {
        /// What was asked.
        asked: Box<Asked>,
        /// What the system says.
        why: String,
    },
    /// The daemon says no.
    #[error("{}", problem.message)]
    Refused {
        /// What was asked.
        asked: Box<Asked>,
        /// What the daemon says.
        problem: Box<Problem>,
    },
    /// The answer is not what the daemon answers there.
    #[error("the answer of {} to {} cannot be read: {why}", asked.place, asked.line)]
    Unreadable {
        /// What was asked.
        asked: Box<Asked>,
        /// What is wrong with it.
        why: String,
    },
    /// A client cannot be made.
    #[error("cannot prepare to call {place}: {why}")]
    Unusable {
        /// Where the daemon is.
        place: Place,
        /// What is in the way.
        why: String,
    },
}

impl ClientError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> String {
        match self {
            ClientError::Unreachable { asked, .. } => match &asked.place {
                Place::Unix(path) => format!(
                    "is the daemon running, and may you use `{}`? `--api` or GLEANER_API names another place",
                    path.display()
                ),
                Place::Http(_) => {
                    "is the daemon running there? `--api` or GLEANER_API names another place".into()
                }
            },
            ClientError::Lost { .. } => {
                "it may have been done all the same: look before you do it again".into()
            }
            ClientError::Refused { asked, problem } => match (&problem.hint, problem.status) {
                (Some(hint), _) => hint.clone(),
                (None, 401 | 403) => {
                    "its owner or an administrator may do this; who you are, the socket or your token says".into()
                }
                (None, 404) => "`gridstat` lists what is there".into(),
                (None, 429 | 503) => "try again in a while".into(),
                (None, _) => format!("asked was {}", asked.line),
            },
            ClientError::Unreadable { .. } => {
                "is this a Gleaner daemon of this version? `gleaner --version` tells yours".into()
            }
            ClientError::Unusable { .. } => "check the address and the token".into(),
        }
    }

    /// Returns the HTTP status of a refusal; none where there was no answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            ClientError::Refused { problem, .. } => Some(problem.status),
            _ => None,
        }
    }

    /// Makes one of a request that got no answer.
    pub(crate) fn unanswered(asked: Box<Asked>, error: &reqwest::Error) -> ClientError {
        let why = root(error);
        if error.is_connect() {
            return ClientError::Unreachable { asked, why };
        }
        ClientError::Lost { asked, why }
    }
}

/// The last cause of an error: those before it say only that something failed.
fn root(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it took too long".to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text = source.to_string();
        cause = source.source();
    }
    text
}
