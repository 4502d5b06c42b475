//! What readers of files that people write have in common: TOML whose values know where they stand,
//! errors that point at them, durations, bounded texts. Opens no file and knows no key.

pub mod document;
pub mod duration;
pub mod location;
pub mod range;
pub mod syntax;
pub mod text;
