//! From scenario text to a finished World, through the public interface only.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bad_files;
mod grid_library;
mod grid_run;
mod harvest;
mod library;
mod reference;
mod run;
