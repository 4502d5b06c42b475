//! The walls of the house: manifests, dependency trees and sources against the tables in
//! `ARCHITECTURE.md`, and modules against each other.

mod circles;
mod crates;
mod files;
mod sources;
mod table;
mod words;

pub(crate) fn none_of(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
