//! Workloads made by models instead of read from logs: same parameters and seed, same bytes.
//! Must not know files, nor where random numbers come from: the caller hands in a generator.

pub mod cycle;
pub mod drawn;
pub mod estimates;
pub mod laws;
pub mod lublin;
pub mod poisson;
pub mod problem;
pub mod sampler;
pub mod spec;
