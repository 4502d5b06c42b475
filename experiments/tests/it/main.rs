//! From scenario text to a result, through the public interface only.

mod batch;
mod early;
mod grid_library;
mod harvest;
mod library;
mod memory;
mod oar_library;
mod reference;
mod run;
mod sizes;
mod snapshots;
mod streams;
mod waits;

#[path = "../../../core/tests/expect/mod.rs"]
mod expect;
