//! Reading a policy's text:
//!
//! ```text
//! policy     = name [ ":" parameter { "," parameter } ] [ "(" policy { ";" policy } ")" ]
//! parameter  = key "=" value
//! ```
//!
//! A name, a key and a value are any text up to the next character that has a meaning there; spaces around them
//! are left out.

use std::str::FromStr;

use crate::policy::error::PolicyError;
use crate::policy::spec::{BRACKETS, DEPTH_MAX, POLICIES_MAX, PolicySpec, TEXT_BYTES_MAX, word};

/// Understands a text as a whole.
impl FromStr for PolicySpec {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<PolicySpec, PolicyError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(PolicyError::TooLong { max: TEXT_BYTES_MAX });
        }
        let mut reader = Reader { text, at: 0, policies: 0 };
        let spec = reader.policy(1)?;
        match reader.peek() {
            None => Ok(spec),
            Some(_) => Err(reader.expected("the end")),
        }
    }
}

/// A place in a text.
struct Reader<'a> {
    text: &'a str,
    /// Bytes read.
    at: usize,
    policies: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes past a character if it comes next.
    fn takes(&mut self, wanted: char) -> bool {
        let comes = self.peek() == Some(wanted);
        self.at += if comes { wanted.len_utf8() } else { 0 };
        comes
    }

    /// Goes on to the next of some characters, or to the end.
    fn upto(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// Something else comes than what has to.
    fn expected(&self, expected: &'static str) -> PolicyError {
        let read = &self.text[..self.at];
        PolicyError::Text { text: self.text.into(), at: read.chars().count() + 1, expected }
    }

    fn policy(&mut self, depth: usize) -> Result<PolicySpec, PolicyError> {
        if depth > DEPTH_MAX {
            return Err(PolicyError::TooDeep { max: DEPTH_MAX });
        }
        self.policies += 1;
        if self.policies > POLICIES_MAX {
            return Err(PolicyError::TooMany { max: POLICIES_MAX });
        }
        let name = self.upto(&[':', '=', ',', '(', ')', ';']).trim();
        if name.is_empty() {
            return Err(match depth {
                1 => PolicyError::NoName { text: self.text.into() },
                _ => self.expected("the name of a policy"),
            });
        }
        word("a name", name, &[])?;
        let mut spec =
            PolicySpec { name: name.into(), parameters: Vec::new(), operands: Vec::new() };
        if self.takes(':') {
            self.parameters(&mut spec)?;
        }
        if self.takes('(') {
            self.operands(&mut spec, depth)?;
        }
        match self.peek() {
            None | Some(')' | ';') => Ok(spec),
            Some(_) => Err(self.expected("`:` and parameters, `(` and policies, or the end")),
        }
    }

    fn parameters(&mut self, spec: &mut PolicySpec) -> Result<(), PolicyError> {
        loop {
            let part = self.upto(&BRACKETS);
            let Some((key, value)) = part.split_once('=').filter(|(key, _)| !key.trim().is_empty())
            else {
                return Err(PolicyError::NotKeyValue {
                    policy: spec.name.clone(),
                    part: part.into(),
                });
            };
            spec.add(key, value)?;
            if !self.takes(',') {
                return Ok(());
            }
        }
    }

    fn operands(&mut self, spec: &mut PolicySpec, depth: usize) -> Result<(), PolicyError> {
        loop {
            spec.operands.push(self.policy(depth + 1)?);
            if self.takes(')') {
                self.spaces();
                return Ok(());
            }
            if !self.takes(';') {
                return Err(self.expected("`;` and one more policy, or `)`"));
            }
        }
    }

    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }
}
