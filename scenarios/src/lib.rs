//! The scenario format and its library: from a file that a teacher can read aloud to what a World
//! is made of. Splits the one seed into a stream for each actor. Knows nothing of outputs.

pub mod api;
pub mod build;
pub mod duration;
pub mod error;
pub mod failures;
mod format;
pub mod grid;
pub mod library;
pub mod names;
pub mod oar;
pub mod read;
pub mod scenario;
pub mod snapshot;
pub mod source;
pub mod streams;
mod text;
pub mod traces;
