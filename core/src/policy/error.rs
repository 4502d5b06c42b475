//! What can be wrong with a policy's text.

use crate::suggest::Suggestion;

/// Why a policy cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// The text has no name.
    #[error("`{text}` names no policy")]
    NoName {
        /// The whole text.
        text: Box<str>,
    },
    /// Something else stands in a text than what can stand there.
    #[error("at character {at} of `{text}`: expected {expected}")]
    Text {
        /// The whole text.
        text: Box<str>,
        /// Where, in characters, from 1.
        at: usize,
        /// What can stand there.
        expected: &'static str,
    },
    /// A word holds a character that the text of a policy has a use for, or that nobody can see.
    #[error("`{}` cannot be {what} of a policy: it holds {holds:?}", .word.escape_debug())]
    BadWord {
        /// What it was to be.
        what: &'static str,
        /// The word.
        word: Box<str>,
        /// The character.
        holds: char,
    },
    /// The text is too long.
    #[error("the text of a policy is longer than {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// Too many policies within one another.
    #[error("more than {max} policies stand within one another")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// Too many policies.
    #[error("one policy is made of more than {max}")]
    TooMany {
        /// The limit.
        max: usize,
    },
    /// A policy that is made of others is given none.
    #[error("policy `{policy}` is made of others, and is given none")]
    NothingToCombine {
        /// The policy.
        policy: Box<str>,
    },
    /// Policies are given to one that is not made of others.
    #[error("policy `{policy}` is not made of other policies")]
    CombinesNothing {
        /// The policy.
        policy: Box<str>,
    },
    /// The name is not in the catalogue.
    #[error("unknown policy `{name}`")]
    UnknownName {
        /// The name given.
        name: Box<str>,
        /// Names that exist.
        suggestion: Suggestion,
    },
    /// A parameter is not of the form `key=value`.
    #[error("`{part}` in policy `{policy}` is not of the form `key=value`")]
    NotKeyValue {
        /// The policy.
        policy: Box<str>,
        /// The part in question.
        part: Box<str>,
    },
    /// A key is given twice.
    #[error("policy `{policy}` is given `{key}` twice")]
    KeyTwice {
        /// The policy.
        policy: Box<str>,
        /// The key.
        key: Box<str>,
    },
    /// Too many keys.
    #[error("policy `{policy}` is given more than {max} parameters")]
    TooManyKeys {
        /// The policy.
        policy: Box<str>,
        /// The limit.
        max: usize,
    },
    /// The policy has no such key.
    #[error("policy `{policy}` has no parameter `{key}`")]
    UnknownKey {
        /// The policy.
        policy: Box<str>,
        /// The key given.
        key: Box<str>,
        /// Keys that exist.
        suggestion: Suggestion,
    },
    /// A value is not of the kind or range the key asks for.
    #[error("`{key}={value}` in policy `{policy}`: expected {expected}")]
    BadValue {
        /// The policy.
        policy: Box<str>,
        /// The key.
        key: Box<str>,
        /// The value given.
        value: Box<str>,
        /// What the key takes.
        expected: Box<str>,
    },
    /// Two values do not go together.
    #[error("policy `{policy}`: {why}")]
    Contradiction {
        /// The policy.
        policy: Box<str>,
        /// What does not fit.
        why: Box<str>,
    },
    /// A policy gives a reason under a code of the core: written down, it would be read as the core's.
    #[error(
        "policy `{policy}` has a reason with the code `{code}`, which is one of the core's own"
    )]
    CodeOfTheCore {
        /// The policy.
        policy: Box<str>,
        /// The code.
        code: Box<str>,
    },
}

impl PolicyError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> String {
        match self {
            PolicyError::UnknownName { suggestion, .. }
            | PolicyError::UnknownKey { suggestion, .. } => suggestion.to_string(),
            PolicyError::NoName { .. }
            | PolicyError::NotKeyValue { .. }
            | PolicyError::KeyTwice { .. }
            | PolicyError::TooManyKeys { .. } => {
                "write `name` or `name:key=value,key=value`, as in `tap:init=3,factor=1.5`".into()
            }
            PolicyError::Text { .. } | PolicyError::NothingToCombine { .. } => {
                "write `name(policy; policy)`, as in `min(tap; greedy:reserve=8)`".into()
            }
            PolicyError::BadWord { .. } => {
                "`:` `=` `,` `;` and brackets hold the text of a policy together".into()
            }
            PolicyError::TooLong { .. }
            | PolicyError::TooDeep { .. }
            | PolicyError::TooMany { .. } => "make it simpler".into(),
            PolicyError::CodeOfTheCore { .. } => {
                "its author has to give that reason another code".into()
            }
            PolicyError::CombinesNothing { policy } => {
                format!("leave the brackets of `{policy}` out")
            }
            PolicyError::BadValue { key, .. } => format!("leave `{key}` out to use its default"),
            PolicyError::Contradiction { .. } => "change one of the two values".into(),
        }
    }
}

/// A policy cannot take up a state that was saved.
#[derive(Debug, thiserror::Error)]
pub enum PolicyStateError {
    /// It is not of the form that the policy writes.
    #[error("the saved state of policy `{policy}` has another form")]
    Form {
        /// The policy.
        policy: Box<str>,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
    /// It speaks of more or fewer policies than it is made of.
    #[error(
        "the saved state of policy `{policy}` is of {found} policies, and {expected} are there"
    )]
    Operands {
        /// The policy.
        policy: Box<str>,
        /// Policies in the state.
        found: usize,
        /// Policies that it is made of.
        expected: usize,
    },
    /// It has too few entries.
    #[error(
        "the saved state of policy `{policy}` has {found} entries, and the cluster's campaigns need {expected}"
    )]
    Entries {
        /// The policy.
        policy: Box<str>,
        /// Entries of the state.
        found: usize,
        /// One for each index of a pair on the cluster.
        expected: usize,
    },
}
