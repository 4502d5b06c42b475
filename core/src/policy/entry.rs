//! What a catalogue knows of a policy. Knows no policy.

use std::fmt;
use std::sync::Arc;

use crate::policy::ClusterPolicy;
use crate::policy::error::PolicyError;
use crate::policy::parameters::PolicyParameters;

/// How a policy is made from its parameters.
pub type Build =
    Arc<dyn Fn(&PolicyParameters<'_>) -> Result<Box<dyn ClusterPolicy>, PolicyError> + Send + Sync>;

/// A key that a policy takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name.
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
    /// Makes it.
    pub build: Build,
}

impl Entry {
    /// Describes a policy without keys that `build` makes.
    pub fn new(
        name: &str,
        summary: &str,
        build: impl Fn(&PolicyParameters<'_>) -> Result<Box<dyn ClusterPolicy>, PolicyError>
        + Send
        + Sync
        + 'static,
    ) -> Entry {
        Entry {
            name: name.into(),
            summary: summary.into(),
            keys: Vec::new(),
            build: Arc::new(build),
        }
    }

    /// Adds a key, with a line for people that names its default.
    pub fn key(mut self, name: &str, help: &str) -> Entry {
        self.keys.push(Key { name: name.into(), help: help.into() });
        self
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { name, summary, keys, build: _ } = self;
        let mut told = f.debug_struct("Entry");
        told.field("name", name).field("summary", summary).field("keys", keys);
        told.finish_non_exhaustive()
    }
}
