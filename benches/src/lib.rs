//! Shared inputs of the benchmarks. Must not measure anything.

pub mod logs;
pub mod stage;
pub mod two_hours;
