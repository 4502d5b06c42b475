//! Reading a policy's parameters: each with its kind, its range and its default.

use crate::policy::error::PolicyError;
use crate::policy::spec::PolicySpec;

/// The parameters of one policy, read by key.
#[derive(Debug)]
pub struct PolicyParameters<'a> {
    spec: &'a PolicySpec,
}

impl<'a> PolicyParameters<'a> {
    /// Takes parameters whose keys have been checked by the catalogue.
    pub(crate) fn new(spec: &'a PolicySpec) -> PolicyParameters<'a> {
        PolicyParameters { spec }
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.spec.parameters().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// Returns whether a key is given.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Returns a whole number between two bounds.
    ///
    /// # Errors
    /// [`PolicyError::BadValue`] with `expected` when it is not one.
    pub fn whole(
        &self,
        key: &str,
        default: u32,
        bounds: std::ops::RangeInclusive<u32>,
        expected: &str,
    ) -> Result<u32, PolicyError> {
        let Some(text) = self.value(key) else {
            return Ok(default);
        };
        match text.parse() {
            Ok(value) if bounds.contains(&value) => Ok(value),
            _ => Err(self.bad(key, text, expected)),
        }
    }

    /// Returns a finite number between two bounds.
    ///
    /// # Errors
    /// [`PolicyError::BadValue`] with `expected` when it is not one.
    pub fn number(
        &self,
        key: &str,
        default: f64,
        bounds: std::ops::RangeInclusive<f64>,
        expected: &str,
    ) -> Result<f64, PolicyError> {
        let Some(text) = self.value(key) else {
            return Ok(default);
        };
        match text.parse::<f64>() {
            Ok(value) if bounds.contains(&value) => Ok(value),
            _ => Err(self.bad(key, text, expected)),
        }
    }

    /// Returns the value that belongs to a word.
    ///
    /// # Errors
    /// [`PolicyError::BadValue`] with `expected` when the word is not among the `choices`.
    pub fn choice<T: Copy>(
        &self,
        key: &str,
        default: T,
        choices: &[(&str, T)],
        expected: &str,
    ) -> Result<T, PolicyError> {
        let Some(text) = self.value(key) else {
            return Ok(default);
        };
        let found = choices.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| self.bad(key, text, expected))
    }

    /// Makes the error for two values that do not go together.
    pub fn contradiction(&self, why: &str) -> PolicyError {
        PolicyError::Contradiction { policy: self.spec.name().into(), why: why.into() }
    }

    fn bad(&self, key: &str, value: &str, expected: &str) -> PolicyError {
        PolicyError::BadValue {
            policy: self.spec.name().into(),
            key: key.into(),
            value: value.into(),
            expected: expected.into(),
        }
    }
}
