//! One question to an API, and its answer as JSON. Knows no route.

use gleaner_core::text::with_causes;
use serde_json::Value;

use crate::sites::session::{As, Session, SessionError};

/// The longest answer read, in bytes.
const ANSWER_MAX: usize = 4 << 20;
/// Characters of an error's text that are shown.
const SHOWN_MAX: usize = 200;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) json: Value,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum AskError {
    /// Nothing was heard.
    Failed(String),
    /// The server refused, with the begin of its text.
    Status(u16, String),
    /// The answer is no JSON.
    NotJson,
}

impl AskError {
    /// Whether the server is away, as opposed to unwilling.
    pub(super) fn away(&self) -> bool {
        matches!(self, AskError::Failed(_) | AskError::Status(502..=504, _))
    }

    pub(super) fn told(&self) -> String {
        match self {
            AskError::Failed(why) => format!("no answer: {why}"),
            AskError::Status(status, text) if text.is_empty() => format!("answers {status}"),
            AskError::Status(status, text) => format!("answers {status}: {text}"),
            AskError::NotJson => "answers with something that is not JSON".to_owned(),
        }
    }
}

pub(super) async fn ask(session: &Session, path: &str, who: As<'_>) -> Result<Answer, AskError> {
    let failed = |error: SessionError| AskError::Failed(with_causes(&error));
    let response = session.get(path, who).map_err(failed)?.send().await;
    let broken = |error: reqwest::Error| AskError::Failed(with_causes(&error.without_url()));
    let mut response = response.map_err(broken)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(broken)? {
        body.extend_from_slice(&part);
        if body.len() > ANSWER_MAX {
            return Err(AskError::Failed("the answer is too long".to_owned()));
        }
    }
    if !status.is_success() {
        return Err(AskError::Status(status.as_u16(), short(&body)));
    }
    serde_json::from_slice(&body).map(|json| Answer { json }).map_err(|_| AskError::NotJson)
}

/// The begin of a text, on one line.
fn short(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(SHOWN_MAX).collect()
}
