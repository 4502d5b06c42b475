//! The scenarios that come with Gleaner. Must not know how they are run.

/// A commented scenario to begin with: what `gleaner init` writes.
pub const TEMPLATE: &str = include_str!("../library/template.toml");
