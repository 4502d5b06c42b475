//! From scenario text to a finished World, through the public interface only.

mod bad_files;
mod library;
mod reference;
mod run;
