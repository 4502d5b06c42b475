//! Why a text of a server could not be understood, and where in it. Never quotes more than
//! a few characters of a value, and no token.

use std::fmt;

/// A JSON text that is not what it should be. The path begins at the root of the text, as in
/// `items[3].state`, whatever the route was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}{fault}")]
pub struct WireError {
    path: JsonPath,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The text is no JSON: truncated, or a page for people.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// A key without which the object makes no sense.
    #[error("missing")]
    Missing,
    /// Another kind of value.
    #[error("expected {expected}, found {found}")]
    Kind {
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A word that is none of OAR's.
    #[error("unknown {what} `{word}`")]
    Word {
        /// Which kind of word, for instance `job state`.
        what: &'static str,
        /// The word, cut to 40 characters.
        word: String,
    },
    /// A number that is too large, negative or broken where it stands.
    #[error("number out of range")]
    Range,
    /// The answer has a body of another kind than the route gives.
    #[error("status {status} with an unexpected body")]
    Status {
        /// The HTTP status.
        status: u16,
    },
}

/// Steps from the root to the value, the innermost first: errors grow it on their way out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl WireError {
    pub(super) fn new(fault: Fault) -> Self {
        Self { path: JsonPath::default(), fault }
    }

    pub(super) fn word(what: &'static str, word: &str) -> Self {
        Self::new(Fault::Word { what, word: word.chars().take(40).collect() })
    }

    pub(super) fn in_key(mut self, key: &str) -> Self {
        self.path.0.push(Step::Key(key.to_owned()));
        self
    }

    pub(super) fn in_item(mut self, index: usize) -> Self {
        self.path.0.push(Step::Index(index));
        self
    }

    /// Where, as in `items[3].state`; empty for the whole text.
    #[must_use]
    pub fn path(&self) -> String {
        let text = self.path.to_string();
        text.trim_end_matches(": ").trim_matches('`').to_owned()
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        f.write_str("`")?;
        for (position, step) in self.0.iter().rev().enumerate() {
            match step {
                Step::Key(key) if position > 0 => write!(f, ".{key}")?,
                Step::Key(key) => f.write_str(key)?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        f.write_str("`: ")
    }
}
