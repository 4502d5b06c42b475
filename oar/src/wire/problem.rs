//! Errors as the API words them in JSON. What they mean for the request is the client's business.

use serde_json::Value;
use serde_json_borrow::Value as Json;

use super::Dialect;
use super::error::WireError;
use super::field::{Field, both, each, kind, oar2, record};

record! {
    /// An error in JSON.
    pub struct Problem {
        /// The HTTP status once more (OAR 2).
        code: Option<u16> = oar2("code").dropped(),
        /// A short text (OAR 2).
        title: Option<String> = oar2("title").dropped(),
        /// What is wrong.
        message: Message = each("message", "detail"),
    }
}

/// What is wrong: a text, or OAR 3's list of faults of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A text.
    Text(String),
    /// Fault by fault.
    Faults(Vec<RequestFault>),
}

record! {
    /// A fault that OAR 3 found in the shape of a request.
    pub struct RequestFault {
        /// Where: `body` or `query`, then keys and positions.
        location: Vec<Value> = both("loc"),
        /// For people.
        message: String = both("msg"),
        /// For programs, such as `value_error.missing`.
        kind: String = both("type"),
        /// More, depending on the kind.
        context: Option<Value> = both("ctx").dropped(),
    }
}

impl Problem {
    /// All of it as one text.
    #[must_use]
    pub fn text(&self) -> String {
        let message = match &self.message {
            Message::Text(text) => text.clone(),
            Message::Faults(faults) => {
                let one = |fault: &RequestFault| {
                    let location: Vec<_> = fault.location.iter().map(plain).collect();
                    format!("{}: {}", location.join("."), fault.message)
                };
                faults.iter().map(one).collect::<Vec<_>>().join("; ")
            }
        };
        match &self.title {
            Some(title) => format!("{title}: {message}"),
            None => message,
        }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Field for Message {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        match value {
            Json::Str(text) => Ok(Self::Text(text.clone().into_owned())),
            Json::Array(_) => Vec::read(dialect, value).map(Self::Faults),
            other => Err(kind("a text or a list", other)),
        }
    }

    fn write(&self, dialect: Dialect) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Faults(faults) => faults.write(dialect),
        }
    }
}
