//! What a catalogue knows of a policy. Knows no policy.

use std::fmt;
use std::sync::Arc;

use crate::policy::ClusterPolicy;
use crate::policy::error::PolicyError;
use crate::policy::parameters::PolicyParameters;

/// What a builder returns.
type Made = Result<Box<dyn ClusterPolicy>, PolicyError>;

/// How a policy is made: from its parameters, and from the policies in its brackets.
type Build = dyn Fn(&PolicyParameters<'_>, Vec<Box<dyn ClusterPolicy>>) -> Made + Send + Sync;

/// A key that a policy takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name; not `name` nor `of`, which tables of files keep for themselves.
    pub name: Box<str>,
    /// What it is for, in a line for people that names the default.
    pub help: Box<str>,
}

/// A policy that can be asked for.
#[derive(Clone)]
pub struct Entry {
    /// The name to ask for.
    pub name: Box<str>,
    /// What it does, in a line for people.
    pub summary: Box<str>,
    /// The keys it takes.
    pub keys: Vec<Key>,
    /// Whether it is made of other policies; then it needs at least one, and else takes none.
    pub combines: bool,
    build: Arc<Build>,
}

impl Entry {
    /// Describes a policy without keys that `build` makes.
    pub fn new(
        name: &str,
        summary: &str,
        build: impl Fn(&PolicyParameters<'_>) -> Made + Send + Sync + 'static,
    ) -> Entry {
        let alone = move |given: &PolicyParameters<'_>, _: Vec<_>| build(given);
        Entry { combines: false, ..Entry::combining(name, summary, alone) }
    }

    /// Describes a policy without keys that `build` makes of at least one other.
    pub fn combining(
        name: &str,
        summary: &str,
        build: impl Fn(&PolicyParameters<'_>, Vec<Box<dyn ClusterPolicy>>) -> Made
        + Send
        + Sync
        + 'static,
    ) -> Entry {
        Entry {
            name: name.into(),
            summary: summary.into(),
            keys: Vec::new(),
            combines: true,
            build: Arc::new(build),
        }
    }

    /// Adds a key, with a line for people that names its default.
    pub fn key(mut self, name: &str, help: &str) -> Entry {
        self.keys.push(Key { name: name.into(), help: help.into() });
        self
    }

    /// Makes the policy, after keys and operands were looked at.
    pub(crate) fn build(
        &self,
        given: &PolicyParameters<'_>,
        operands: Vec<Box<dyn ClusterPolicy>>,
    ) -> Made {
        (self.build)(given, operands)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { name, summary, keys, combines, build: _ } = self;
        let mut told = f.debug_struct("Entry");
        told.field("name", name).field("summary", summary).field("keys", keys);
        told.field("combines", combines).finish_non_exhaustive()
    }
}
