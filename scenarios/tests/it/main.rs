//! Scenarios as texts, through the public interface only.

mod bad_files;
#[path = "../../../core/tests/expect/mod.rs"]
mod expect;
mod library;
