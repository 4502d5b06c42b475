//! What the catalogue knows of a policy. Knows no policy.

use crate::policy::Policy;
use crate::policy::error::PolicyError;
use crate::policy::parameters::PolicyParameters;

/// How a policy is made from its parameters.
pub type Build = fn(&PolicyParameters<'_>) -> Result<Box<dyn Policy>, PolicyError>;

/// A policy that can be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name to ask for.
    pub name: &'static str,
    /// What it does, in a line for people.
    pub summary: &'static str,
    /// The keys it takes, each with a line for people that names the default.
    pub keys: &'static [(&'static str, &'static str)],
    /// Makes it.
    pub build: Build,
}
