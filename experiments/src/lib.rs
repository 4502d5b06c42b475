//! Runs of scenarios as library calls: built once, run as often as wanted, on all cores, with the figures in
//! memory. Building reads the traces and lists that a scenario names; a run opens no file, prints nothing,
//! ends no process, and who wants files hands in a recorder that writes them.
//!
//! ```text
//! Scenario --Built::new--> Built --run--> RunResult     figures, ending, the scheduler to explain tasks
//!                            |                          observer: hears of everything meanwhile
//!                            '--batch--> one value a run, in order
//! ```

pub mod baseline;
pub mod batch;
pub mod built;
pub mod cancel;
pub mod error;
pub mod manifest;
pub mod observer;
pub mod result;
pub mod run;
pub mod snapshot;
pub mod stories;
pub mod stuck;

mod decisions;
mod records;
mod watch;
