//! Scenarios as texts, through the public interface only.

mod bad_files;
mod library;
