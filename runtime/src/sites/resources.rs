//! The resources of a cluster as they were last listed: what they say against a campaign. What they are made of
//! is the resource manager's affair.

use std::fmt;

use gleaner_core::jdl::spec::ClusterSettings;

/// The resources of a cluster.
pub trait Resources: fmt::Debug + Send + Sync {
    /// Returns what speaks against jobs of such settings; none where nothing is known against them.
    fn objection(&self, settings: &ClusterSettings) -> Option<Objection>;
}

/// What speaks against a campaign on a cluster, which may be over when its jobs are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The key of the JDL that it is about.
    pub key: &'static str,
    /// What was seen, for people.
    pub what: String,
}
