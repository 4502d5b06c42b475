//! A policy as asked for: its name, its parameters, and the policies that it is made of. Knows no policy, and
//! no catalogue. Its text is read in `spec/text.rs`, and in files it may be a table, see [`given`](crate::policy::given).

mod text;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::error::PolicyError;

/// The most parameters that a policy may have.
pub const PARAMETERS_MAX: usize = 64;
/// The most policies that are one, itself included.
pub const POLICIES_MAX: usize = 64;
/// The most policies within one another.
pub const DEPTH_MAX: usize = 8;
/// The longest text of a policy, bytes.
pub const TEXT_BYTES_MAX: usize = 8192;

/// Characters that mean something in the text of a policy; no word of it holds one.
const BRACKETS: [char; 4] = [',', '(', ')', ';'];

/// A policy as asked for, not yet checked against a catalogue. What it prints is what is read: its words hold
/// no character of the text's form, and there are not too many of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicySpec {
    name: Box<str>,
    /// In the order given, each key once.
    parameters: Vec<(Box<str>, Box<str>)>,
    operands: Vec<PolicySpec>,
}

impl PolicySpec {
    /// Asks for a policy with its default parameters.
    ///
    /// # Panics
    /// When it is no name at all: names of users are read, with [`PolicySpec::of`] or as a text.
    pub fn named(name: &str) -> PolicySpec {
        PolicySpec::of(name, Vec::new(), Vec::new()).expect("a name of the program's own")
    }

    /// Asks for a policy with parameters, over other policies.
    ///
    /// # Errors
    /// [`PolicyError`] when a word cannot stand in a text, a key is given twice, or there is too much of it.
    pub fn of(
        name: &str,
        parameters: Vec<(Box<str>, Box<str>)>,
        operands: Vec<PolicySpec>,
    ) -> Result<PolicySpec, PolicyError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(PolicyError::NoName { text: name.into() });
        }
        let mut spec = PolicySpec { name: name.into(), parameters: Vec::new(), operands };
        word("a name", name, &[':', '='])?;
        for (key, value) in parameters {
            spec.add(&key, &value)?;
        }
        if spec.depth() > DEPTH_MAX {
            return Err(PolicyError::TooDeep { max: DEPTH_MAX });
        }
        if spec.count() > POLICIES_MAX {
            return Err(PolicyError::TooMany { max: POLICIES_MAX });
        }
        Ok(spec)
    }

    /// Adds a parameter.
    fn add(&mut self, key: &str, value: &str) -> Result<(), PolicyError> {
        let (key, value) = (key.trim(), value.trim());
        let policy = || self.name.clone();
        if key.is_empty() {
            let part = format!("={value}").into();
            return Err(PolicyError::NotKeyValue { policy: policy(), part });
        }
        word("a key", key, &['='])?;
        word("a value", value, &[])?;
        if self.parameters.iter().any(|(known, _)| &**known == key) {
            return Err(PolicyError::KeyTwice { policy: policy(), key: key.into() });
        }
        if self.parameters.len() == PARAMETERS_MAX {
            return Err(PolicyError::TooManyKeys { policy: policy(), max: PARAMETERS_MAX });
        }
        self.parameters.push((key.into(), value.into()));
        Ok(())
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its parameters in the order given, each key once.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Returns the policies that it is made of, in the order given.
    pub fn operands(&self) -> &[PolicySpec] {
        &self.operands
    }

    fn depth(&self) -> usize {
        1 + self.operands.iter().map(PolicySpec::depth).max().unwrap_or(0)
    }

    fn count(&self) -> usize {
        1 + self.operands.iter().map(PolicySpec::count).sum::<usize>()
    }
}

/// Refuses a word that could not be read again.
fn word(what: &'static str, word: &str, also: &[char]) -> Result<(), PolicyError> {
    let bad = |c: char| BRACKETS.contains(&c) || also.contains(&c) || c.is_control();
    match word.chars().find(|&c| bad(c)) {
        None => Ok(()),
        Some(holds) => Err(PolicyError::BadWord { what, word: word.into(), holds }),
    }
}

impl TryFrom<String> for PolicySpec {
    type Error = PolicyError;

    fn try_from(text: String) -> Result<PolicySpec, PolicyError> {
        text.parse()
    }
}

impl From<PolicySpec> for String {
    fn from(spec: PolicySpec) -> String {
        spec.to_string()
    }
}

/// Prints the form that is read.
impl fmt::Display for PolicySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (position, (key, value)) in self.parameters().enumerate() {
            let separator = if position == 0 { ':' } else { ',' };
            write!(f, "{separator}{key}={value}")?;
        }
        for (position, operand) in self.operands.iter().enumerate() {
            write!(f, "{}{operand}", if position == 0 { "(" } else { "; " })?;
        }
        if self.operands.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}
