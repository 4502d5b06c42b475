//! `gleaner.toml`: its format, from its text to [settings](crate::config), and what can be wrong with it. It stands above
//! the resource managers, who say what may be written about their clusters.

pub mod error;
mod format;
pub mod read;

/// A commented configuration to begin with.
pub const TEMPLATE: &str = include_str!("config_file/template.toml");
