//! A policy's name and parameters as a user writes them: `name` or `name:key=value,...`. Knows no
//! policy.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::error::PolicyError;

/// The most parameters a policy text may have.
const PARAMETERS_MAX: usize = 64;

/// A policy as asked for, not yet checked against a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PolicySpec {
    /// The policy's name.
    pub name: Box<str>,
    /// Its parameters in the order given, each key once.
    pub parameters: Vec<(Box<str>, Box<str>)>,
}

impl PolicySpec {
    /// Asks for a policy with its default parameters.
    pub fn named(name: &str) -> PolicySpec {
        PolicySpec { name: name.into(), parameters: Vec::new() }
    }
}

impl std::str::FromStr for PolicySpec {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<PolicySpec, PolicyError> {
        let (name, rest) = match text.split_once(':') {
            Some((name, rest)) => (name.trim(), Some(rest)),
            None => (text.trim(), None),
        };
        if name.is_empty() {
            return Err(PolicyError::NoName { text: text.into() });
        }
        let mut spec = PolicySpec::named(name);
        for part in rest.into_iter().flat_map(|rest| rest.split(',')) {
            let (key, value) = match part.split_once('=') {
                Some((key, value)) if !key.trim().is_empty() => (key.trim(), value.trim()),
                _ => {
                    return Err(PolicyError::NotKeyValue {
                        policy: name.into(),
                        part: part.into(),
                    });
                }
            };
            if spec.parameters.iter().any(|(known, _)| &**known == key) {
                return Err(PolicyError::KeyTwice { policy: name.into(), key: key.into() });
            }
            if spec.parameters.len() == PARAMETERS_MAX {
                return Err(PolicyError::TooManyKeys { policy: name.into(), max: PARAMETERS_MAX });
            }
            spec.parameters.push((key.into(), value.into()));
        }
        Ok(spec)
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
        for (position, (key, value)) in self.parameters.iter().enumerate() {
            let separator = if position == 0 { ':' } else { ',' };
            write!(f, "{separator}{key}={value}")?;
        }
        Ok(())
    }
}
