//! Identities and dates of a simulated OAR server.

use std::fmt;

/// A job, numbered from 1 in order of submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct JobId(pub u64);

/// A resource: the row's `resource_id`. 0 appears only where OAR's aliasing quirk writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ResourceId(pub u32);

/// A date in whole seconds since the epoch of the simulation. 0 means "not set" where OAR's
/// database says so, -1 "no prediction".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date(pub i64);

impl Date {
    /// Not set.
    pub const UNSET: Self = Self(0);
    /// Waiting without a predicted start.
    pub const UNPREDICTED: Self = Self(-1);
    /// OAR's end of time, 2^31: nothing is planned beyond it.
    pub const MAX: Self = Self(1 << 31);
    /// The end of time of a simulated server, 2^38 seconds or 8,700 years: a hundred of the longest jobs
    /// one behind the other, and core seconds until then still fit into 64 bits.
    pub const FAR: Self = Self(1 << 38);
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
