//! Shared inputs of the benchmarks. Must not measure anything.

pub mod deep_queue;
pub mod stage;
pub mod two_hours;
