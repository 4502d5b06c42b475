//! Job types (`-t`): the words the scheduler understands, with their values. What a type does is
//! the scheduler's business.

use std::fmt;

/// One type of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobType {
    /// May be killed for any other job.
    Besteffort,
    /// May be run again after a kill.
    Idempotent,
    /// Reinstalls its nodes.
    Deploy,
    /// Runs on the front end, its nodes are left alone.
    Cosystem,
    /// Changes states only, executes nothing.
    Noop,
    /// Reserves resources for inner jobs; without a name they name it by its job id.
    Container(Option<String>),
    /// Runs in the container of this name.
    Inner(String),
    /// May share its resources: with which users, with which job names (`*` for all).
    Timesharing(String, String),
    /// Reserves resources under this name.
    Placeholder(String),
    /// May use the resources reserved under this name, in the word the scheduler understands.
    Allow(String),
    /// The same in the word the admission rule accepts; without effect in real OAR 3.
    Allowed(String),
    /// Is not checked against quotas, but counts.
    NoQuotas,
    /// Any other type, as written; no effect on placement, but quotas may name it.
    Other(String),
}

impl JobType {
    /// Reads a type; every text is one.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        let (word, value) = match text.split_once('=') {
            Some((word, value)) => (word, Some(value.trim())),
            None => (text, None),
        };
        match (word.trim(), value) {
            ("besteffort", None) => Self::Besteffort,
            ("idempotent", None) => Self::Idempotent,
            ("deploy", None) => Self::Deploy,
            ("cosystem", None) => Self::Cosystem,
            ("noop", None) => Self::Noop,
            ("container", None | Some("")) => Self::Container(None),
            ("container", Some(name)) => Self::Container(Some(name.to_owned())),
            ("inner", Some(name)) => Self::Inner(name.to_owned()),
            ("timesharing", value) => {
                let (user, name) = value.and_then(|v| v.split_once(',')).unwrap_or(("*", "*"));
                Self::Timesharing(user.trim().to_owned(), name.trim().to_owned())
            }
            ("placeholder", Some(name)) => Self::Placeholder(name.to_owned()),
            ("allow", Some(name)) => Self::Allow(name.to_owned()),
            ("allowed", Some(name)) => Self::Allowed(name.to_owned()),
            ("no_quotas", None) => Self::NoQuotas,
            _ => Self::Other(text.to_owned()),
        }
    }

    /// The word before the `=`, by which quotas know the type.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Besteffort => "besteffort",
            Self::Idempotent => "idempotent",
            Self::Deploy => "deploy",
            Self::Cosystem => "cosystem",
            Self::Noop => "noop",
            Self::Container(_) => "container",
            Self::Inner(_) => "inner",
            Self::Timesharing(..) => "timesharing",
            Self::Placeholder(_) => "placeholder",
            Self::Allow(_) => "allow",
            Self::Allowed(_) => "allowed",
            Self::NoQuotas => "no_quotas",
            Self::Other(text) => text.split('=').next().unwrap_or(text),
        }
    }
}

impl fmt::Display for JobType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(Some(name)) => write!(f, "container={name}"),
            Self::Inner(name) => write!(f, "inner={name}"),
            Self::Timesharing(user, name) => write!(f, "timesharing={user},{name}"),
            Self::Placeholder(name) => write!(f, "placeholder={name}"),
            Self::Allow(name) => write!(f, "allow={name}"),
            Self::Allowed(name) => write!(f, "allowed={name}"),
            Self::Other(text) => f.write_str(text),
            plain => f.write_str(plain.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_survive_a_round_trip() {
        let texts = "besteffort idempotent container container=a inner=12 timesharing=*,* \
                     placeholder=p allow=p allowed=p no_quotas token:x=2 exclusive deploy noop";
        for text in texts.split_whitespace() {
            assert_eq!(JobType::parse(text).to_string(), text);
        }
        assert_eq!(JobType::parse("timesharing").to_string(), "timesharing=*,*");
        assert_eq!(JobType::parse("state=permissive").word(), "state");
    }
}
