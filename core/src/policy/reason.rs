//! Why a policy grants what it grants, in the policy's own words: a code for programs, a sentence for people,
//! values for both. Knows no policy.
//!
//! Written down, a reason looks as those of the core: `{"rate_reached":{"rate":3}}`, or `"not_observed"` where
//! it has no values. The sentence is not written, since it follows from the code.

mod written;

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use crate::time::Timestamp;

/// A text of a program's own, or one that was made while it runs.
pub type Text = Cow<'static, str>;

/// The codes of the core's own reasons, which no policy may use: what is written under one of them is read as the
/// core's.
pub const CODES_OF_THE_CORE: [&str; 15] = [
    "all_sent",
    "behind_grace",
    "behind_other",
    "answer_awaited",
    "outcomes_unknown",
    "max_jobs",
    "prologue_first",
    "blocked",
    "not_now",
    "paused",
    "cluster_lost",
    "cluster_disabled",
    "cluster_retired",
    "cluster_stressed",
    "nothing_left",
];

/// A reason that a policy may give: its code, and the sentence that tells it.
///
/// In the sentence, `{rate}` stands for the value `rate`, and `{late?; too late}` for `; too late` where the
/// value `late` is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The code: lower-case words joined by `_`, none of [`CODES_OF_THE_CORE`].
    pub code: Text,
    /// The sentence.
    pub sentence: Text,
}

impl Wording {
    /// Makes one from texts of the program.
    pub const fn new(code: &'static str, sentence: &'static str) -> Wording {
        Wording { code: Cow::Borrowed(code), sentence: Cow::Borrowed(sentence) }
    }

    /// Makes a reason with this code, without values yet.
    pub fn reason(&self) -> PolicyReason {
        PolicyReason {
            code: self.code.clone(),
            sentence: Some(self.sentence.clone()),
            values: SmallVec::new(),
        }
    }

    /// Makes a reason with this code and a first value.
    pub fn with(&self, name: impl Into<Text>, value: impl Into<ReasonValue>) -> PolicyReason {
        self.reason().with(name, value)
    }
}

/// A value of a reason.
#[derive(Clone, Debug, PartialEq)]
pub enum ReasonValue {
    /// Yes or no.
    Flag(bool),
    /// A whole number: a count, or a time in seconds.
    Whole(i64),
    /// Any other finite number.
    Number(f64),
    /// Words.
    Text(Box<str>),
}

/// Why a policy grants what it grants to a campaign.
#[derive(Clone, Debug)]
pub struct PolicyReason {
    code: Text,
    /// None where it was read, and its policy has not said it again yet.
    sentence: Option<Text>,
    values: SmallVec<[(Text, ReasonValue); 2]>,
}

impl PolicyReason {
    /// Adds a value.
    pub fn with(mut self, name: impl Into<Text>, value: impl Into<ReasonValue>) -> PolicyReason {
        self.values.push((name.into(), value.into()));
        self
    }

    /// Returns its code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns its values, in the order in which they were given.
    pub fn values(&self) -> impl Iterator<Item = (&str, &ReasonValue)> {
        self.values.iter().map(|(name, value)| (&**name, value))
    }

    /// Returns the value of a name.
    pub fn value(&self, name: &str) -> Option<&ReasonValue> {
        self.values().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Adds to a reason that was read the sentence that its policy has for the code, if it has one.
    pub fn say(&mut self, wordings: &[Wording]) {
        if let Some(known) = wordings.iter().find(|known| known.code == self.code) {
            self.sentence = Some(known.sentence.clone());
        }
    }
}

/// The sentence follows from the code.
impl PartialEq for PolicyReason {
    fn eq(&self, other: &PolicyReason) -> bool {
        self.code == other.code && self.values == other.values
    }
}

impl fmt::Display for PolicyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(sentence) = &self.sentence else {
            return self.tell_plainly(f);
        };
        let mut rest = &**sentence;
        while let Some((before, behind)) = rest.split_once('{') {
            f.write_str(before)?;
            let Some((part, after)) = behind.split_once('}') else {
                // An open bracket is told as it stands.
                return f.write_str(&rest[before.len()..]);
            };
            match part.split_once('?') {
                Some((name, words)) if self.value(name) == Some(&ReasonValue::Flag(true)) => {
                    f.write_str(words)?;
                }
                Some(_) => {}
                None => match self.value(part) {
                    Some(value) => write!(f, "{value}")?,
                    None => f.write_str("?")?,
                },
            }
            rest = after;
        }
        f.write_str(rest)
    }
}

impl PolicyReason {
    /// Writes it without a sentence, where its policy has none for it (any more).
    fn tell_plainly(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        for (position, (name, value)) in self.values().enumerate() {
            write!(f, "{}{name} {value}", if position == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Display for ReasonValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReasonValue::Flag(value) => write!(f, "{value}"),
            ReasonValue::Whole(value) => write!(f, "{value}"),
            ReasonValue::Number(value) => write!(f, "{value}"),
            ReasonValue::Text(value) => f.write_str(value),
        }
    }
}

impl From<bool> for ReasonValue {
    fn from(value: bool) -> ReasonValue {
        ReasonValue::Flag(value)
    }
}

impl From<u32> for ReasonValue {
    fn from(value: u32) -> ReasonValue {
        ReasonValue::Whole(i64::from(value))
    }
}

impl From<i64> for ReasonValue {
    fn from(value: i64) -> ReasonValue {
        ReasonValue::Whole(value)
    }
}

impl From<Timestamp> for ReasonValue {
    fn from(value: Timestamp) -> ReasonValue {
        ReasonValue::Whole(value.seconds())
    }
}

/// A number that is not finite cannot be written, and is told in words.
impl From<f64> for ReasonValue {
    fn from(value: f64) -> ReasonValue {
        match value.is_finite() {
            true => ReasonValue::Number(value),
            false => ReasonValue::Text(value.to_string().into()),
        }
    }
}

impl From<&str> for ReasonValue {
    fn from(value: &str) -> ReasonValue {
        ReasonValue::Text(value.into())
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::Wording;

    const LATE: Wording = Wording::new("late", "late by {by} s{often?, once more}");

    #[test]
    fn a_reason_of_the_program_s_own_texts_needs_no_memory_of_its_own() {
        let given = LATE.with("by", 7_u32).with("often", true);
        let copied = given.clone();
        for reason in [given, copied] {
            assert!(matches!(reason.code, Cow::Borrowed(_)));
            assert!(matches!(reason.sentence, Some(Cow::Borrowed(_))));
            assert!(!reason.values.spilled());
            let borrowed = |name: &Cow<'_, str>| matches!(name, Cow::Borrowed(_));
            assert!(reason.values.iter().all(|(name, _)| borrowed(name)));
        }
        // One is kept for each campaign on each cluster, and copied to the report.
        assert!(size_of::<super::PolicyReason>() <= 168);
    }
}
